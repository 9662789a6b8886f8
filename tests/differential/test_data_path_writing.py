"""The native writers give the bytes of the plain ones, for every type and any text."""

from __future__ import annotations

import csv
import io
import json
import random

import pyarrow as pa
import pytest

from data_path.both_paths import on
from data_path.columns import KINDS, column
from lockgate.adapters.connectors.files import formulas
from lockgate.adapters.connectors.files.csv_writer import CsvEncoder
from lockgate.adapters.connectors.files.jsonl_writer import JsonlEncoder
from lockgate.kernel.rendering import Rendering, rendering

ENCODERS = {"csv": CsvEncoder, "jsonl": JsonlEncoder}
REFUSALS = {b"ArrowInvalid", b"ArrowNotImplementedError", b"ArrowTypeError"}
ROWS = (0, 1, 2, 7, 64, 65, 300)


@pytest.fixture(scope="module")
def native() -> Rendering:
    with on("fast"):
        found = rendering()
    assert found is not None
    return found


def written(form: str, batch: pa.RecordBatch, native: Rendering | None) -> bytes:
    """The bytes, or the words of Arrow's refusal."""
    encoder = ENCODERS[form](batch.schema, native)
    try:
        return encoder.opening.to_pybytes() + encoder.encode(batch).to_pybytes()
    except pa.ArrowException as error:
        return type(error).__name__.encode()


@pytest.mark.parametrize("form", ENCODERS)
@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_every_kind(form: str, kind: str, native: Rendering) -> None:
    for number in range(21):
        chance = random.Random(f"{kind} {number}")
        made = column(kind, ROWS[number % len(ROWS)], (0.0, 0.3, 1.0)[number % 3], chance)
        batch = pa.record_batch([made], names=["a"])
        assert written(form, batch, native) == written(form, batch, None), number
        assert written(form, batch, None) not in REFUSALS


@pytest.mark.parametrize("form", ENCODERS)
def test_tables_of_many_kinds_with_odd_names(form: str, native: Rendering) -> None:
    names = ["plain", "", 'quo"te', "=sum", "new\nline", "é", "a,b", "\u2028", "b\\s", "'", "tab\t"]
    for number in range(60):
        chance = random.Random(number)
        kinds = chance.sample(sorted(KINDS), k=chance.randrange(1, 12))
        rows = chance.choice(ROWS)
        columns = [column(kind, rows, chance.choice((0, 0.3)), chance) for kind in kinds]
        batch = pa.record_batch(columns, names=chance.sample(names, k=len(kinds)))
        assert written(form, batch, native) == written(form, batch, None), number


def test_python_reads_back_what_was_written(native: Rendering) -> None:
    chance = random.Random(5)
    texts = column("string", 2_000, 0.1, chance)
    numbers = column("int64", 2_000, 0.1, chance)
    batch = pa.record_batch([texts, numbers], names=["text", "number"])

    lines = written("jsonl", batch, native).decode().split("\n")
    assert [json.loads(line) for line in lines[:-1]] == batch.to_pylist()
    cells = list(csv.reader(io.StringIO(written("csv", batch, native).decode(), newline="")))
    assert cells[0] == ["text", "number"]
    assert [row[1] for row in cells[1:]] == [
        "" if n is None else str(n) for n in numbers.to_pylist()
    ]
    undone = formulas.undo(pa.array([row[0] for row in cells[1:]], pa.string()))
    assert undone.to_pylist() == ["" if t is None else t for t in texts.to_pylist()]


@pytest.mark.slow
@pytest.mark.parametrize("form", ENCODERS)
def test_many_texts(form: str, native: Rendering) -> None:
    for number in range(100):
        chance = random.Random(f"texts {number}")
        columns = [column(kind, 1_000, 0.05, chance) for kind in ("string", "large_string")]
        batch = pa.record_batch(columns, names=["a", "b"])
        assert written(form, batch, native) == written(form, batch, None), number
