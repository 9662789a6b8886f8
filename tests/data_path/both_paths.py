"""A file through reader and judge on the plain path and on the fast one, and what differs.

The plain path is what runs under ``LOCKGATE_KERNEL=portable``, the fast one what runs under
``native``: the process asks at every choice, so both can run in one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from data_path.customer import Customer, Remark
from data_path.dialects import Variant
from data_path.grammar import IGNORED, columns_of
from kernels import named
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.contract.batches import REASONS_TYPE
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.model import Contract, Mode
from lockgate.errors import LockgateError
from lockgate.kernel.choice import VARIABLE, choose
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import FileFormat
from lockgate.run.rejected import collect_rejected

PATHS = ("plain", "fast")
KERNELS = {"plain": "portable", "fast": "native"}
_MODES = {
    FileFormat.CSV: Mode.STRINGS,
    FileFormat.JSONL: Mode.JSON,
    FileFormat.PARQUET: Mode.PYTHON,
}


@contextmanager
def on(path: str) -> Iterator[None]:
    """Everything inside runs on that path. Skips the test if it is the fast one and not here."""
    kernel = KERNELS[path]
    named(kernel)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = kernel
    try:
        assert choose().kernel.name == kernel
        yield
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


@dataclass(frozen=True)
class Taken:
    """What became of an input: every row as read, accepted values, rejected rows; or the refusal.

    ``rows`` and ``rejected`` have file, row, line, offset, reasons, raw and values; ``accepted``
    the contract's columns. A refusal is all that the error says in public.
    """

    rows: pa.Table
    accepted: pa.Table
    rejected: pa.Table
    refusal: tuple[object, ...] | None = None


@cache
def contract_of(model: type[Any]) -> Contract:
    """The contract of a model."""
    return compile_model(model, id="people", name="people", max_rejected=1.0)


@cache
def _judge(contract: Contract, mode: Mode, path: str) -> Judge:
    return Judge(contract, mode)


def taken(  # what a source is made of
    path: str,
    source: Path,
    contract: Contract,
    limits: Limits = DEFAULT_LIMITS,
    delimiter: str = ",",
    ignore: Sequence[str] = (),
    format: FileFormat = FileFormat.CSV,
) -> Taken:
    """Read and judge on that path. What was read before a refusal counts too."""
    roots = Roots((source.parent,), ())
    rows: list[pa.RecordBatch] = []
    accepted: list[pa.RecordBatch] = []
    rejected: list[pa.RecordBatch] = []
    refusal: tuple[object, ...] | None = None
    with on(path):
        judge = _judge(contract, _MODES[format], path)
        reader = FileSource(
            str(source), format, contract.names, roots, ignore, limits, delimiter=delimiter
        )
        try:
            reader.freeze(b"k" * 32)
            for raw in reader.batches():
                verdict = judge.judge(raw)
                names = list(raw.rows.schema.names)
                count = raw.rows.num_rows
                everywhere = pa.array(range(count), pa.int64())
                unjudged = pa.array([[]] * count, REASONS_TYPE)
                rows.append(collect_rejected(raw, names, everywhere, unjudged).table)
                accepted.append(verdict.accepted)
                bad = collect_rejected(raw, names, verdict.rejected_rows, verdict.reasons)
                rejected.append(bad.table)
        except LockgateError as error:
            chained = error.__cause__, None if error.__suppress_context__ else error.__context__
            said = error.code, error.message, error.hint, error.where, error.problems
            refusal = (type(error), *chained, *said)
    return Taken(_table(rows), _table(accepted), _table(rejected), refusal)


def taken_variant(path: str, variant: Variant, source: Path, block_bytes: int = 4 << 20) -> Taken:
    """``taken`` of files that were made of a variant."""
    contract = contract_of(Remark if variant.one_column else Customer)
    ignore = IGNORED if variant.header == "ignored" else ()
    assert contract.names == columns_of(variant)
    limits = variant.limits(block_bytes)
    return taken(path, source, contract, limits, variant.delimiter, ignore)


def _table(batches: list[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(batches).combine_chunks() if batches else pa.table({})


def differences(left: Taken, right: Taken) -> list[str]:
    """Where two results differ, in words; empty if they are the same in every respect."""
    found = []
    if left.refusal != right.refusal:
        found.append(f"refused: {left.refusal} and {right.refusal}")
    for name in ("rows", "accepted", "rejected"):
        found += table_differences(name, getattr(left, name), getattr(right, name))
    return found


def table_differences(name: str, left: pa.Table, right: pa.Table) -> list[str]:
    """The first row of each column in which two tables differ."""
    if left.schema != right.schema:
        return [f"{name}: other columns"]
    if left.num_rows != right.num_rows:
        return [f"{name}: {left.num_rows} and {right.num_rows} rows"]
    found = []
    for column in left.column_names:
        ours, theirs = left.column(column), right.column(column)
        if ours.equals(theirs):
            continue
        for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            if one.as_py() != other.as_py():
                found.append(f"{name}.{column}[{at}]: {one.as_py()!r} and {other.as_py()!r}")
                break
        else:
            found.append(f"{name}.{column}: unlike, but not to Python")
    return found
