"""Whether an output is what it should be: asked before anything is timed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

import lockgate
from bench.end_to_end.customers import PROTECTED, SCHEMA, chunks
from bench.end_to_end.damage import bad_places
from bench.end_to_end.files import as_text
from bench.end_to_end.job import Job, data_files
from bench.end_to_end.ours import PURPOSE, is_ours
from bench.kernels.case import WrongOutput

OPEN = tuple(name for name in SCHEMA.names if name not in PROTECTED)
EXACT = tuple(name for name in OPEN if SCHEMA.field(name).type == pa.string())
"""Text that every library writes as it was; numbers and dates each writes in its own way."""


@lru_cache(maxsize=2)
def good_rows(rows: int) -> pa.Table:
    """The customers that are not bad, as text, in the order of their numbers."""
    kept = []
    for number, batch in enumerate(chunks(rows)):
        bad = pa.array(bad_places(len(batch), number), pa.int64())
        places = pa.array(range(len(batch)), pa.int64())
        kept.append(as_text(batch).filter(pc.invert(pc.is_in(places, bad))))
    return pa.Table.from_batches(kept)


@lru_cache(maxsize=2)
def all_rows(rows: int) -> pa.Table:
    """All customers, as text."""
    return pa.Table.from_batches([as_text(batch) for batch in chunks(rows)])


def check(job: Job, target: Path, rows: int) -> None:
    """Raise WrongOutput unless a job over so many rows left what it should."""
    if is_ours(job):
        _check_ours(job, target, good_rows(rows))
        return
    wanted, found = all_rows(rows), read(target)
    if ".floors." in job.module:
        _same(found, wanted, (*PROTECTED, *EXACT))
    else:
        _same(found, wanted, EXACT)
        _nothing_clear(found, wanted)


def read(target: Path) -> pa.Table:
    """All data files of an output as one table of text, ordered by the customers' numbers."""
    tables = [_text(_table(path)) for path in data_files(target)]
    if not tables:
        raise WrongOutput("no data file")
    table = pa.concat_tables(tables)
    numbers = table["customer_id"].cast(pa.int64())
    return table.take(pc.sort_indices(numbers))


def _table(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.ParquetFile(path).read(SCHEMA.names)
    types = pa_csv.ConvertOptions(column_types=dict.fromkeys(SCHEMA.names, pa.string()))
    return pa_csv.read_csv(path, convert_options=types)


def _text(table: pa.Table) -> pa.Table:
    """Text where there is text, bytes where there are bytes; nothing is empty text."""
    columns = {
        name: pc.fill_null(column.cast(pa.string()), "") if _textual(column) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pa.table(columns)


def _textual(column: pa.ChunkedArray) -> bool:
    return not pa.types.is_binary(column.type) and not pa.types.is_large_binary(column.type)


def _same(found: pa.Table, wanted: pa.Table, columns: tuple[str, ...]) -> None:
    if len(found) != len(wanted):
        raise WrongOutput(f"{len(found):,} rows and not {len(wanted):,}")
    for name in columns:
        if not found[name].equals(pc.fill_null(wanted[name], "")):
            raise WrongOutput(f"{name} is not what it was")


def _nothing_clear(found: pa.Table, clear: pa.Table) -> None:
    for name in PROTECTED:
        values = found[name]
        held = clear[name].cast(values.type)
        if pc.any(pc.is_in(values, held.combine_chunks())).as_py():
            raise WrongOutput(f"{name} holds clear values")


def _check_ours(job: Job, target: Path, wanted: pa.Table) -> None:
    """Rows, open columns, masks; tokens and ciphertexts are turned back."""
    found = read(target / job.leaves)
    _same(found, wanted, EXACT)
    _nothing_clear(found, wanted)
    if pc.any(pc.not_equal(pc.utf8_slice_codeunits(found["phone"], -4), _ends(wanted))).as_py():
        raise WrongOutput("phone does not keep its last four digits")
    if pc.count_distinct(found["last_name"]) != pc.count_distinct(wanted["last_name"]):
        raise WrongOutput("last_name: not as many hashes as names")
    with lockgate.open(target) as workspace:
        for name in ("email", "ssn"):
            back: list[str] = []
            for path in data_files(target / job.leaves):
                clear = workspace.reveal_file(path, name, purpose=PURPOSE).values
                back += clear.to_pylist() if clear is not None else []
            if sorted(back) != sorted(wanted[name].to_pylist()):
                raise WrongOutput(f"{name} does not come back as it was")


def _ends(rows: pa.Table) -> pa.ChunkedArray:
    return pc.utf8_slice_codeunits(rows["phone"], -4)
