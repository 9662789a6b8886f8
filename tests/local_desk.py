"""A built-in issuer to test with: a state, a ledger, a clock that stands still, cheap passwords."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lockgate.access.principal import Principal, current_principal
from lockgate.access.settings import AccessSettings, LocalIssuerSpec
from lockgate.adapters.key_services.ledger_key import create_ledger_key, load_ledger_key
from lockgate.adapters.private_files import private_folder
from lockgate.assemble import local_identities
from lockgate.assemble.local_accounts import LocalAccounts
from lockgate.assemble.local_issuer import LocalIssuer, LocalTokens
from lockgate.errors import AuthenticationFailed
from lockgate.ledger.ledger import Ledger
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.run.record import Record
from lockgate.run.state_ports import StateStore
from lockgate.secret import SecretText
from lockgate.testing.ledgers import ORIGIN

CHEAP = replace(DEFAULT_LIMITS, password_memory_kib=8, password_passes=1, password_lanes=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = "tall green lamp"
WRONG = "tall green lamb"
SEED = "ledger.key"


class Desk:
    """One project's issuer over a state; ``clock`` is moved by hand, waits are noted, not slept."""

    def __init__(
        self,
        home: Path,
        state: StateStore,
        *,
        name: str = "clinic",
        limits: Limits = CHEAP,
        spec: LocalIssuerSpec | None = None,
    ) -> None:
        private_folder(home)
        if not (home / SEED).exists():
            create_ledger_key(home / SEED)
        key = load_ledger_key(home / SEED)
        ledger = Ledger(state.ledger, ORIGIN, key, key.public_key, None)
        self.clock = NOON
        self.limits = limits
        self.waits: list[float] = []
        self.record = Record(home, state, ledger, lambda: self.clock)
        settings = AccessSettings(local=spec or LocalIssuerSpec())
        self.project: Any = SimpleNamespace(name=name, access=settings, hidden_folder=home)
        self.accounts = LocalAccounts(
            self.project, self.record, lambda *asked: None, current_principal, limits=limits
        )
        self.verifier = local_identities.open_local_verifier(self.project, self.record)

    @property
    def store(self) -> Any:
        return self.record.state.identities

    def issuer(self) -> LocalIssuer:
        return LocalIssuer(self.project, self.record, limits=self.limits)

    def after(self, **time: float) -> None:
        self.clock += timedelta(**time)

    def log_in(self, user: str = "ada", password: str = GOOD) -> LocalTokens:
        return local_identities.log_in(
            self.project,
            self.record,
            user,
            SecretText(password),
            limits=self.limits,
            sleep=self.waits.append,
        )

    def fails(self, user: str = "ada", password: str = WRONG, times: int = 1) -> str:
        """What the caller is told; the same each time."""
        told = set()
        for _ in range(times):
            try:
                self.log_in(user, password)
            except AuthenticationFailed as error:
                told.add(f"{error!r} {error} {error.args} {error.__cause__} {error.__context__}")
            else:
                raise AssertionError("the log-in did not fail")
        assert len(told) == 1
        return told.pop()

    def renew(self, tokens: LocalTokens) -> LocalTokens:
        assert tokens.refresh is not None
        return local_identities.renew(self.project, self.record, tokens.refresh)

    def verify(self, tokens: LocalTokens) -> Principal:
        return self.verifier.verify(tokens.access, self.clock)

    def verify_signature(self, tokens: LocalTokens) -> Principal:
        """Who the token says that it stands for, whatever the state says of it."""
        return self.verifier._signatures.verify(tokens.access, self.clock)  # type: ignore[attr-defined]

    def stands(self, tokens: LocalTokens) -> bool:
        try:
            return self.verify(tokens).id == tokens.principal
        except AuthenticationFailed:
            return False

    def told(self, *kinds: str) -> list[Any]:
        """Events of the ledger, all or of these kinds, oldest first."""
        events: Sequence[Any] = [entry.event for entry in self.record.ledger.read()]
        return [event for event in events if not kinds or event.kind in kinds]


def made_up() -> str:
    """A name that nobody has."""
    return f"n{secrets.token_hex(6)}"
