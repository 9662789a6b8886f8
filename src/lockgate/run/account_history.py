"""What the ledger says became of accounts and log-ins, and where rows of the state differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lockgate.access.identity_ports import IdentityStore, Service, User
from lockgate.access.sealed_sessions import SealedSessions
from lockgate.ledger.access_events import (
    AccountChanged,
    AuthenticationSucceeded,
    SessionEnded,
    SessionStarted,
)
from lockgate.ledger.event import Event
from lockgate.run.account_events import BLOCK_ENDS, ENDS_SESSIONS, LOG_IN, RENEWED
from lockgate.run.sealed_accounts import SealedAccounts

_ACCOUNTS = ("user:", "service:")


@dataclass(slots=True)
class AccountHistory:
    """The ledger's last entries: of accounts, of what ended all their sessions, of sessions.

    ``begun`` counts the log-ins of one session: a second is a credential for one use, used twice.
    """

    accounts: dict[str, int] = field(default_factory=dict)
    log_ins: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    begun: Counter[str] = field(default_factory=Counter)

    def note(self, index: int, event: Event) -> None:
        """Take the next entry in."""
        match event:
            case AccountChanged(account=account) if account.startswith(_ACCOUNTS):
                self.accounts[account] = index
                if event.reason in ENDS_SESSIONS:
                    self.ends[account] = index
            case SessionStarted() if event.reason == LOG_IN:
                self.log_ins[event.principal] = index
                self.begun[event.session] += 1
            case SessionEnded() if event.reason not in BLOCK_ENDS:
                self.sessions[event.session] = index
            case AuthenticationSucceeded() if event.reason == RENEWED:
                self.sessions[event.session] = index
            case _:
                pass

    def last(self, principal: str) -> int:
        """The last entry that an account's row has to know of."""
        return max(self.accounts.get(principal, -1), self.log_ins.get(principal, -1))


def account_differences(
    store: IdentityStore,
    accounts: SealedAccounts,
    sessions: SealedSessions,
    history: AccountHistory,
) -> Iterator[str]:
    """Where accounts and sessions are not what this project wrote last, in words."""
    accounts.adopt()
    rows: list[User | Service] = [*store.users(), *store.services()]
    for row in rows:
        yield from _account(row, accounts, history)
    for name in sorted(set(history.accounts) - {row.principal for row in rows}):
        yield f"account {name} is missing"
    for one in store.sessions():
        if not sessions.is_genuine(one):
            yield f"session {one.id} was not written by this project"
        elif one.entry < max(
            history.sessions.get(one.id, -1), history.ends.get(one.principal, -1)
        ) and (one.ended_at is None):
            yield f"session {one.id} is not what the ledger says became of it"
    for session in sorted(one for one, times in history.begun.items() if times > 1):
        yield f"session {session} was begun twice"


def _account(
    row: User | Service, accounts: SealedAccounts, history: AccountHistory
) -> Iterator[str]:
    name = row.principal
    if not accounts.is_genuine(row):
        yield f"account {name} was not written by this project"
    elif name not in history.accounts:
        yield f"account {name} is unknown to the ledger"
    elif row.entry < history.last(name):
        yield f"account {name} is not what the ledger says became of it"
    elif isinstance(row, Service) and not accounts.has_keys(row):
        yield f"keys of {name} are not those that this project wrote"
