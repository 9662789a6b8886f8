"""Damaged files through whole runs: every physical record is released or waits, exactly once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from data_path.both_paths import PATHS
from data_path.damage import damaged_files
from data_path.damage_jsonl import damaged_lines
from data_path.plain_reader import Record, csv_records, json_records, numbers_of
from data_path.projects import make_project, parts, pipeline, quarantined, run, twin

BROKEN = {
    "csv": {"nul_byte", "invalid_utf8", "row_too_long", "wrong_column_count", "unterminated_quote"},
    "jsonl": {"nul_byte", "invalid_utf8", "row_too_long", "nested_too_deep"},
}
FILES = {"csv": damaged_files(), "jsonl": damaged_lines()}


def records_of(kind: str, content: bytes) -> list[Record]:
    return csv_records(content)[1] if kind == "csv" else json_records(content)


def released_numbers(folder: Path, path: str, kind: str) -> tuple[list[int], list[dict[str, Any]]]:
    result = run(path, folder, "damaged")
    (part,) = parts(result, "out")
    rows = [json.loads(line) for line in part.read_text(encoding="utf-8").splitlines()]
    assert result.receipt.rows_accepted == len(rows)
    waiting = quarantined(folder, result)
    assert result.receipt.rows_rejected == len(waiting)
    return [row["number"] for row in rows], waiting


@pytest.fixture(scope="module", params=["csv", "jsonl"])
def damaged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    kind = str(request.param)
    folder = tmp_path_factory.mktemp(f"damaged-{kind}") / "project"
    source = f"data, format: {kind}"
    sinks = {"out": "zone: still, format: jsonl"}
    make_project(folder, pipeline("damaged", source, sinks), model="Entry")
    for name, content in FILES[kind].items():
        (folder / "data" / name).write_bytes(content)
    return kind, folder


@pytest.mark.parametrize("path", PATHS)
def test_released_and_quarantined_are_the_physical_records(
    damaged: tuple[str, Path], path: str
) -> None:
    kind, folder = damaged
    numbers, waiting = released_numbers(twin(folder, path), path, kind)

    by_file: dict[str, list[dict[str, Any]]] = {}
    for row in waiting:
        by_file.setdefault(Path(row["file"]).name, []).append(row)
    assert by_file.keys() <= FILES[kind].keys()
    left = Counter(numbers)
    reasons = set()
    for name, content in FILES[kind].items():
        records = records_of(kind, content)
        rejected = by_file.get(name, [])
        assert_waiting_as_read(name, records, rejected)
        reasons |= {record.reason for record in records} - {""}
        mine = {number: row for number, row in numbers_of(records).items() if left[number]}
        rows = [row["row"] for row in rejected]
        for number, row in mine.items():
            if row not in rows or left[number] > 1:
                rows += [row] * left.pop(number)
        assert sorted(rows) == list(range(1, len(records) + 1)), name
    assert not +left, "released, but in no file"
    assert reasons == BROKEN[kind]


def assert_waiting_as_read(
    name: str, records: list[Record], rejected: list[dict[str, Any]]
) -> None:
    """Positions, bytes and values of rejected rows; and that every broken record is among them."""
    by_row = {record.row: record for record in records}
    for row in rejected:
        record = by_row[row["row"]]
        assert (row["line"], row["offset"]) == (record.line, record.offset), name
        kinds = [reason["type"] for reason in row["reasons"]]
        if record.reason:
            assert (kinds, row["raw"]) == ([record.reason], record.raw), name
            assert row["values"] is None or not any(row["values"].values())
        else:
            assert row["raw"] is None
            assert sorted(map(str, row["values"].values())) == sorted(map(str, record.cells)), name
    broken = {record.row for record in records if record.reason}
    assert broken <= {row["row"] for row in rejected}, name


def test_there_are_more_than_sixty_damaged_files() -> None:
    assert len(FILES["csv"]) > 60
    assert len(FILES["jsonl"]) > 25


def test_the_plain_reader_reads_as_the_documentation_says() -> None:
    content = b'\xef\xbb\xbfa,b\r\n1,"x\r\ny"\n\n,""\r5" p,"q"t\n3\n\0,1\n\xff,2\n9,"open\n\nend'
    names, records = csv_records(content)

    assert names == ("a", "b")
    assert [record.cells for record in records[:3]] == [("1", "x\r\ny"), (None, ""), ('5" p', "qt")]
    found = [(r.row, r.line, r.offset, r.reason) for r in records]
    assert found == [
        (1, 2, 8, ""),
        (2, 5, 18, ""),
        (3, 6, 22, ""),
        (4, 7, 32, "wrong_column_count"),
        (5, 8, 34, "nul_byte"),
        (6, 9, 38, "invalid_utf8"),
        (7, 10, 42, "unterminated_quote"),
        (8, 12, 51, "unterminated_quote"),
    ]
