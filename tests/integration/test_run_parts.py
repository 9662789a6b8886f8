"""A project whose sinks are written by several threads: the same rows, in files of their own."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.errors import LockgateError
from small_project import change, make_project

COUNT = 250_000
ROWS = "id,email,born,city\n" + "".join(
    f"{n},{'p' * (n % 9)}@example{'.org' if n % 50 else 'x' * 30},19{n % 90 + 10}-01-01,city {n}\n"
    for n in range(1, COUNT + 1)
)


def make(folder: Path, parts: int) -> Path:
    project = make_project(folder, rows=ROWS)
    for sink in ("out/study, format: csv", "out/coarse, format: parquet"):
        change(project / "pipelines/people.yaml", sink, f"{sink}, parts: {parts}")
    return project


def rows(tables: list[pa.Table], *names: str) -> list[dict[str, object]]:
    whole = pa.concat_tables(tables).select(list(names))
    return list(whole.sort_by([(name, "ascending") for name in names]).to_pylist())


def test_the_same_rows_whatever_the_number_of_parts(tmp_path: Path) -> None:
    found = []
    for parts in (1, 3):
        with Workspace.open(make(tmp_path / str(parts), parts)) as workspace:
            result = workspace.run("people")
        csv = sorted(result.sinks["study"].glob("part-*.csv"))
        parquet = sorted(result.sinks["coarse"].glob("part-*.parquet"))
        assert 1 <= len(csv) <= parts
        assert 1 <= len(parquet) <= parts
        for outcome in result.receipt.outcomes:
            assert sum(file.rows or 0 for file in outcome.files) == outcome.rows == COUNT * 49 // 50
        assert result.receipt.rows_rejected == COUNT // 50
        study = [pacsv.read_csv(file) for file in csv]
        found.append(
            (rows(study, "city"), rows([pq.read_table(f) for f in parquet], "born", "city"))
        )
    assert found[0] == found[1]


def test_a_run_that_is_refused_at_its_end_leaves_no_part(tmp_path: Path) -> None:
    project = make(tmp_path, 3)
    change(
        project / "contracts/people.odcs.yaml",
        "max_rejected, value: 0.5",
        "max_rejected, value: 0.001",
    )
    with Workspace.open(project) as workspace, pytest.raises(LockgateError, match="max_rejected"):
        workspace.run("people")
    assert [path for sink in (project / "out").iterdir() for path in sink.iterdir()] == []
