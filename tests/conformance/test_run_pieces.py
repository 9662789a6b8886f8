"""What every source's pieces promise: on any thread, in any order, they are the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keys_at_hand import any_key
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.assemble.workspace import Workspace
from lockgate.contract.batches import RawBatch, RowPositions
from lockgate.contract.model import Mode
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat
from lockgate.run.ports import Piece, Source
from lockgate.run.quarantine import QuarantineSource
from lockgate.testing.memory_source import MemorySource
from small_project import make_project

KEY = b"k" * 32
ROWS = 400
LIMITS = Limits(block_bytes=500, batch_rows=7)
HEADER = "id,email,born,city\n"


def of_files(folder: Path, format: FileFormat) -> Source:
    for file in folder.glob("in/*"):
        file.rename(file.with_name(f"{file.stem}.{format.value}"))
    roots = Roots((folder,), (), base=folder)
    return FileSource("in", format, ["a", "b"], roots, limits=LIMITS)


def two_files(folder: Path, write: Callable[[Path, int], object]) -> None:
    (folder / "in").mkdir()
    for number in range(2):
        write(folder / "in" / f"f{number}", number)


def csv(folder: Path) -> Source:
    """A ragged row in fifty, line ends within quotes, blank lines."""
    lines = [f"{n},y,z\n" if n % 50 == 7 else f'{n},"x\n{n}"\n\n' for n in range(ROWS)]
    two_files(folder, lambda file, n: file.write_text("a,b\n" + "".join(lines[n:])))
    return of_files(folder, FileFormat.CSV)


def jsonl(folder: Path) -> Source:
    """A line in fifty is not UTF-8."""
    lines = [b'{"a":"\xff"}\n' if n % 50 == 7 else b'{"a":%d}\n\n' % n for n in range(ROWS)]
    two_files(folder, lambda file, n: file.write_bytes(b"".join(lines[n:])))
    return of_files(folder, FileFormat.JSONL)


def parquet(folder: Path) -> Source:
    table = pa.table({"a": range(ROWS), "b": [str(n) for n in range(ROWS)]})
    two_files(folder, lambda file, n: pq.write_table(table.slice(n), file, row_group_size=60))
    return of_files(folder, FileFormat.PARQUET)


def memory(folder: Path) -> Source:
    batches = [pa.record_batch({"a": [str(n)]}) for n in range(ROWS // 10)]
    return MemorySource(
        [RawBatch(Mode.STRINGS, rows, RowPositions("m", n)) for n, rows in enumerate(batches)]
    )


def told(batches: Iterator[RawBatch]) -> list[Any]:
    """All that a piece's batches say."""
    found: list[Any] = []
    for batch in batches:
        every = pa.array(range(batch.rows.num_rows), pa.int64())
        places = batch.positions.places(every)
        where = [each.to_pylist() for each in (places.rows, places.lines, places.offsets)]
        found.append((batch.mode, batch.positions.file, batch.rows.to_pylist(), where))
        found.append(batch.broken)
    return found


def parsed(piece: Piece) -> list[Any]:
    return told(piece.batches())


def same_rows_on_any_thread_in_any_order(source: Source) -> None:
    source.freeze(KEY)
    alone = [parsed(piece) for piece in source.pieces()]

    pieces = list(source.pieces())
    with ThreadPoolExecutor(4) as pool:
        backwards = list(pool.map(parsed, reversed(pieces)))

    assert backwards[::-1] == alone
    assert any(alone)


@pytest.mark.parametrize("make", [csv, jsonl, parquet, memory])
def test_pieces_of_what_was_collected(make: Callable[[Path], Source], tmp_path: Path) -> None:
    same_rows_on_any_thread_in_any_order(make(tmp_path))


def test_pieces_of_a_quarantine(tmp_path: Path) -> None:
    """Bad rows and broken ones."""
    rows = "".join(f"{n},x\n" if n % 3 else f"{n},nobody,,Oslo\n" for n in range(ROWS // 10))
    good = "".join(f"{n},p{n}@example.org,,Oslo\n" for n in range(ROWS))
    with Workspace.open(make_project(tmp_path / "p", HEADER + rows + good)) as workspace:
        run_id, context = workspace.run("people").run_id, workspace.context
        sealed = context.sealed_path("quarantine", run_id)
        same_rows_on_any_thread_in_any_order(QuarantineSource(sealed, any_key(context), run_id))


@pytest.mark.parametrize("make", [csv, jsonl, parquet])
def test_a_files_pieces_are_many_and_small(make: Callable[[Path], Source], tmp_path: Path) -> None:
    source = make(tmp_path)
    source.freeze(KEY)

    pieces = list(source.pieces())
    assert len(pieces) > 10
    assert all(b.rows.num_rows <= LIMITS.batch_rows for p in pieces for b in p.batches())
