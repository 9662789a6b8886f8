"""How the writers of text files ask the native kernel for the bytes of rows, where there is one.

What a line looks like is described in ``adapters.connectors.files``. The answer here is the same,
or none: then the rows are written as without the native kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pyarrow as pa

from lockgate.errors import KernelError
from lockgate.kernel.choice import native_module

_MOST_PLACES = 38


class Module(Protocol):
    """What the native module has for writers."""

    Fault: type[Exception]

    def render_csv(self, columns: Sequence[Any], bare: Sequence[bool]) -> Any | None:
        """CSV lines as uint8; None if a value is beyond what is written natively."""
        ...

    def render_jsonl(
        self, keys: Sequence[str], columns: Sequence[Any], bare: Sequence[bool]
    ) -> Any | None:
        """JSON lines as uint8; None as above."""
        ...


class Rendering:
    """Rows as the bytes of a text file. Safe from several threads; runs without the GIL.

    Columns are of the types that ``takes`` names, at least one, all of one length. ``bare`` says
    of each text column whether it stands without quotes, as it is; other types know by themselves.
    Its methods raise KernelError if a column is not laid out as its type says.
    """

    def __init__(self, module: Module) -> None:
        self._module = module

    @staticmethod
    def takes(kind: pa.DataType) -> bool:
        """Whether columns of this type are written natively; others have to come as text."""
        types = pa.types
        return bool(
            types.is_string(kind)
            or types.is_large_string(kind)
            or types.is_string_view(kind)
            or types.is_binary(kind)
            or types.is_large_binary(kind)
            or types.is_binary_view(kind)
            or types.is_fixed_size_binary(kind)
            or types.is_integer(kind)
            or types.is_boolean(kind)
            or types.is_null(kind)
            or types.is_date32(kind)
            or types.is_time(kind)
            or types.is_timestamp(kind)
            or (types.is_decimal128(kind) and 0 <= kind.scale <= _MOST_PLACES)
        )

    def csv(self, columns: Sequence[pa.Array], bare: Sequence[bool]) -> pa.Buffer | None:
        """CSV lines; None if a date or time is outside of years 1 to 9999, or of a day."""
        return self._bytes(self._module.render_csv, list(columns), list(bare))

    def jsonl(
        self, keys: Sequence[str], columns: Sequence[pa.Array], bare: Sequence[bool]
    ) -> pa.Buffer | None:
        """An object a line, its ``keys`` given as JSON strings; None as above."""
        return self._bytes(self._module.render_jsonl, list(keys), list(columns), list(bare))

    def _bytes(self, function: Callable[..., Any], *arguments: Any) -> pa.Buffer | None:
        try:
            made = function(*arguments)
        except self._module.Fault:
            pass
        else:
            return None if made is None else _buffer(pa.array(made))
        raise KernelError("a column is not laid out as its Arrow type says")


def rendering() -> Rendering | None:
    """The native one, if the native kernel is the one in use. Raises KernelError as that does."""
    module = native_module()
    return None if module is None else Rendering(module)


def _buffer(values: pa.UInt8Array) -> pa.Buffer:
    """The bytes themselves, without copying."""
    found = values.buffers()[1]
    return pa.py_buffer(b"") if found is None else found.slice(values.offset, len(values))
