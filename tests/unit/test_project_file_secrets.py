"""``secrets:`` and the references of a project are read strictly, all problems in one pass."""

# ruff: noqa: E501 - expected messages stand in one line, as they are printed

from __future__ import annotations

from pathlib import Path

import pytest
from test_project_file import HEAD, problems, write

from lockgate.assemble.project_file import load_project
from lockgate.assemble.project_file_secrets import is_production
from lockgate.assemble.project_file_state import StateSettings
from lockgate.assemble.workspace import Workspace
from lockgate.errors import SecretMissing
from lockgate.secrets.reference import SecretReference
from small_project import change, make_project

REFERENCE_HINT = (
    "(write secret://STORE/PATH or secret://STORE/PATH#FIELD, such as secret://env/NAME)"
)
ADDRESS_HINT = "(https://HOST or https://HOST:PORT, without user, path or query)"


def test_a_project_has_stores_without_declaring_any(tmp_path: Path) -> None:
    project = load_project(write(tmp_path, {"lockgate.yaml": HEAD}))
    assert sorted(project.secrets) == ["dotenv", "env", "file"]


def test_a_state_database_with_the_reference_to_its_password(tmp_path: Path) -> None:
    text = HEAD + "state: {url: postgresql://a@db/x, password: secret://env/PW}\n"
    state = load_project(write(tmp_path, {"lockgate.yaml": text})).state
    assert state == StateSettings("postgresql://a@db/x", SecretReference("env", "PW"))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "state: {url: postgresql://a@db/x, password: hunter2}",
            f"4:35: LG-101 password is a reference to a secret, never the secret itself {REFERENCE_HINT}",
        ),
        ("state: {url: sqlite, password: secret://env/X}", "4:22: LG-101 sqlite takes no password"),
        ("secrets: {V: {store: files, folder: x}}", "4:11: LG-101 this is not a store's name"),
        ("secrets: {v: {store: voult}}", "4:15: LG-101 v does not say which kind of store it is"),
        ("secrets: {v: 7}", "4:11: LG-101 v does not say which kind of store it is"),
        ("secrets: {v: {store: files}}", "4:11: LG-101 the key folder is missing"),
        ("secrets: {env: {store: keyring}}", "4:11: LG-101 env is always of environment"),
        (
            "secrets: {v: {store: vault, address: 'http://v:8200', auth: {token: secret://env/T}}}",
            f"4:29: LG-101 address is not an address that a secret may travel to {ADDRESS_HINT}",
        ),
        (
            "secrets: {v: {store: vault, address: 'https://v', auth: {token: hunter2}}}",
            f"4:58: LG-101 token is a reference to a secret, never the secret itself {REFERENCE_HINT}",
        ),
        (
            "secrets: {v: {store: vault, address: 'https://v', auth: {}}}",
            "4:51: LG-101 auth names one way to log in",
        ),
        (
            "secrets: {v: {store: vault, address: 'https://v', auth: {token: secret://v/t#x}}}",
            "4:58: LG-101 a store's own credentials lie outside it",
        ),
        (
            "secrets: {v: {store: vault, address: 'https://v', auth: {token: secret://dotenv/T}}}",
            "4:58: LG-101 a store's own credentials lie outside it",
        ),
        ("roots: {read: ['secret://vault/x']}", "4:16: LG-101 there is no secret store vault"),
        ("roots: {read: ['secret://Vault']}", "4:16: LG-101 this is no reference to a secret"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, line: str, problem: str) -> None:
    found = problems(write(tmp_path, {"lockgate.yaml": f"{HEAD}{line}\n"}))
    assert any(one.startswith(f"lockgate.yaml:{problem}") for one in found), found
    assert "hunter2" not in "".join(found)


@pytest.mark.parametrize(
    ("environment", "production"),
    [
        ("production", True),
        ("prod", True),
        ("eu-prod", True),
        ("prod-2", True),
        ("prod2", True),
        ("live_eu", True),
        ("prd", True),
        ("development", False),
        ("product-tests", False),
        ("staging", False),
        ("delivery", False),
    ],
)
def test_what_counts_as_production(environment: str, production: bool) -> None:
    assert is_production(environment) is production


@pytest.mark.parametrize("name", ["dotenv", "settings"])
def test_a_dotenv_file_is_refused_in_production_also_when_nothing_uses_it(
    tmp_path: Path, name: str
) -> None:
    text = f"{HEAD}environment: production\nsecrets: {{{name}: {{store: dotenv}}}}\n"
    assert problems(write(tmp_path, {"lockgate.yaml": text})) == [
        "lockgate.yaml:5:11: LG-101 .env is for development only (use a store that production has: env, file, vault or a cloud's)"
    ]


def test_a_reference_to_dotenv_is_refused_in_production(tmp_path: Path) -> None:
    text = f"{HEAD}environment: eu-prod\nstate: {{url: postgresql://a@db/x, password: secret://dotenv/X}}\n"
    assert problems(write(tmp_path, {"lockgate.yaml": text})) == [
        "lockgate.yaml:5:35: LG-101 there is no secret store dotenv (.env is for development only: use env, file, or a store under secrets:)"
    ]


def test_nothing_is_resolved_when_a_project_is_opened_or_checked(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "people")
    database = "state: {url: postgresql://a@db/x, password: secret://env/NOT_SET}"
    change(folder / "lockgate.yaml", "state: sqlite", database)
    with Workspace.open(folder) as workspace:
        assert workspace.check().ok
        with pytest.raises(SecretMissing):
            workspace.quarantine_list()


def test_code_of_the_project_asks_for_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_project(tmp_path / "people")
    with (folder / "lockgate.yaml").open("a") as file:
        file.write("secrets: {app: {store: environment, prefix: CLINIC_}}\n")
    monkeypatch.setenv("CLINIC_PW", '{"password": "hunter2"}')
    with Workspace.open(folder) as workspace:
        found = workspace.secret("secret://app/PW#password")
    assert found.reveal() == "hunter2"
    assert "hunter2" not in repr(found)
