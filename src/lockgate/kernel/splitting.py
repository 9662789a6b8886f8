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

    def measure_csv(
        self, data: bytes, delimiter: int, last: bool
    ) -> tuple[int, int, int, int, bool]:
        """Consumed, rows, blank ones, line ends, in quotes."""
        ...

    def split_csv(
        self,
        data: bytes,
        end: int,
        delimiter: int,
        width: int,
        wanted: Sequence[int],
        most: int,
        schema: pa.Schema,
    ) -> tuple[Any, Any, Any, Any | None] | None:
        """Columns, numbers of rows of another width, bounds, line ends."""
        ...


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the whole rows of a text reach, and what reading on has to know of them.

    ``consumed`` bytes hold ``rows``, blank ones included, and ``lines`` physical line ends, inside
    quotes too. ``in_quotes``: the rest is inside a quoted cell at its end.
    """

    consumed: int
    rows: int
    blank: int
    lines: int
    in_quotes: bool


@dataclass(frozen=True, slots=True)
class SplitRows:
    """Rows of a text as columns of text, and where the rows are.

    ``ragged`` (int64) are the numbers of rows that ``columns`` leave out, for their number of
    cells; ``starts`` (int64) are of all rows, ``line_ends`` (int64) just after every physical line
    end.
    """

    columns: pa.RecordBatch
    ragged: Places
    starts: Places
    line_ends: Places


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

    Its methods raise KernelError for more than 2 GiB of text, or a delimiter that can be none.
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

    def measurer(self, delimiter: bytes) -> Callable[[bytes, bool], Extent]:
        """Counts what ``cut`` finds: in less time, as it is all that reading on waits for."""
        measure, sign = self._module.measure_csv, delimiter[0]
        return lambda data, last: Extent(*self._called(measure, data, sign, last))

    def split(
        self,
        data: bytes,
        end: int,
        delimiter: bytes,
        width: int,
        wanted: Sequence[int],
        most: int,
        schema: pa.Schema,
    ) -> SplitRows | None:
        """The ``wanted`` columns of the rows before ``end`` that have ``width`` cells.

        They are named as in ``schema``, whose columns are utf8. Null: an empty cell without quotes.
        Blank lines are no rows unless ``width`` is one. None if a row may have more than ``most``
        bytes, holds a NUL byte or is not UTF-8. Raises KernelError if the last row is not whole.
        """
        found = self._called(
            self._module.split_csv, data, end, delimiter[0], width, wanted, most, schema
        )
        if found is None:
            return None
        columns, ragged, bounds, line_ends = found
        batch, others, begins = pa.record_batch(columns), _places(ragged), _places(bounds)
        lines = begins[1:] if line_ends is None else _places(line_ends)
        return SplitRows(batch, others, begins[: batch.num_rows + len(others)], lines)

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
