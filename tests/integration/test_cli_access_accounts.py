"""``lockgate access users`` and ``service``: what they print, and that no password is in it."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from lockgate.assemble import local_identities
from lockgate.assemble.create import create_project
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import AuthenticationFailed, AuthorisationDenied
from lockgate.secret import SecretText

CANARY = "canary seven tall lamps"
OTHER = "canary eight green lamps"


class Shell:
    """Runs commands with lines on standard input; keeps all that they print."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
        self.folder, self._patch, self._capture, self.printed = folder, monkeypatch, capfd, ""

    def __call__(self, *words: str, lines: str = "", code: int = 0) -> str:
        given = io.TextIOWrapper(io.BytesIO(lines.encode()))
        self._patch.setattr(sys, "stdin", given)
        found = invoke(["access", *words, "--project", str(self.folder)])
        out, err = self._capture.readouterr()
        self.printed += out + err
        assert found == code, out + err
        return out or err


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> Shell:
    create_project(tmp_path / "p", "clinic")
    return Shell(tmp_path / "p", monkeypatch, capfd)


def log_in(folder: Path, password: str) -> str:
    with Workspace.open(folder) as workspace:
        tokens = local_identities.log_in(
            workspace.project, record_of(workspace), "ada", SecretText(password)
        )
        return tokens.principal


def test_no_password_is_in_any_output_or_file(shell: Shell, tmp_path: Path) -> None:
    line = CANARY + "\n"
    shell("users", "add", "ada", "--password-stdin", lines=line)
    again = shell("users", "add", "ada", "--password-stdin", "--json", lines=line, code=2)
    assert "lockgate access users set-password ada" in json.loads(again)["error"]["hint"]
    shell("users", "add", "Not A Name", "--password-stdin", "-v", lines=line, code=2)
    shell("users", "add", "canary", "--password-stdin", "-v", lines="canary canary\n", code=2)
    both = f"{CANARY}\n{OTHER}\n"
    shell("users", "set-password", "ada", "--own", "--password-stdin", lines=both)
    shell("users", "set-password", "ada", "--own", "--password-stdin", lines=both, code=7)
    shell("users", "set-password", "ada", "--password-stdin", "--json", lines=line)
    shell("users", "set-password", "eve", "--password-stdin", lines=line, code=2)
    assert log_in(shell.folder, CANARY) == "user:ada"
    with pytest.raises(AuthenticationFailed):
        log_in(shell.folder, OTHER)

    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (CANARY, OTHER):
        assert secret not in shell.printed
        assert secret.encode() not in left


def test_a_user_from_adding_to_disabling(shell: Shell) -> None:
    shell("users", "add", "ada", "--password-stdin", lines=CANARY)
    assert log_in(shell.folder, CANARY) == "user:ada"
    listed = json.loads(shell("users", "list", "--json"))["users"]
    assert [(one["principal"], one["state"], one["sessions"]) for one in listed] == [
        ("user:ada", "enabled", 1)
    ]
    assert "1 session ended" in shell("users", "end-sessions", "ada")
    assert json.loads(shell("users", "disable", "ada", "--json"))["sessions_ended"] == 0
    with pytest.raises(AuthenticationFailed):
        log_in(shell.folder, CANARY)
    shell("users", "enable", "ada")
    shell("users", "unlock", "ada")
    assert log_in(shell.folder, CANARY) == "user:ada"
    assert "there is no such user" in shell("users", "unlock", "eve", code=2)


def test_a_service_account_from_adding_to_revoking(shell: Shell, tmp_path: Path) -> None:
    key = tmp_path / "nightly.key"
    made = json.loads(shell("service", "add", "nightly", "--key-file", str(key), "--json"))
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text().strip() not in shell.printed
    with Workspace.open(shell.folder) as workspace:
        tokens = local_identities.log_in_service(
            workspace.project, record_of(workspace), "nightly", key
        )
    assert tokens.principal == "service:nightly"

    shell("service", "add-key", "nightly", "--public-key", "A" * 43 + "=", "--days", "3")
    shell("service", "add-key", "nightly", code=2)
    shell("service", "add-key", "nightly", "--public-key", "nonsense", code=2)
    taken = shell("service", "add", "nightly", "--key-file", str(tmp_path / "s.key"), code=2)
    assert "lockgate access service add-key nightly" in taken
    assert "service list --json" in shell("service", "revoke-key", "nightly", "KID", code=2)
    shell("service", "revoke-key", "nightly", made["key"]["kid"])
    listed = json.loads(shell("service", "list", "--json"))["services"][0]
    assert [one["state"] for one in listed["keys"]] == ["revoked", "usable"]
    assert listed["sessions"] == 0
    shell("service", "disable", "nightly")
    shell("service", "enable", "nightly")
    shell("service", "rotate-issuer-key", "--purpose", "yearly")
    assert "service:nightly" in shell("service", "list")


def test_each_change_is_recorded_with_who_and_why(shell: Shell) -> None:
    shell("users", "add", "ada", "--password-stdin", "--purpose", "joins", lines=CANARY)
    shell("users", "disable", "ada", "--purpose", "leaves")
    with Workspace.open(shell.folder) as workspace:
        events = [entry.event for entry in record_of(workspace).ledger.read()]
    changes = [event for event in events if event.kind == "account.changed"]
    assert [(one.account, one.reason, one.purpose) for one in changes] == [
        ("user:ada", "added", "joins"),
        ("user:ada", "disabled", "leaves"),
    ]
    assert all(one.principal.startswith("os:") for one in changes)


def test_a_password_is_never_asked_of_nobody(shell: Shell) -> None:
    assert "--password-stdin" in shell("users", "add", "ada", code=2)
    assert "no password" in shell("users", "add", "ada", "--password-stdin", code=2)


def test_in_production_the_owner_adds_the_first_user_and_no_second(shell: Shell) -> None:
    file = shell.folder / "lockgate.yaml"
    text = re.sub(r"(?m)^environment:.*\n", "", file.read_text())
    file.write_text(f"{text}\nenvironment: production\n")
    shell("users", "add", "ada", "--password-stdin", lines=CANARY)
    shell("users", "add", "eve", "--password-stdin", lines=CANARY, code=7)
    shell("users", "disable", "ada", code=7)
    with Workspace.open(shell.folder) as workspace:
        record_of(workspace).state.identities.users()
        with pytest.raises(AuthorisationDenied):
            workspace.accounts.users("look")
