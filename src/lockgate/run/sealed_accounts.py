"""Accounts that whoever writes the database cannot make, change, or put back as they were.

Each row is sealed under ``access.key`` and names an entry of the ledger: whatever the ledger tells
of the account behind it, the row does not know, so it is an older one that was put back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, NoReturn, TypeVar

from lockgate.access.identity_ports import Service, ServiceKey, Session, User
from lockgate.access.row_seal import is_sealed, seal_of
from lockgate.access.source import here
from lockgate.errors import IntegrityError
from lockgate.ledger.access_events import AccountChanged, SessionStarted
from lockgate.run.account_events import LOG_IN, RENEWED, as_told, outdates
from lockgate.run.record import Record
from lockgate.secret import SecretBytes

SEALED: Final = "sealed"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOBODY: Final = User("nobody", "", _EPOCH, _EPOCH)

Account = TypeVar("Account", User, Service)


class SealedAccounts:
    """Users and service accounts, sealed when they are written and checked when they are read."""

    def __init__(self, record: Record, keys: Callable[[str], SecretBytes]) -> None:
        """``keys`` gives the key of one use, derived from ``access.key``."""
        self._record = record
        self._keys = keys

    def user(self, name: str) -> User | None:
        """One user, if there is one. Raises IntegrityError for one not written by this project."""
        found = self._record.state.identities.user(name)
        if found is None:
            is_sealed(_NOBODY, self._key)  # as long as for a name that somebody has
            return None
        return self._checked(found, self.user)

    def users(self) -> Sequence[User]:
        """All, by name. Raises IntegrityError."""
        return [self._checked(one, self.user) for one in self._record.state.identities.users()]

    def service(self, name: str) -> Service | None:
        """One service account, if there is one. Raises IntegrityError."""
        found = self._record.state.identities.service(name)
        return None if found is None else self._checked(found, self.service)

    def services(self) -> Sequence[Service]:
        """All, by name. Raises IntegrityError."""
        found = self._record.state.identities.services()
        return [self._checked(one, self.service) for one in found]

    def keys(self, service: Service) -> Sequence[ServiceKey]:
        """All of a service account, oldest first: those it had when its row was written.

        Raises IntegrityError.
        """
        stored = self._record.state.identities.service_keys(service.name)
        found = [key for key in stored if is_sealed(key, self._key)]
        if _digest(found) != service.keys:
            _raise(service.principal)
        return found

    def is_enabled(self, principal: str) -> bool:
        """Whether there is such an account, and it is not disabled. Raises IntegrityError."""
        kind, _, name = principal.partition(":")
        account = self.user(name) if kind == "user" else self.service(name)
        return account is not None and account.disabled_at is None

    def is_latest(self, account: User | Service) -> bool:
        """Whether the ledger tells nothing of the account that its row does not say.

        Inside a transaction that holds the store. Raises LedgerTampered.
        """
        who = account.principal
        log_in = (who, LOG_IN)
        texts = (
            (as_told("kind", "account.changed"), as_told("account", who)),
            (
                as_told("kind", "session.started"),
                as_told("principal", who),
                as_told("reason", LOG_IN),
            ),
        )
        return not any(
            (isinstance(event, AccountChanged) and event.account == who)
            or (isinstance(event, SessionStarted) and (event.principal, event.reason) == log_in)
            for event in self._told(account.entry, texts)
        )

    def check_latest(self, principal: str) -> None:
        """Inside a transaction that holds the store, before an account is changed.

        Raises IntegrityError for a row that was put back as it was before: written anew, it would
        pass for the latest one.
        """
        kind, _, name = principal.partition(":")
        account = self.user(name) if kind == "user" else self.service(name)
        if account is not None and not self.is_latest(account):
            _raise(principal)

    def may_renew(self, session: Session) -> bool:
        """Whether the ledger knows of no end, later renewal or change that the session does not.

        Inside a transaction that holds the store. Raises LedgerTampered.
        """
        who, named = session.principal, as_told("session", session.id)
        texts = (
            (as_told("kind", "session.ended"), named),
            (
                as_told("kind", "authentication.succeeded"),
                as_told("reason", RENEWED),
                named,
            ),
            (as_told("kind", "account.changed"), as_told("account", who)),
        )
        told = self._told(session.entry, texts)
        return not any(outdates(event, session) for event in told)

    def add_user(self, user: User, entry: int) -> User:
        """A new user, told in that entry. Raises UsageError if the name is taken."""
        sealed = self._sealed(replace(user, entry=entry))
        self._record.state.identities.add_user(sealed)
        return sealed

    def add_service(self, service: Service, entry: int) -> Service:
        """A new service account, without keys. Raises UsageError if the name is taken."""
        sealed = self._sealed(replace(service, keys=_digest(()), entry=entry))
        self._record.state.identities.add_service(sealed)
        return sealed

    def add_key(self, key: ServiceKey, entry: int) -> ServiceKey:
        """Another key of a service account. Raises UsageError for one there is, IntegrityError."""
        sealed = replace(key, seal=seal_of(key, self._key))
        service, before = self._with_keys(key.service)
        self._record.state.identities.add_service_key(sealed)
        self._put(replace(service, keys=_digest((*before, sealed)), entry=entry))
        return sealed

    def revoke_key(self, service: str, kid: str, at: datetime, entry: int) -> None:
        """Write the key as revoked; the first time stays. Raises IntegrityError."""
        found, before = self._with_keys(service)
        after = {key.kid: key for key in before}
        if after[kid].revoked_at is None:
            revoked = replace(after[kid], revoked_at=at)
            after[kid] = replace(revoked, seal=seal_of(revoked, self._key))
            self._record.state.identities.put_service_key(after[kid])
        self._put(replace(found, keys=_digest(tuple(after.values())), entry=entry))

    def change(self, principal: str, entry: int, **changes: Any) -> None:
        """Write an account anew, as of an entry of the ledger. Raises IntegrityError."""
        kind, _, name = principal.partition(":")
        account = self.user(name) if kind == "user" else self.service(name)
        if account is not None:
            self._put(replace(account, entry=entry, **changes))

    def is_genuine(self, row: User | Service | ServiceKey) -> bool:
        """Whether this project wrote the row, now or once."""
        return is_sealed(row, self._key)

    def has_keys(self, service: Service) -> bool:
        """Whether its keys are those it had when its row was written."""
        try:
            self.keys(service)
        except IntegrityError:
            return False
        return True

    def adopt(self) -> None:
        """Seal the accounts of a state from before there were seals, once.

        The ledger tells which: those of whom it knows, and no change since there are seals. So
        nobody makes a row pass as an old one by taking its seal away.
        """
        with self._record.state.transaction():
            store = self._record.state.identities
            store.hold()
            accounts: list[User | Service] = [*store.users(), *store.services()]
            for account in accounts:
                if not account.seal and self._is_old(account.principal):
                    self._adopt(account)

    def _adopt(self, account: User | Service) -> None:
        store, record = self._record.state.identities, self._record
        entry = record.append(
            AccountChanged(
                at=record.now(),
                principal="unknown",
                purpose="upgrade",
                source=here(),
                reason=SEALED,
                account=account.principal,
                sealed=True,
            )
        )
        if isinstance(account, Service):
            for key in store.service_keys(account.name):
                ours = hmac.compare_digest(key.seal, _seal_before(key, self._keys("service keys")))
                kept = key if ours else replace(key, revoked_at=record.now())
                store.put_service_key(replace(kept, seal=seal_of(kept, self._key)))
            account = replace(account, keys=_digest(store.service_keys(account.name)))
        self._put(replace(account, entry=entry))

    def _put(self, account: User | Service) -> None:
        store = self._record.state.identities
        if isinstance(account, User):
            store.put_user(self._sealed(account))
        else:
            store.put_service(self._sealed(account))

    def _with_keys(self, service: str) -> tuple[Service, Sequence[ServiceKey]]:
        found = self.service(service)
        if found is None:
            _raise(f"service:{service}")
        return found, self.keys(found)

    def _key(self) -> SecretBytes:
        return self._keys("accounts")

    def _is_old(self, principal: str) -> bool:
        texts = ((as_told("kind", "account.changed"), as_told("account", principal)),)
        events = [entry.event for entry in self._record.ledger.find(0, texts)]
        changes = [one for one in events if isinstance(one, AccountChanged)]
        return bool(changes) and not any(one.sealed for one in changes)

    def _checked(self, account: Account, again: Callable[[str], Account | None]) -> Account:
        if is_sealed(account, self._key):
            return account
        found = None
        if not account.seal and self._is_old(account.principal):
            self.adopt()
            found = again(account.name)
        return found or _raise(account.principal)

    def _sealed(self, account: Account) -> Account:
        return replace(account, seal=seal_of(account, self._key))

    def _told(self, entry: int, texts: Sequence[Sequence[bytes]]) -> list[object]:
        return [found.event for found in self._record.ledger.find(entry + 1, texts)]


def _digest(keys: Sequence[ServiceKey]) -> bytes:
    return hashlib.sha256(b"".join(sorted(key.seal for key in keys))).digest()


def _seal_before(key: ServiceKey, secret: SecretBytes) -> bytes:
    """The seal of keys from before accounts were sealed: over all but whether it was revoked."""
    at, until = (
        time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        for time in (key.created_at, key.expires_at)
    )
    told = json.dumps([key.kid, key.service, key.public_key.hex(), at, until])
    return hmac.digest(secret.reveal(), told.encode(), "sha256")


def _raise(principal: str) -> NoReturn:
    raise IntegrityError(
        f"the account {principal} in the state is not as this project wrote it",
        hint="`lockgate access verify` says what else is not; restore the state from a backup",
    )
