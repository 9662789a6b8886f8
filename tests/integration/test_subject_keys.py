"""A key for each person: what is released under it, who opens it, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.errors import KeyUnavailable
from lockgate.kernel.frame import (
    ALGORITHM_SUBJECT,
    ALGORITHM_SUBJECT_RECORD,
)
from small_project import change, make_project

ROWS = """id,email,born,city
1,ann@example.org,1980-02-29,Oslo
2,bob@example.org,1981-03-01,Rome
3,eve@example.org,,Bern
4,dan@example.org,1999-12-31,Kyiv
"""
SHRED = "labels:\n  pii.birth_date: {shred: subject}\n"
FORMATS = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      text: {zone: study, path: out/text, format: csv}
      lines: {zone: study, path: out/lines, format: jsonl}
      columns: {zone: study, path: out/columns, format: parquet}
"""
BIRTHS = ["1980-02-29", "1981-03-01", None, "1999-12-31"]
BOUND = "pii.birth_date: {encrypt: {bind: record}}"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("template") / "people", ROWS)
    zones = folder / "policy/zones.yaml"
    zones.write_text(zones.read_text() + SHRED)
    (folder / "pipelines/people.yaml").write_text(FORMATS)
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "people"))


def bind_records(project: Path) -> None:
    change(
        project / "policy/zones.yaml",
        "study:\n    rules: {pii: encrypt,",
        f"study:\n    rules: {{{BOUND}, pii: encrypt,",
    )
    change(
        project / "contracts/people.odcs.yaml",
        "required: true\n",
        "required: true\n        primaryKey: true\n",
    )


def run(project: Path) -> dict[str, Path]:
    with Workspace.open(project) as workspace:
        result = workspace.run("people")
    return {name: next(folder.glob("part-*")) for name, folder in result.sinks.items()}


def births(workspace: Workspace, file: Path) -> tuple[list[str | None], int]:
    found = workspace.reveal_file(file, "born", purpose="test")
    assert found.values is not None
    values = [None if value is None else str(value) for value in found.values.to_pylist()]
    return values, found.shredded


def shred(workspace: Workspace, file: Path, row: int) -> None:
    """Destroy the salt of whom a row of a Parquet file is about."""
    frames = pq.read_table(file).column("born").combine_chunks()
    handle = workspace.context.kernel.frame_subjects(frames).slice(row, 1)
    assert workspace.state.salts.destroy(handle, workspace.context.now()) == 1


@pytest.mark.parametrize("bound", [False, True], ids=["alone", "beside-its-key"])
def test_one_persons_values_become_unreadable_in_every_file_and_copy(
    project: Path, tmp_path: Path, bound: bool
) -> None:
    if bound:
        bind_records(project)
    files = run(project)
    backup = shutil.copytree(files["text"].parent, tmp_path / "backup") / files["text"].name
    expected = {ALGORITHM_SUBJECT_RECORD if bound else ALGORITHM_SUBJECT}
    with Workspace.open(project) as workspace:
        kernel = workspace.context.kernel
        frames = pq.read_table(files["columns"]).column("born").combine_chunks()
        assert {algorithm for algorithm, _ in kernel.frame_headers(frames)} == expected
        for file in (*files.values(), backup):
            assert births(workspace, file) == (BIRTHS, 0)

        shred(workspace, files["columns"], 1)
        left = [BIRTHS[0], None, *BIRTHS[2:]]
        for file in (*files.values(), backup):
            assert births(workspace, file) == (left, 1)


def test_a_single_value_of_a_shredded_person_says_so(project: Path) -> None:
    files = run(project)
    values = pacsv.read_csv(files["text"]).column("born").to_pylist()
    with Workspace.open(project) as workspace:
        assert workspace.reveal_values(values[:2], purpose="test") == BIRTHS[:2]
        shred(workspace, files["columns"], 0)
        with pytest.raises(KeyUnavailable, match="value 2 belongs to a person whose key was"):
            workspace.reveal_values([values[1], values[0]], purpose="test")
        assert workspace.reveal_values(values[1:2], purpose="test") == BIRTHS[1:2]
