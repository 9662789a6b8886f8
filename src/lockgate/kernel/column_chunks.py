"""How the Parquet reader asks the native kernel for the columns of a row group.

What is read is described in ``rust/kernel/src/parquet``: flat columns of usual types, encodings and
codecs, as Arrow reads them. Everything else, damage included, is left to Arrow, as are all columns
where there is no native kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from lockgate.kernel.choice import native_module

Asked: TypeAlias = "tuple[int, int, str, str, int, bool]"


class Module(Protocol):
    """What the native module has for a reader of Parquet."""

    Fault: type[Exception]

    def read_chunks(
        self, data: bytes, chunks: Sequence[Asked], rows: int, bytes: int
    ) -> Sequence[Any | None]:
        """Arrays of the PyCapsule interface; None for what Arrow has to read."""
        ...


@dataclass(frozen=True, slots=True)
class ColumnChunk:
    """Where a chunk's pages are, and what is in them.

    ``codec`` as Parquet calls it; ``kind``: ``text`` (utf8), ``int32``, ``int64``, ``float64``, or
    ``decimal`` of ``width`` bytes; ``optional``: whether values may be null.
    """

    start: int
    end: int
    codec: str
    kind: str
    width: int
    optional: bool


class ColumnChunks:
    """The native reader of column chunks. Safe from several threads; runs without the GIL."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def read(
        self, data: bytes, chunks: Sequence[ColumnChunk], rows: int, most: int
    ) -> list[pa.Array | None]:
        """Each chunk of ``data`` as a column of so many rows; None for what Arrow has to read.

        Text is UTF-8, decimals come as 16 bytes of binary, and no column takes more than ``most``.
        """
        asked = [
            (each.start, each.end, each.codec, each.kind, each.width, each.optional)
            for each in chunks
        ]
        try:
            made = self._module.read_chunks(data, asked, rows, most)
        except self._module.Fault:
            return [None] * len(asked)
        return [None if column is None else pa.array(column) for column in made]


def column_chunks() -> ColumnChunks | None:
    """The native reader, if the native kernel is the one in use. Raises KernelError."""
    module = native_module()
    return None if module is None else ColumnChunks(module)
