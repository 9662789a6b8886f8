"""Frames are found where they are, whatever stands around them, and nothing else is touched."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.adapters.connectors.files.csv_writer import CsvEncoder
from lockgate.adapters.connectors.files.jsonl_writer import JsonlEncoder
from lockgate.adapters.connectors.files.rewrapping.cells import LocatedPiece
from lockgate.adapters.connectors.files.rewrapping.csv_cells import locate_csv
from lockgate.adapters.connectors.files.rewrapping.jsonl_cells import locate_jsonl
from lockgate.errors import IntegrityError

NAMES = ("id", 'na"me', "note", "last")
TEXT = st.one_of(
    st.none(),
    st.text(st.sampled_from("a\",\n\r\\{}[]:='lkg1_"), max_size=12),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6),
    st.sampled_from(('","', '"na\\"me":"lkg1_A"', ',"last":"x"', "lkg1_AAAA", "null")),
)
FRAME = st.one_of(st.none(), st.from_regex(r"\Alkg1_[A-Za-z0-9_-]{4,20}\Z"))
ROWS = st.lists(st.tuples(st.integers(-9, 9), FRAME, TEXT, FRAME), min_size=1, max_size=12)


def batch(rows: list[tuple[int, str | None, str | None, str | None]]) -> pa.RecordBatch:
    kinds = (pa.int64(), pa.string(), pa.string(), pa.string())
    columns = [pa.array(c, k) for c, k in zip(zip(*rows, strict=True), kinds, strict=True)]
    return pa.RecordBatch.from_arrays(columns, list(NAMES))


def written(kind: str, rows: pa.RecordBatch) -> pa.Buffer:
    encoder = CsvEncoder(rows.schema) if kind == "csv" else JsonlEncoder(rows.schema)
    return encoder.encode(rows)


def located(kind: str, data: pa.Buffer) -> LocatedPiece:
    if kind == "csv":
        return locate_csv(data, 4, {NAMES[1]: 1, "last": 3}, {"id": 0, "note": 2})
    keys = {"id": pa.int64(), "note": pa.string()}
    return locate_jsonl(data, NAMES, (NAMES[1], "last"), keys)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@given(rows=ROWS)
def test_frames_are_found_in_their_rows(
    kind: str, rows: list[tuple[int, str | None, str | None, str | None]]
) -> None:
    made = batch(rows)
    piece = located(kind, written(kind, made))
    assert piece.rows == len(rows)
    for name in (NAMES[1], "last"):
        column = made.column(name)
        assert piece.frames(name).equals(column.drop_null())
        assert piece.row_numbers(name).tolist() == [
            i for i, value in enumerate(column.to_pylist()) if value is not None
        ]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@given(rows=ROWS)
def test_only_frames_are_exchanged(
    kind: str, rows: list[tuple[int, str | None, str | None, str | None]]
) -> None:
    """The piece is what the writer makes of the same rows with other frames."""
    made = batch(rows)
    piece = located(kind, written(kind, made))
    other = {
        name: pa.array([f"lkg1_{frame[5:][::-1]}" for frame in piece.frames(name).to_pylist()],
                       pa.string())
        for name in (NAMES[1], "last")
    }  # fmt: skip
    turned = [
        (i, a and f"lkg1_{a[5:][::-1]}", note, b and f"lkg1_{b[5:][::-1]}")
        for i, a, note, b in rows
    ]
    assert piece.spliced(other).equals(written(kind, batch(turned)))
    assert piece.spliced({}).equals(written(kind, made))


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@given(rows=ROWS)
def test_what_records_are_made_of_is_read_as_it_was(
    kind: str, rows: list[tuple[int, str | None, str | None, str | None]]
) -> None:
    made = batch(rows)
    number, note = located(kind, written(kind, made)).row_keys(("id", "note"))
    assert [int(value) for value in number.to_pylist()] == made.column("id").to_pylist()
    assert note.to_pylist() == made.column("note").to_pylist()


@given(rows=ROWS, at=st.integers(0, 200))
def test_a_text_cut_anywhere_is_read_or_refused(
    rows: list[tuple[int, str | None, str | None, str | None]], at: int
) -> None:
    for kind in ("csv", "jsonl"):
        data = written(kind, batch(rows))
        try:
            piece = located(kind, data.slice(0, min(at, data.size)))
            frames = [piece.frames(name).to_pylist() for name in (NAMES[1], "last")]
        except IntegrityError:
            continue
        assert all(len(found) <= piece.rows for found in frames)
