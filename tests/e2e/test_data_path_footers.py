"""Nothing in a Parquet file's footer or pages repeats, sorts or counts protected values."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_path.both_paths import PATHS
from data_path.dialects import BY_NAME
from data_path.grammar import made_files
from data_path.parquet_pages import PLAIN, Chunk, chunks, footer
from data_path.projects import make_project, parts, pipeline, run, twin
from lockgate.run.runner import RunResult

ROWS = 3_000
PROTECTED = {"name", "email", "ssn", "phone", "born"}
CLEAR = {"number", "balance", "seen", "segment", "note"}
SINKS = {
    "still": "zone: still, format: parquet",
    "sealed": "zone: sealed, format: parquet",
    "parts": "zone: sealed, format: parquet, parts: 2",
}


@pytest.fixture(scope="module", params=PATHS)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("footers")
    source = made_files(BY_NAME["some_quoted"], ROWS, 8, folder)
    project = make_project(
        folder / "project", pipeline("people", "data/in.csv, format: csv", SINKS)
    )
    source.rename(project / "data" / "in.csv")
    path = str(request.param)
    return run(path, twin(project, path), "people")


@pytest.mark.parametrize("sink", SINKS)
def test_protected_columns_have_values_and_nothing_else(ran: RunResult, sink: str) -> None:
    rows = 0
    for part in parts(ran, sink):
        data = part.read_bytes()
        seen = set()
        for chunk in chunks(data):
            seen.add(chunk.path)
            if chunk.path in PROTECTED:
                assert chunk.indexes == set(), chunk.path
                assert chunk.encodings == {PLAIN}, chunk.path
                assert not chunk.packed, chunk.path
            rows += chunk.metadata[5] if chunk.path == "email" else 0
        assert seen == PROTECTED | CLEAR
        assert footer(data).get(5, []) == []  # key-value metadata
    assert rows == ran.receipt.rows_accepted


def test_what_pyarrow_says_of_the_footer_agrees(ran: RunResult) -> None:
    for sink in SINKS:
        for part in parts(ran, sink):
            metadata = pq.read_metadata(part)
            for group in range(metadata.num_row_groups):
                for number in range(metadata.num_columns):
                    column = metadata.row_group(group).column(number)
                    if column.path_in_schema in PROTECTED:
                        assert not column.is_stats_set
                        assert not column.has_dictionary_page
                        assert not column.has_column_index
                        assert not column.has_offset_index


def test_what_must_not_be_there_would_be_seen(ran: RunResult, tmp_path: Path) -> None:
    (part, *_) = parts(ran, "still")
    found = set()
    for index in (True, False):
        file = tmp_path / f"{index}.parquet"
        pq.write_table(pq.read_table(part), file, write_page_index=index, data_page_size=1_000)
        other = {chunk.path: chunk for chunk in chunks(file.read_bytes())}
        found |= other["email"].indexes
        assert other["email"].packed
        assert other["email"].encodings != {PLAIN}
        assert len(other["number"].pages) > 2

    found |= Chunk("email", {}, {14: 4}, []).indexes
    assert found == {
        "bloom filter",
        "column index",
        "dictionary page",
        "offset index",
        "page statistics",
        "statistics",
    }
