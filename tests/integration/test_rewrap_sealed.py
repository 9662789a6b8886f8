"""Where a sink is sealed, a rewrap does the others, and says what it left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import IntegrityError
from rewrap_project import rewrap
from small_project import make_project

PIPELINE = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      a_table: {zone: study, path: out/a_table, format: parquet, seal: true}
      b_text: {zone: study, path: out/b_text, format: csv, seal: true}
      c_plain: {zone: study, path: out/c_plain, format: parquet}
"""
ROWS = "id,email,born,city\n1,ann@example.org,1980-02-29,Oslo\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Released sealed and plain, under a version that only decrypts."""
    folder = make_project(tmp_path / "people", ROWS)
    (folder / "pipelines/people.yaml").write_text(PIPELINE)
    with Workspace.open(folder) as workspace:
        workspace.run("people")
        workspace.rotate("birth-date")
    return folder


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_root_with_sealed_sinks_is_done_to_its_end(project: Path, dry_run: bool) -> None:
    out = project / "out"
    before = everything(out)

    done = rewrap(project, out, dry_run=dry_run)

    status = {Path(one.path).parts[1]: one.status.value for one in done}
    rest = "counted" if dry_run else "rewrapped"
    assert status == {"a_table": "sealed", "b_text": "sealed", "c_plain": rest}
    changed = {path for path, content in everything(out).items() if before[path] != content}
    assert {path.relative_to(out).parts[0] for path in changed} == (
        set() if dry_run else {"c_plain"}
    )


def test_a_sealed_file_that_was_exchanged_is_refused(project: Path) -> None:
    (file,) = (project / "out/a_table").rglob("part-*")
    file.write_bytes(b"PARE" + file.read_bytes()[4:-1])
    with pytest.raises(IntegrityError, match="manifest"):
        rewrap(project, project / "out")


def test_what_was_left_and_what_was_done_are_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--project", str(project), "keys", "rewrap", str(project / "out"), "--purpose", "x"]

    assert invoke(words) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert told.count("sealed: left as it is") == 2
    assert "rewrapped in 1 file, and recorded" in told


@pytest.mark.parametrize("as_json", [True, False])
def test_what_was_done_before_a_refusal_is_told(
    project: Path, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "data/people.csv").write_text(ROWS + "2,bob@example.org,1981-03-01,Rome\n")
    with Workspace.open(project) as workspace:
        workspace.run("people")
        workspace.rotate("birth-date")
    _, file = sorted((project / "out/c_plain").glob("*/part-*"))
    file.write_bytes(file.read_bytes() + b"x")
    flags = ["--json"] if as_json else []
    path = str(project / "out/c_plain")

    assert invoke([*flags, "--project", str(project), "keys", "rewrap", path, "--purpose", "x"])

    found = capsys.readouterr()
    if as_json:
        document = json.loads(found.out)
        assert document["error"]["code"] == "LG-601"
        assert [one["status"] for one in document["files"]] == ["rewrapped"]
    else:
        assert "rewrapped in 1 file, and recorded" in " ".join(found.out.split())
        assert "LG-601" in found.err


def test_destroying_names_the_pipelines_that_sealed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["keys", "destroy", "birth-date", "--version", "1", "--purpose", "x", "--yes"]

    assert invoke(["--project", str(project), *words]) == 0

    told = " ".join(capsys.readouterr().out.split())
    assert "the files that people sealed as they are" in told
