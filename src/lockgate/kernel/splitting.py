"""How the CSV reader asks the native kernel where rows are and what their cells hold.

What the text means is described in ``rust/kernel/src/csv``. Where there is no native kernel, numpy
and pyarrow give the same answers, more slowly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.errors import KernelError
from lockgate.kernel.choice import native_module

Called = TypeVar("Called")
Places = NDArray[np.int64]


class Module(Protocol):
    """What the native module has for a reader of CSV. Arrays are of the PyCapsule interface."""

    Fault: type[Exception]

    def cut_csv(
        self, data: bytes, delimiter: int, last: bool
    ) -> tuple[Any, Any, int, Any | None, bool, bool, bool]:
        """Bounds, ends, consumed, line ends, in quotes, ASCII, NUL."""
        ...

    def split_csv(
        self,
        data: bytes,
        starts: Any,
        ends: Any,
        delimiter: int,
        width: int,
        wanted: Sequence[int],
    ) -> tuple[Sequence[Any], Any]:
        """Columns, and the numbers of rows of another width."""
        ...


@dataclass(frozen=True, slots=True)
class FoundRows:
    """Rows of a text: ``starts`` and ``ends`` (int64, without the line end), blank ones included.

    ``consumed`` bytes hold whole rows; ``in_quotes``: the rest is inside a quoted cell at its end.
    ``line_ends``: just after every physical line end of the consumed part. ``plain``: every byte of
    the text is ASCII, and none is NUL.
    """

    starts: Places
    ends: Places
    consumed: int
    line_ends: Places
    in_quotes: bool
    plain: bool


class Splitting:
    """The native reader of CSV. Safe from several threads; runs without the GIL.

    Its methods raise KernelError for more than 2 GiB of text.
    """

    def __init__(self, module: Module) -> None:
        self._module = module

    def cut(self, data: bytes, delimiter: bytes, last: bool) -> FoundRows:
        """Where the rows are of a text that begins where one does. ``last``: nothing follows."""
        found = self._called(self._module.cut_csv, data, delimiter[0], last)
        bounds, ends, consumed, line_ends, in_quotes, is_ascii, nul = found
        after = _places(bounds)
        ended = _places(ends)
        lines = after[1:] if line_ends is None else _places(line_ends)
        starts = after[: len(ended)]
        return FoundRows(starts, ended, consumed, lines, in_quotes, is_ascii and not nul)

    def split(
        self,
        data: bytes,
        starts: Places,
        ends: Places,
        delimiter: bytes,
        width: int,
        wanted: Sequence[int],
    ) -> tuple[list[pa.StringArray], Places]:
        """The ``wanted`` columns of rows of ``width`` cells, and the numbers of all other rows.

        ``starts`` and ``ends`` are places in ``data`` that rise; the rows between are UTF-8. Null:
        an empty cell without quotes. Raises KernelError for rows that cannot be those of a cut.
        """
        columns, ragged = self._called(
            self._module.split_csv,
            data,
            pa.array(starts),
            pa.array(ends),
            delimiter[0],
            width,
            wanted,
        )
        return [pa.array(column) for column in columns], _places(ragged)

    def _called(self, function: Callable[..., Called], *arguments: Any) -> Called:
        try:
            return function(*arguments)
        except self._module.Fault:
            pass
        raise KernelError("rows of CSV are not where they were found")


def _places(made: Any) -> Places:
    found: Places = pa.array(made).to_numpy()
    return found


def splitting() -> Splitting | None:
    """The native reader of CSV, if the native kernel is the one in use. Raises KernelError."""
    module = native_module()
    return None if module is None else Splitting(module)
