"""Attacks on sealed files and datasets by names: a grant for one opens what is called alike."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import lockgate
from lockgate.assemble.dataset_names import dataset_named
from lockgate.errors import AuthorisationDenied, PlanRefused, UsageError
from lockgate.flow import check
from quarantine_rows import PURPOSE, scoped
from session_cases import People, people_of
from small_project import CONTRACT, change, make_project

JOIN = """
pipelines:
  {name}:
    purpose: test
    sources:
      people: {{contract: people, path: data/people.csv, format: csv}}
      claims: {{contract: claims, path: data/claims.csv, format: csv}}
    steps:
      both: {{sql: "select c.id, c.email from claims c join people p on p.id = c.id"}}
    sinks:
      study: {{from: both, zone: study, path: out/join, format: parquet, seal: true}}
"""
ONE = """
pipelines:
  {name}:
    purpose: test
    source: {{contract: {name}, path: data/people.csv, format: csv}}
    sinks:
      study: {{zone: study, path: out/study, format: parquet, seal: true}}
"""
PERSONS = "id: people\nname: people"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People and claims, each of an id that is its name; an e-mail opens as its column's only."""
    project = make_project(tmp_path_factory.mktemp("template") / "project")
    change(project / "policy/zones.yaml", "pii.email: tokenize", "pii.email: encrypt")
    claims = CONTRACT.replace(PERSONS, "id: claims\nname: claims")
    claims = claims.replace("  - name: people\n", "  - name: claims\n")
    (project / "contracts/claims.odcs.yaml").write_text(claims)
    (project / "data/claims.csv").write_text("id,email,born,city\n1,claim@example.org,,\n")
    return project


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "project"))


@pytest.fixture
def crossed(project: Path) -> Path:
    """The contract people has the id claims, and the contract claims the id people."""
    change(project / "contracts/people.odcs.yaml", PERSONS, "id: claims\nname: people")
    change(
        project / "contracts/claims.odcs.yaml",
        "id: claims\nname: claims",
        "id: people\nname: claims",
    )
    (project / "pipelines/people.yaml").write_text(ONE.format(name="claims"))
    return project


def unseal(people: People, name: str, file: Path) -> Iterator[str]:
    """Each way to a sealed file's rows: those that opened it."""
    workspace, to = people.workspace, file.parents[3] / f"plain-{name}.parquet"
    ways = {
        "unseal": lambda: workspace.unseal(file, purpose=PURPOSE, to=to),
        "read": lambda: workspace.reveals.decryption_properties(file, purpose=PURPOSE),
        "reveal": lambda: workspace.reveal_file(file, "email", purpose=PURPOSE),
    }
    with lockgate.session(people.token(name), project=workspace, purpose=PURPOSE):
        for way, do in ways.items():
            try:
                do()
            except (AuthorisationDenied, UsageError):  # of a plan that is refused nothing is known
                continue
            yield way


def test_unseal_by_a_grant_for_the_contract_that_has_the_others_id_as_name(crossed: Path) -> None:
    with people_of(crossed) as people:
        people.workspace.create_domains()
        people.workspace.run("claims")
        file = next(crossed.rglob("part-*.parquet"))
        scoped(people, "eve", "privacy_officer", "people")  # the id of claims
        scoped(people, "zoe", "privacy_officer", "claims")
        assert list(unseal(people, "eve", file)) == []
        assert list(unseal(people, "zoe", file)) == ["unseal", "read", "reveal"]


def test_a_join_called_as_a_contract_whose_grants_would_open_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "pipelines/people.yaml").write_text(JOIN.format(name="people"))
    with people_of(project) as people:
        scoped(people, "eve", "privacy_officer", "people")
        people.token("root", "privacy_officer")
        with pytest.raises(PlanRefused) as refused:
            people.workspace.run("people")
        assert "called as contract people" in str(refused.value.problems)
        with monkeypatch.context() as before:  # a version that let it run and seal
            before.setattr(check, "taken_name", lambda *_: ())
            people.workspace.run("people")
        file = next(project.rglob("part-*.parquet"))
        assert list(unseal(people, "eve", file)) == []
        assert "unseal" in list(unseal(people, "root", file))


@pytest.mark.parametrize("name", ["people", "persons"])
def test_a_join_called_as_a_contract_or_as_its_id_is_refused(project: Path, name: str) -> None:
    change(project / "contracts/people.odcs.yaml", PERSONS, "id: persons\nname: people")
    (project / "pipelines/people.yaml").write_text(JOIN.format(name=name))
    with people_of(project) as people:
        (found,) = [f for f in people.workspace.check().findings if f.rule == "duplicate-name"]
        assert "called as contract people" in found.message
        assert dataset_named(people.workspace.project, name) == ""


def test_a_join_with_a_name_of_its_own_is_a_dataset_of_that_name(project: Path) -> None:
    (project / "pipelines/people.yaml").write_text(JOIN.format(name="both-of-them"))
    with people_of(project) as people:
        people.workspace.run("both-of-them")
        file = next(project.rglob("part-*.parquet"))
        for name, dataset in (("eve", "people"), ("zoe", "both-of-them")):
            scoped(people, name, "privacy_officer", dataset)
        assert list(unseal(people, "eve", file)) == []
        assert list(unseal(people, "zoe", file))[:2] == ["unseal", "read"]


def test_reveal_by_a_grant_for_a_contract_whose_name_the_others_table_has(project: Path) -> None:
    """The table inside of claims' contract is called people, too."""
    change(project / "contracts/claims.odcs.yaml", "  - name: claims\n", "  - name: people\n")
    change(project / "pipelines/people.yaml", "contract: people", "contract: claims")
    with people_of(project) as people:
        people.workspace.run("people")
        file = next(project.glob("out/study/run-*/part-*.csv"))
        for name, dataset in (("eve", "people"), ("zoe", "claims")):
            scoped(people, name, "privacy_officer", dataset)
        with (
            lockgate.session(people.token("eve"), project=people.workspace),
            pytest.raises(AuthorisationDenied),
        ):
            people.workspace.reveal_file(file, "email", purpose=PURPOSE)
        with lockgate.session(people.token("zoe"), project=people.workspace):
            assert people.workspace.reveal_file(file, "email", purpose=PURPOSE).rows
