"""A project with people and tokens of its built-in issuer, and a clock that is moved by hand."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lockgate.access.identity_ports import Session, User
from lockgate.assemble.access_of_state import access_key
from lockgate.assemble.local_issuer import LocalIssuer
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.ledger.event import Event
from lockgate.secret import SecretText


class People:
    """``token`` of a name begins a log-in of it, a user that is made if it is not there."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.clock = datetime.now(UTC)
        workspace._record_kept = replace(record_of(workspace), now=lambda: self.clock)
        self.issuer = LocalIssuer(workspace.project, record_of(workspace))
        if not record_of(workspace).state.identities.users():
            access_key(record_of(workspace), "test")  # which seals, before there is an account

    def after(self, **time: float) -> None:
        self.clock += timedelta(**time)

    def token(self, name: str, *roles: str) -> SecretText:
        store = record_of(self.workspace).state.identities
        if store.user(name) is None:
            user = User(name, "$argon2id$none", self.clock, self.clock)
            self.issuer.accounts.add_user(user, record_of(self.workspace).ledger.size - 1)
        for role in roles:
            self.workspace.grants.grant(f"user:{name}", role, reason="test")
        end = self.clock + timedelta(minutes=15)
        session = Session(secrets.token_hex(16), f"user:{name}", self.clock, end)
        self.issuer.sessions.add(session)
        return self.issuer.tokens(session, ("pwd",), None).access

    def told(self, *kinds: str) -> list[Event]:
        """Events of the ledger of these kinds, oldest first."""
        entries = record_of(self.workspace).ledger.read()
        return [entry.event for entry in entries if entry.event.kind in kinds]

    def denials(self) -> list[tuple[str, str]]:
        """Who was refused and why."""
        return [(event.principal, event.reason) for event in self.told("access.denied")]


@contextmanager
def people_of(folder: Path) -> Iterator[People]:
    with Workspace.open(folder) as workspace:
        yield People(workspace)
