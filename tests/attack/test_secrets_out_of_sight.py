"""A secret where nobody looks: in files that are named and not where files are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.assemble.pipelines import check_project
from lockgate.assemble.project_file import load_project
from lockgate.flow.findings import FindingRule
from small_project import CONTRACT, make_project

SECRET = "tr0ub4dor-out-of-sight"
MODEL = """from typing import Annotated
from pydantic import BaseModel
from lockgate import Labelled

class Visit(BaseModel):
    id: Annotated[int, Labelled("pii.id", subject=True)]
"""
LINE = f'password = "{SECRET}"\n'
QUERY = f"SELECT id FROM source -- password: {SECRET}\n"
TOLD = f"# password: {SECRET}\n"
NAMED = "contracts:\n  more: {%s}\n"
STEP = """pipelines:
  more:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    steps: {one: {%s}}
    sinks: {study: {zone: study, path: out/more, format: csv}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "people")


def write(project: Path, name: str, text: str) -> None:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def declare(project: Path, text: str) -> None:
    with (project / "lockgate.yaml").open("a", encoding="utf-8") as file:
        file.write(text)


def places(project: Path) -> list[str]:
    """The files in which a secret is found; and nothing of it is told."""
    findings = check_project(load_project(project), ()).findings
    found = [one for one in findings if one.rule is FindingRule.LITERAL_SECRET]
    assert SECRET not in repr(found)
    return [
        Path(one.where.file).relative_to(project).as_posix()
        for one in found
        if one.where is not None
    ]


def test_a_model_in_a_folder_that_is_no_package(project: Path) -> None:
    write(project, "models/visit.py", MODEL + LINE)
    declare(project, NAMED % 'python: "models.visit:Visit"')
    assert places(project) == ["models/visit.py"]


def test_a_module_that_a_model_imports(project: Path) -> None:
    write(project, "models/visit.py", "import os, shared.deep.words\n" + MODEL)
    write(project, "shared/deep/words.py", LINE)
    declare(project, NAMED % 'python: "models.visit:Visit"')
    assert places(project) == ["shared/deep/words.py"]


def test_a_model_behind_a_link(project: Path) -> None:
    write(project, ".kept/visit.py", MODEL + LINE)
    (project / "visit.py").symlink_to(".kept/visit.py")
    declare(project, NAMED % 'python: "visit:Visit"')
    assert places(project) == ["visit.py"]


@pytest.mark.parametrize("name", ["schemas/p2.odcs.yaml", "contracts/.p2.yaml", "a/b/p2.txt"])
def test_a_contract_anywhere(project: Path, name: str) -> None:
    write(project, name, CONTRACT.replace("id: people", "id: more") + TOLD)
    declare(project, NAMED % f"file: {name}")
    assert places(project) == [name]


@pytest.mark.parametrize("name", ["queries/.q.sql", "steps/.hidden/q.sql", "q.SQL"])
def test_a_query_that_is_hidden(project: Path, name: str) -> None:
    write(project, name, QUERY)
    declare(project, STEP % f"file: {name}")
    assert places(project) == [name]


def test_a_query_that_is_a_link_in_the_project(project: Path) -> None:
    write(project, ".kept/q.sql", QUERY)
    (project / "queries").mkdir()
    (project / "queries/l.sql").symlink_to("../.kept/q.sql")
    declare(project, STEP % "file: queries/l.sql")
    assert places(project) == ["queries/l.sql"]


@pytest.mark.parametrize("name", ["policy/.more.yaml", "pipelines/.more.yaml"])
def test_a_hidden_file_of_policy_or_pipelines(project: Path, name: str) -> None:
    key = "zones" if name.startswith("policy") else "pipelines"
    write(project, name, f"{key}: {{}}\n" + TOLD)
    assert places(project) == [name]


def test_a_project_file_that_is_a_link(project: Path) -> None:
    (project / "lockgate.yaml").rename(project / ".real")
    (project / "lockgate.yaml").symlink_to(".real")
    declare(project, TOLD)
    assert places(project) == ["lockgate.yaml"]


def test_one_file_under_two_names_is_told_of_once(project: Path) -> None:
    write(project, "steps/q.sql", QUERY)
    (project / "steps/l.sql").symlink_to("q.sql")
    declare(project, STEP % "file: steps/l.sql")
    assert len(places(project)) == 1
