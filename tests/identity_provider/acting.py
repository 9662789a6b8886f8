"""Who acts on a project, by a clock that a test moves."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lockgate.access.principal import Principal
from lockgate.assemble.acting_principal import ActingPrincipal
from lockgate.assemble.identities import WhoActs
from lockgate.assemble.opened_project import record_of, secrets_of
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthenticationFailed, EnvironmentFailed, UsageError
from lockgate.run.record import Record


class Clock:
    """A project's clock that a test moves."""

    def __init__(self, record: Record) -> None:
        self._now, self.ahead = record.now, 0.0

    def __call__(self) -> datetime:
        return self._now() + timedelta(seconds=self.ahead)


class Actor:
    """Who acts on a project, as an opened one finds it, by a clock that a test moves."""

    def __init__(self, workspace: Workspace) -> None:
        self.project, record = workspace.project, record_of(workspace)
        self.clock = Clock(record)
        self.record: Record = replace(record, now=self.clock)
        found = WhoActs(self.project, self.record, secrets_of(workspace))
        self.who = ActingPrincipal(self.project, self.record, found)

    def inside(self) -> Principal | None:
        """Who acts in a transaction that is rolled back."""
        found: list[Principal] = []
        with suppress(UsageError), self.record.state.transaction():
            found.append(self.who())
            raise UsageError("rolled back")
        return found[0] if found else None

    def fails(self) -> str:
        with pytest.raises((AuthenticationFailed, EnvironmentFailed)) as caught:
            self.who()
        return str(caught.value)
