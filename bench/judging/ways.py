"""Ways of judging the same rows: each a call that gives the accepted rows' numbers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import ValidationError

from bench.judging.member import Member, contract
from bench.judging.rows import batches
from lockgate.contract.batches import RawBatch, RowPositions, Verdict
from lockgate.contract.judge import Judge
from lockgate.contract.model import Mode

Rows = npt.NDArray[np.int64]
LIBRARIES = ("polars_by_hand", "with_dataframely", "with_pandera")


@dataclass(frozen=True)
class Way:
    """``run`` judges ``rows`` rows; ``accepted`` judges too and says which rows passed."""

    name: str
    what: str
    rows: int
    run: Callable[[], object]
    accepted: Callable[[], Rows]


class Ours:
    """Lockgate's judge on batches of 64k rows."""

    def __init__(self, rows: pa.RecordBatch, mode: Mode) -> None:
        self.judge = Judge(contract(), mode)
        self.rows = rows.num_rows
        self.raw = [RawBatch(mode, batch, RowPositions("bench", 1)) for batch in batches(rows)]

    def verdicts(self, threads: int) -> list[Verdict]:
        """One verdict a batch."""
        if threads == 1:
            return [self.judge.judge(raw) for raw in self.raw]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self.judge.judge, self.raw))

    def accepted(self) -> Rows:
        """Numbers of accepted rows in the whole table."""
        starts = np.cumsum([0] + [raw.rows.num_rows for raw in self.raw])
        found = [
            verdict.accepted_rows.to_numpy() + start
            for verdict, start in zip(self.verdicts(1), starts, strict=False)
        ]
        return np.concatenate(found)

    def way(self, name: str, what: str, threads: int) -> Way:
        """As a contender."""
        return Way(name, what, self.rows, lambda: self.verdicts(threads), self.accepted)


def pydantic_loop(rows: pa.RecordBatch) -> Way:
    """One model a row. The rows are dictionaries already: that is in the loop's favour."""
    records = rows.to_pylist()

    def run() -> list[int]:
        accepted = []
        for number, record in enumerate(records):
            try:
                Member.model_validate(record)
            except ValidationError:
                continue
            accepted.append(number)
        return accepted

    def accepted() -> Rows:
        return np.array(run(), np.int64)

    return Way("pydantic", "a plain Pydantic loop", len(records), run, accepted)


def library_ways(rows: pa.RecordBatch, notes: list[str]) -> Iterator[Way]:
    """Data frame libraries. What a library raises is its own affair: it is named, others go on."""
    for module in LIBRARIES:
        try:
            made = importlib.import_module(f"bench.judging.{module}")
            frame = _frame(rows)
            made.accepted(frame.head(10))
        except Exception as error:  # noqa: BLE001
            notes.append(f"{module} is left out: {type(error).__name__}: {error}")
            continue
        yield _library_way(made, frame, rows.num_rows)


def _frame(rows: pa.RecordBatch) -> Any:
    """A Polars frame with the row's number as one more column."""
    import polars as pl

    columns = [*rows.columns, pa.array(np.arange(rows.num_rows))]
    return pl.from_arrow(pa.table(columns, names=[*rows.schema.names, "row"]))


def _library_way(module: Any, frame: Any, count: int) -> Way:
    def accepted() -> Rows:
        return np.sort(module.accepted(frame)["row"].to_numpy()).astype(np.int64)

    return Way(module.NAME, module.WHAT, count, lambda: module.accepted(frame), accepted)
