"""Opening values of one dataset by a permission that is for another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import lockgate
from lockgate.access.scope import Scope
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthorisationDenied, LockgateError
from session_cases import People, people_of
from small_project import CONTRACT, PIPELINE, change, make_project

SECRET = "secret.partner@ex.org"
MADE = {
    "tokenize": "tokenize",
    "fpe": "{fpe: {alphabet: alphanumeric_lower}}",
    "fernet": "fernet",
    "encrypt": "encrypt",
}


@pytest.fixture(params=MADE)
def people(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[People]:
    """Datasets ``people`` and ``partners`` in key domain ``email``; eve may reveal of people."""
    folder = make_project(tmp_path / "p", "id,email,born,city\n1,ann@example.org,1980-02-29,Oslo\n")
    partners = CONTRACT.replace("id: people", "id: partners").replace(
        "name: people", "name: partners"
    )
    (folder / "contracts/partners.odcs.yaml").write_text(partners)
    pipeline = PIPELINE.replace("  people:", "  partners:").replace(
        "contract: people", "contract: partners"
    )
    pipeline = pipeline.replace("people.csv", "partners.csv").replace("out/", "other/")
    (folder / "pipelines/partners.yaml").write_text(pipeline)
    (folder / "data/partners.csv").write_text(f"id,email,born,city\n7,{SECRET},1980-02-29,Oslo\n")
    if request.param == "fpe":
        for file in folder.glob("contracts/*.yaml"):
            change(file, "{maxLength: 30, pattern: '@'}", "{maxLength: 30, minLength: 6}")
        for file in folder.glob("data/*.csv"):
            file.write_text(
                file.read_text()
                .replace("ann@example.org", "annexample")
                .replace(SECRET, "secretpartner")
            )
    change(folder / "policy/zones.yaml", "pii.email: tokenize", f"pii.email: {MADE[request.param]}")
    with people_of(folder) as made:
        made.workspace.create_domains()
        for name in ("people", "partners"):
            made.workspace.run(name)
        for name, datasets in (("eve", ("people",)), ("both", ("people", "partners"))):
            made.token(name)
            for dataset in datasets:
                scope = Scope(datasets=(dataset,), labels=("pii",))
                made.workspace.grants.grant(
                    f"user:{name}", "privacy_officer", reason="t", scope=scope
                )
        yield made


def released(people: People, folder: str) -> Path:
    return next((people.workspace.project.folder / folder / "study").rglob("part-*.csv"))


def email_of(file: Path) -> str:
    return file.read_text().splitlines()[1].split(",")[1]


def revealed(people: People, who: str, file: Path, **of: str) -> list[str]:
    workspace: Workspace = people.workspace
    with lockgate.session(people.token(who), project=workspace, purpose="support"):
        values = workspace.reveal_file(file, "email", purpose="support", **of).values
        return values.to_pylist()


def pasted(people: People) -> Path:
    """The partners' value in a file released of people, whose contract is as it was."""
    mine, theirs = released(people, "out"), released(people, "other")
    mine.write_text(mine.read_text().replace(email_of(mine), email_of(theirs)))
    return mine


def test_a_value_pasted_into_the_file_of_another_dataset_does_not_open(people: People) -> None:
    with pytest.raises(LockgateError) as caught:
        revealed(people, "eve", pasted(people))
    assert "secret" not in str(caught.value)


def test_a_contract_that_names_another_dataset_opens_nothing(people: People) -> None:
    file = released(people, "other")
    beside = file.parent / "_contract.odcs.yaml"
    beside.write_text(beside.read_text().replace("value: partners", "value: people"))

    with pytest.raises(LockgateError):
        revealed(people, "eve", file)


def test_who_may_reveal_of_every_dataset_of_the_domain_gets_the_value(people: People) -> None:
    assert revealed(people, "both", released(people, "other"))[0].startswith("secret")


@pytest.mark.parametrize("people", ["fernet"], indirect=True)
def test_fernet_tokens_said_to_be_of_another_dataset_do_not_open(people: People) -> None:
    file = released(people, "other")

    with pytest.raises(AuthorisationDenied):
        revealed(people, "eve", file, fernet_of="people.email")
    assert revealed(people, "both", file, fernet_of="people.email")[0] == SECRET


@pytest.mark.parametrize("people", ["encrypt"], indirect=True)
def test_ciphertexts_of_ones_own_dataset_open_whatever_else_is_in_the_domain(
    people: People,
) -> None:
    assert revealed(people, "eve", released(people, "out")) == ["ann@example.org"]


def test_a_dot_in_a_columns_name_makes_no_dataset(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p")
    change(folder / "contracts/people.odcs.yaml", "name: email", "name: x.email")
    file = folder / "data/people.csv"
    file.write_text(file.read_text().replace("id,email", "id,x.email"))
    with people_of(folder) as people:
        people.workspace.run("people")
        for dataset in ("people", "people.x"):
            name = dataset.replace(".", "")
            people.token(name)
            scope = Scope(datasets=(dataset,))
            people.workspace.grants.grant(
                f"user:{name}", "privacy_officer", reason="t", scope=scope
            )
        out = released(people, "out")

        def shown(who: str) -> list[str]:
            with lockgate.session(people.token(who), project=people.workspace, purpose="support"):
                read = people.workspace.reveal_file(out, "x.email", purpose="support").values
                return read.to_pylist()

        assert shown("people")[0] == "ann@example.org"
        with pytest.raises(AuthorisationDenied):
            shown("peoplex")
