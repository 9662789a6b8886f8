"""Blocks larger than one piece of pyarrow's, and the real table in three forms."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.contract.batches import RawBatch
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat

KEY = b"k" * 32


def read(path: Path, format: FileFormat, names: list[str], limits: Limits) -> list[RawBatch]:
    source = FileSource(str(path), format, names, Roots((path.parent,), ()), limits=limits)
    source.freeze(KEY)
    return list(source.batches())


def test_rows_and_broken_rows_across_pieces(tmp_path: Path) -> None:
    """3 MB with long quoted fields over many lines, ragged rows, stray quotes and bad bytes."""
    chance = random.Random(3)
    text, expected, wrong = io.BytesIO(b"a,b\n"), [], []
    text.seek(4)
    row = 0
    while text.tell() < 3 << 20:
        row += 1
        kind = chance.random()
        if kind < 0.01:
            text.write(b"x" * chance.randrange(300) + chance.choice([b"", b",y,z"]) + b"\r\n")
            wrong.append((row, "wrong_column_count"))
        elif kind < 0.012:
            text.write(b'"\xff\n",1\n')
            wrong.append((row, "invalid_utf8"))
        else:
            size = chance.choice([0, 3, 50, 4_000])
            cell = "".join(chance.choices('ab\n,"\ré', k=size))
            stray = chance.choice(['5" x', "plain", "-"])
            text.write(f'"{cell.replace(chr(34), chr(34) * 2)}",{stray}\n'.encode())
            expected.append((cell, stray, row))
    path = tmp_path / "big.csv"
    path.write_bytes(text.getvalue())

    for block_bytes in (4 << 20, 300_007):
        limits = Limits(block_bytes=block_bytes)
        found = read(path, FileFormat.CSV, ["a", "b"], limits)
        cells: list[tuple[str, str, int]] = []
        for batch in found:
            every = pa.array(range(batch.rows.num_rows), pa.int64())
            columns = [*batch.rows.columns, batch.positions.places(every).rows]
            cells += zip(*(column.to_pylist() for column in columns), strict=True)
        assert cells == expected
        assert [(b.row, b.reason) for batch in found for b in batch.broken] == wrong


def test_the_real_table_is_the_same_in_three_forms(real_table: Path, tmp_path: Path) -> None:
    table = pq.read_table(real_table)
    names = table.schema.names
    rows = table.to_pylist()
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([row[name] for name in names] for row in rows)
    with (tmp_path / "t.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "t.parquet").write_bytes(real_table.read_bytes())

    limits = Limits(block_bytes=100_003, batch_rows=4_001)
    typed = read(tmp_path / "t.parquet", FileFormat.PARQUET, names, limits)
    text = read(tmp_path / "t.csv", FileFormat.CSV, names, limits)
    lines = read(tmp_path / "t.jsonl", FileFormat.JSONL, names, limits)
    for batches in (typed, text, lines):
        assert sum(batch.rows.num_rows for batch in batches) == len(rows) == 50_578
        assert not any(batch.broken for batch in batches)
        assert max(batch.rows.num_rows for batch in batches) <= 4_001
    assert pa.Table.from_batches([batch.rows for batch in typed]).to_pylist() == rows
    cells = [list(row.values()) for batch in text for row in batch.rows.to_pylist()]
    assert cells == [[None if v in (None, "") else str(v) for v in row.values()] for row in rows]
    parsed = [json.loads(line) for batch in lines for line in batch.rows.column(0).to_pylist()]
    assert parsed == [json.loads(json.dumps(row, default=str)) for row in rows]
