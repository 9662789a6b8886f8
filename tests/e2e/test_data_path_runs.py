"""Whole runs on both paths release and reject the same, and each reveals what the other wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_path.both_paths import PATHS, contract_of, table_differences, taken, taken_variant
from data_path.customer import Customer
from data_path.dialects import BY_NAME, NAMES
from data_path.grammar import IGNORED, made_files
from data_path.projects import (
    STILL,
    make_project,
    parts,
    pipeline,
    quarantined,
    revealed,
    run,
    sealed_sinks,
    still_sinks,
    twin,
)
from lockgate.pipeline.model import FileFormat
from lockgate.run.runner import RunResult

SOME = ("plain", "mixed_ends", "everything", "over_long_rows")
ROWS, MANY_ROWS = 400, 2_000
REVERSIBLE = ("name", "email", "ssn", "phone", "born")
Runs = dict[str, tuple[Path, RunResult]]


def run_both(folder: Path, name: str, rows: int, seed: int) -> Runs:
    """One project, one file, each path in a copy of its own."""
    variant = BY_NAME[name]
    ignore = f", ignore: {list(IGNORED)}" if variant.header == "ignored" else ""
    sign = f", delimiter: {variant.delimiter!r}".replace("'\\t'", '"\\t"')
    made = folder / "made"
    made.mkdir()
    source = made_files(variant, rows, seed, made)
    where = "data" if source.is_dir() else f"data/{source.name}"
    sinks = still_sinks() | {"sealed": "zone: sealed, format: parquet"}
    lines = pipeline("people", f"{where}, format: csv{ignore}{sign}", sinks)
    project = make_project(
        folder / "project", lines, "Remark" if variant.one_column else "Customer"
    )
    for file in made.iterdir():
        file.rename(project / "data" / file.name)
    twins = {path: twin(project, path) for path in PATHS}
    return {path: (there, run(path, there, "people")) for path, there in twins.items()}


def assert_same_runs(runs: Runs) -> None:
    """Same rows, same bytes of every still sink, same values, same rejected rows."""
    (plain_folder, plain), (fast_folder, fast) = runs["plain"], runs["fast"]
    assert plain.receipt.rows_accepted == fast.receipt.rows_accepted > 0
    assert plain.receipt.rejected_by_reason == fast.receipt.rejected_by_reason
    assert quarantined(plain_folder, plain) == quarantined(fast_folder, fast)
    assert len(quarantined(fast_folder, fast)) == fast.receipt.rows_rejected
    for kind in ("csv", "jsonl"):
        ours, theirs = ([p.read_bytes() for p in parts(r, f"still_{kind}")] for r in (plain, fast))
        assert ours == theirs
    ours, theirs = (pq.read_table(parts(r, "still_parquet")[0]) for r in (plain, fast))
    assert table_differences("still", ours, theirs) == []
    for result in (plain, fast):
        assert pq.read_metadata(parts(result, "sealed")[0]).num_rows == fast.receipt.rows_accepted


@pytest.mark.parametrize("name", SOME)
def test_both_paths_release_and_reject_the_same(name: str, tmp_path: Path) -> None:
    assert_same_runs(run_both(tmp_path, name, ROWS, 5))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name != "one_column_mixed_ends"])
def test_both_paths_release_and_reject_the_same_in_every_dialect(name: str, tmp_path: Path) -> None:
    runs = run_both(tmp_path, name, MANY_ROWS, 6)
    assert_same_runs(runs)
    (folder, result) = runs["fast"]
    variant = BY_NAME[name]
    source = folder / "data" if variant.files > 1 else next((folder / "data").iterdir())
    if not variant.one_column:
        accepted = treatable(
            taken_variant("plain", replace(variant, row_bytes=1 << 20), source).accepted
        )
        assert accepted.num_rows == result.receipt.rows_accepted
        for column in REVERSIBLE:
            clear = revealed("fast", folder, result, "sealed", column)
            assert canonical(column, clear) == canonical(column, accepted.column(column))


def treatable(accepted: pa.Table) -> pa.Table:
    """Without rows whose name is nothing but spaces: those have no canonical form to hash."""
    return accepted.filter([bool(name.split()) for name in accepted.column("name").to_pylist()])


def canonical(column: str, values: pa.Array | pa.ChunkedArray) -> list[object]:
    """Tokens are of the address in the form that its domain compares: without case."""
    found = values.to_pylist()
    return [v.lower() for v in found] if column == "email" else list(found)


KINDS = ("csv->csv", "csv->jsonl", "csv->parquet", "jsonl->jsonl", "parquet->parquet")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Runs]:
    """Runs of every kind, on both paths: from CSV, and from their clear copies in other formats."""
    folder = tmp_path_factory.mktemp("sealed")
    variant = BY_NAME["some_quoted"]
    source = made_files(variant, ROWS, 7, folder)
    clear = taken_variant("plain", replace(variant, row_bytes=1 << 20), source).accepted
    sinks = sealed_sinks()
    lines = "".join(
        pipeline(kind, f"data/in.{kind}, format: {kind}", sinks if kind == "csv" else
                 {f"sealed_{kind}": sinks[f"sealed_{kind}"]})
        for kind in STILL
    )  # fmt: skip
    project = make_project(folder / "project", lines)
    source.rename(project / "data" / "in.csv")
    pq.write_table(clear, project / "data" / "in.parquet")
    lines_of(clear, project / "data" / "in.jsonl")
    runs: dict[str, Runs] = {kind: {} for kind in STILL}
    for path in PATHS:
        there = twin(project, path)
        for kind in STILL:
            runs[kind][path] = there, run(path, there, kind)
    return runs


def lines_of(table: pa.Table, file: Path) -> None:
    """The table as JSON Lines, by Pydantic's own writer."""
    rows = table.to_pylist()
    text = (Customer.model_construct(**row).model_dump_json(warnings=False) for row in rows)
    file.write_text("".join(f"{line}\n" for line in text), encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("wrote", "reveals"), [("plain", "fast"), ("fast", "plain")])
def test_each_path_reveals_what_the_other_wrote(
    sealed: dict[str, Runs], kind: str, wrote: str, reveals: str
) -> None:
    source, target = kind.split("->")
    folder, result = sealed[source][wrote]
    read = taken(
        "plain",
        folder / "data" / f"in.{source}",
        contract_of(Customer),
        format=FileFormat(source),
    )
    assert result.receipt.rows_accepted == read.accepted.num_rows > ROWS / 2

    for column in ("email", "ssn", "born"):
        clear = revealed(reveals, folder, result, f"sealed_{target}", column)
        assert canonical(column, clear) == canonical(column, read.accepted.column(column))
