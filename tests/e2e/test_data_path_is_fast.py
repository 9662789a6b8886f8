"""The fast path is the one that is taken, and a fast path that went wrong would be noticed."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from data_path.both_paths import PATHS, Taken, differences, on, taken_variant
from data_path.dialects import BY_NAME
from data_path.grammar import made_files
from data_path.native_calls import (
    READING,
    WRITING,
    bend,
    other_bytes,
    other_count,
    other_line_ends,
    other_quotes,
    other_ragged,
    other_rows,
    other_split_lines,
    watched,
)
from data_path.projects import make_project, parts, pipeline, run, still_sinks, twin
from lockgate.kernel.rendering import rendering
from lockgate.kernel.splitting import splitting

ROWS = 500
RAGGED, SOUND, UNSOUND = "ragged_with_blank_lines", "newlines_in_quotes", "nul_bytes"
BENT = {
    "line ends": (UNSOUND, "cut_csv", other_line_ends),
    "line ends beside ragged rows": (RAGGED, "split_csv", other_split_lines),
    "quotes": (RAGGED, "split_csv", other_quotes),
    "ragged rows": (RAGGED, "split_csv", other_ragged),
    "rows": (SOUND, "split_csv", other_rows),
    "line ends of sound rows": (SOUND, "split_csv", other_split_lines),
    "counts": (SOUND, "measure_csv", other_count),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fast")
    source = made_files(BY_NAME["ragged_with_blank_lines"], ROWS, 9, folder)
    made = make_project(
        folder / "project", pipeline("people", "data/in.csv, format: csv", still_sinks())
    )
    source.rename(made / "data" / "in.csv")
    return made


def test_only_the_fast_path_asks_the_native_kernel_and_for_everything(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = watched(monkeypatch)
    run("plain", twin(project, "plain"), "people")
    assert not calls

    run("fast", twin(project, "fast"), "people")
    assert calls.keys() == {*READING, *WRITING}


def test_what_is_asked_is_there_on_one_path_alone() -> None:
    with on("plain"):
        assert (splitting(), rendering()) == (None, None)
    with on("fast"):
        assert splitting() is not None
        assert rendering() is not None


def test_the_fast_path_never_parses_by_arrow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = BY_NAME["everything"]
    source = made_files(variant, ROWS, 10, tmp_path)
    module = "lockgate.adapters.connectors.files.csv_piece"
    monkeypatch.setattr(f"{module}._parse", fails)

    assert taken_variant("fast", variant, source).rows.num_rows > ROWS / 2
    with pytest.raises(AssertionError, match="plain path"):
        taken_variant("plain", variant, source)


def fails(*given: object) -> None:
    raise AssertionError("the plain path was taken")


@pytest.mark.parametrize("what", BENT)
def test_a_wrong_answer_in_reading_is_noticed(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, function, change = BENT[what]
    variant = BY_NAME[name]
    source = made_files(variant, ROWS, 11, tmp_path)
    assert differences(*(taken_variant(path, variant, source) for path in PATHS)) == []
    bend(monkeypatch, function, change)

    assert differences(*(taken_variant(path, variant, source) for path in PATHS)) != []


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_wrong_answer_in_writing_is_noticed(
    kind: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bend(monkeypatch, f"render_{kind}", other_bytes)
    released = []
    for path in PATHS:
        result = run(path, twin(project, f"bent-{kind}-{path}"), "people")
        released.append(parts(result, f"still_{kind}")[0].read_bytes())

    assert len(released[0]) == len(released[1])
    assert sum(a != b for a, b in zip(*released, strict=True)) >= 1


@pytest.mark.parametrize("table", ["rows", "accepted", "rejected"])
def test_the_comparison_sees_a_change_in_any_column(table: str, tmp_path: Path) -> None:
    variant = BY_NAME["everything"]
    read = taken_variant("plain", variant, made_files(variant, ROWS, 12, tmp_path))
    whole: pa.Table = getattr(read, table)
    assert differences(read, read) == []
    for column in whole.column_names:
        number = whole.column_names.index(column)
        values = whole.column(column).to_pylist()
        at = next(i for i, value in enumerate(values[1:]) if value != values[0])
        values[0] = values[at + 1]
        changed = whole.set_column(
            number, whole.field(column), pa.array(values, whole.column(column).type)
        )
        other = Taken(**{**tables(read), table: changed})
        assert differences(read, other) != [], column
        reordered = Taken(**{**tables(read), table: whole.take([1, 0, *range(2, len(whole))])})
        assert differences(read, reordered) != []
        shorter = Taken(**{**tables(read), table: whole.slice(1)})
        assert differences(read, shorter) != []
    refused = Taken(**tables(read), refusal=("LG-301",))
    assert differences(read, refused) != []


def tables(read: Taken) -> dict[str, pa.Table]:
    """The tables of a result, by name."""
    return {"rows": read.rows, "accepted": read.accepted, "rejected": read.rejected}
