"""Checking a password, so that guessing is slow, is stopped, and learns nothing.

1. The guess is counted, in one transaction for every process: at its account and at its source.
2. It waits for its turn if the source has failed often.
3. One Argon2id, whether the account exists, is enabled or locked, or not.
4. What came of it is written in a second transaction, and a failure is told to the ledger.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, NoReturn

from lockgate.access.identity_ports import User
from lockgate.access.lockout import Guesses, Turn, count_guess, pace_source, tell_failure
from lockgate.access.password_rules import is_name, normal_password
from lockgate.access.principal import current_principal
from lockgate.assemble.local_issuer import NOBODY, USER, LocalIssuer, refused
from lockgate.errors import IntegrityError, UsageError
from lockgate.ledger.access_events import AccountLocked, AuthenticationFailed
from lockgate.ledger.event import Event
from lockgate.secret import SecretText

_BUCKETS: Final = 1_024
_NO_NAME: Final = "-"


class Failure(StrEnum):
    """Why, for the ledger; the caller is not told."""

    WRONG = "wrong-credential"
    LOCKED = "account-locked"
    ENDED = "session-ended"
    FORGED = "row-forged"
    REUSED = "renewal-reused"
    ASSERTION = "assertion-refused"


@dataclass(frozen=True, slots=True)
class Checked:
    """A password that is its user's, and the PHC string to keep instead of the one there."""

    user: User
    source: str
    phc: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Counted:
    subject: str
    source: str
    user: User | None
    turn: Turn
    wait_seconds: float
    forged: bool = False


def check_password_of(
    issuer: LocalIssuer,
    name: str,
    password: SecretText,
    sleep: Callable[[float], None] = time.sleep,
) -> Checked:
    """The user, if the password is theirs; then call ``settle`` in the transaction that uses it.

    Raises AuthenticationFailed, the same for every reason.
    """
    hasher = issuer.passwords
    counted = _count(issuer, name)
    if counted.wait_seconds:
        sleep(counted.wait_seconds)
    given = _bytes(password, issuer)
    user = counted.user
    usable = user is not None and user.disabled_at is None and counted.turn.checked
    phc = user.password if user is not None and usable and given is not None else None
    account = name if is_name(name) else _NO_NAME
    if not hasher.verify(account, given or b"", phc) or user is None:
        fail(issuer, counted)
    if not hasher.is_current(user.password):
        return Checked(user, counted.source, hasher.hash(account, given or b""))
    return Checked(user, counted.source, user.password)


def settle(issuer: LocalIssuer, checked: Checked) -> Failure | None:
    """Take the guess back and keep the newer hash, if the account still is as it was checked.

    Inside the transaction that uses the answer. What is wrong with the account otherwise: it was
    changed since, or the ledger tells of a later change than its row does.
    """
    store, name = issuer.store, checked.user.name
    store.hold()
    user = issuer.accounts.user(name)
    if user is None or replace(checked.user, entry=user.entry, seal=user.seal) != user:
        return Failure.WRONG
    if not issuer.accounts.is_latest(user):
        return Failure.FORGED
    store.set_guesses(USER + name, None)
    source = store.guesses(checked.source)
    if source is not None:
        store.set_guesses(checked.source, replace(source, failures=max(source.failures - 1, 0)))
    tell_waiting(issuer, checked.source)
    if checked.phc != checked.user.password:
        issuer.accounts.change(user.principal, user.entry, password=checked.phc)
    return None


def fail(issuer: LocalIssuer, counted: _Counted) -> NoReturn:
    """Tell the ledger, then raise AuthenticationFailed."""
    turn = counted.turn
    with issuer.record.state.transaction():
        issuer.store.hold()
        reason = Failure.WRONG if turn.checked else Failure.LOCKED
        if counted.forged:
            reason = Failure.FORGED
        events = _failures(issuer, counted.source, reason)
        if turn.locks_until is not None:
            account = counted.user.principal if counted.user is not None else NOBODY
            told = issuer.told(NOBODY, Failure.LOCKED)
            events.append(AccountLocked(account=account, until=turn.locks_until, **told))
        issuer.record.append(*events)
    raise refused()


def refuse(issuer: LocalIssuer, reason: Failure) -> None:
    """Count and tell a credential that is no password and does not verify; in a transaction."""
    source = source_subject()
    issuer.store.hold()
    before = issuer.store.guesses(source)
    after, _ = pace_source(before, issuer.record.now(), issuer.limits)
    issuer.store.set_guesses(source, after)
    issuer.record.append(*_failures(issuer, source, reason))


def tell_waiting(issuer: LocalIssuer, source: str) -> None:
    """Tell the failures of a source that wait to be told; in a transaction."""
    known = issuer.store.guesses(source)
    if known is None or not known.untold:
        return
    issuer.store.set_guesses(source, replace(known, untold=0, told_at=issuer.record.now()))
    told = issuer.told(NOBODY, Failure.LOCKED)
    issuer.record.append(AuthenticationFailed(issuer=issuer.name, attempts=known.untold, **told))


def source_subject() -> str:
    """What a source's guesses are counted under: the system's user and host, which it says."""
    told = current_principal().id.encode("utf-8", "surrogatepass")
    return "source:" + hashlib.sha256(told).hexdigest()[:32]


def _count(issuer: LocalIssuer, name: str) -> _Counted:
    store, at = issuer.store, issuer.record.now()
    source = source_subject()
    bucket = _bucket(issuer, name)
    with issuer.record.state.transaction():
        store.hold()
        paced, wait = pace_source(store.guesses(source), at, issuer.limits)
        store.set_guesses(source, paced)
        user, forged = _user(issuer, name if is_name(name) else _NO_NAME)
        subject = bucket if user is None else user.principal
        after, turn = count_guess(store.guesses(subject), at, issuer.spec, issuer.limits)
        store.set_guesses(subject, after)
    return _Counted(subject, source, user, turn, wait, forged)


def _user(issuer: LocalIssuer, name: str) -> tuple[User | None, bool]:
    """A user as this project wrote it, and whether there is a row of that name that it did not."""
    try:
        return issuer.accounts.user(name), False
    except IntegrityError:
        return None, True


def _bucket(issuer: LocalIssuer, name: str) -> str:
    """Unknown names share counts: what was typed there, a password at times, is not kept."""
    key = issuer.key("unknown names").reveal()
    digest = hmac.digest(key, name.encode("utf-8", "surrogatepass"), "sha256")
    return f"nobody:{int.from_bytes(digest[:4], 'big') % _BUCKETS}"


def _failures(issuer: LocalIssuer, source: str, reason: Failure) -> list[Event]:
    """What is told now. That a guess met a lock changes nothing: it would show in the time."""
    known = issuer.store.guesses(source) or Guesses()
    kept, attempts = tell_failure(known, issuer.record.now(), issuer.limits)
    issuer.store.set_guesses(source, kept)
    if not attempts:
        return []
    told = issuer.told(NOBODY, reason)
    return [AuthenticationFailed(issuer=issuer.name, attempts=attempts, **told)]


def _bytes(password: SecretText, issuer: LocalIssuer) -> bytes | None:
    """The password's bytes; None for what no account's password can be."""
    try:
        given = normal_password(password.reveal())
    except UsageError:
        return None
    return given if len(given) <= issuer.limits.password_bytes else None
