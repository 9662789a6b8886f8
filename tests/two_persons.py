"""Two people who logged in, and commands said as one of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from acting_as import act_as
from lockgate.access.identity_ports import User
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.assemble.access_of_state import access_key
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.ledger.access_events import AccountChanged
from lockgate.run.sealed_accounts import SealedAccounts
from small_project import make_project

Call = Callable[..., tuple[int, Any]]
NOW = datetime.now(UTC)
ADA = Principal(
    "user:ada",
    Assurance.TOKEN,
    "user:ada",
    PrincipalKind.PERSON,
    methods=("pwd",),
    authenticated_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    session="session-ada",
)
BOB = replace(ADA, id="user:bob", counted="user:bob", session="session-bob")


def project_of_two(folder: Path) -> Path:
    """A small project where two persons decide on destroying keys and on wider policies."""
    made = make_project(folder)
    with (made / "lockgate.yaml").open("a") as file:
        file.write("\naccess:\n  two_person: [destroy-key, expand-policy]\n")
    return made


def give_account(folder: Path, who: Principal) -> None:
    """A user's account that nobody of the test made."""
    with Workspace.open(folder) as workspace:
        record, name = record_of(workspace), who.id.removeprefix("user:")
        accounts = SealedAccounts(record, partial(access_key, record))
        if accounts.user(name) is None:
            told = {"at": NOW, "principal": "user:root", "purpose": "test", "source": "test"}
            added = AccountChanged(account=who.id, reason="added", sealed=True, **told)
            accounts.add_user(User(name, "phc", NOW, NOW), record.append(added))


def calls(project: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Says a command of the project, as ``who``: exit code, and what it tells in JSON."""

    def run(*words: str, who: Principal | None = None) -> tuple[int, Any]:
        if words[:2] == ("access", "approve") and who is not None:
            give_account(project, who)
        given = [*words, "--project", str(project), "--json"]
        if who is None:
            code = invoke(given)
        else:
            with act_as(who):
                code = invoke(given)
        out = capsys.readouterr().out
        return code, json.loads(out) if out else {}

    return run
