"""References become secrets when they are used, and stay so no longer than their lease.

What a store gave is kept until its lease ends, at most ``secret_seconds``. In the last third
of that time the store is asked again; if it fails then, the value is used to its end and not
beyond. Whoever learns that a value is wrong (a rotated password) calls ``refresh``.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from lockgate.errors import ConfigurationError, LockgateError, SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secret import SecretText
from lockgate.secrets.ports import Lease, SecretStore
from lockgate.secrets.reference import SCHEME, SecretReference

OpenStore = Callable[[], SecretStore]
_RENEW_AT: Final = 2 / 3
_MOST_KEPT: Final = 1_024
_RETRY_SECONDS: Final = 5


@dataclass(slots=True)
class _Kept:
    """What is known of one reference. ``lock`` is held while its store is asked."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    lease: Lease | None = None
    renew: _Moment | None = None
    end: _Moment | None = None
    fetched: int = 0


@dataclass(frozen=True, slots=True)
class _Moment:
    """A moment on two clocks, past as soon as either says so.

    The wall's may be set back, which must not lengthen a lease; the other stands still while the
    machine sleeps.
    """

    at: datetime
    ticks: float

    def after(self, seconds: float) -> _Moment:
        return _Moment(self.at + timedelta(seconds=seconds), self.ticks + seconds)

    def before(self, other: _Moment) -> bool:
        return self.at < other.at and self.ticks < other.ticks


@dataclass(slots=True)
class _Opened:
    """A store, once it is open. ``lock`` is held while it is opened, and no other then."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    store: SecretStore | None = None


class Secrets:
    """Resolves references. Safe to use from many threads, and in a forked child.

    ``stores`` opens a store by its name in the project; a store is opened when first used.
    """

    def __init__(
        self,
        stores: Mapping[str, OpenStore],
        clock: Callable[[], datetime],
        limits: Limits = DEFAULT_LIMITS,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock`` is the present in UTC, ``ticks`` seconds that never go back."""
        self._openers = dict(stores)
        self._clock = clock
        self._ticks = ticks
        self._limits = limits
        self.forget()
        _ALL.add(self)

    def forget(self) -> None:
        """Drop every value and every opened store; what is asked next is fetched anew."""
        self._lock = threading.Lock()
        self._kept: dict[SecretReference, _Kept] = {}
        self._stores = {name: _Opened() for name in self._openers}

    def resolve(self, reference: SecretReference | str) -> SecretText:
        """The secret, from its store or kept for its lease.

        Raises ConfigurationError for what is no reference, SecretMissing, SecretDenied or
        SecretUnavailable; never gives an older value after its lease.
        """
        return self.lease(reference).value

    def lease(self, reference: SecretReference | str) -> Lease:
        """Like ``resolve``, with version and end."""
        wanted = _parsed(reference)
        kept = self._of(wanted)
        lease = kept.lease
        if lease is not None and self._fresh(kept):
            return lease
        with kept.lock:
            if kept.lease is not None and self._fresh(kept):  # another thread was here
                return kept.lease
            return self._renewed(wanted, kept)

    def refresh(self, reference: SecretReference | str) -> SecretText:
        """Ask the store now, whatever is kept: the value was wrong where it was used.

        Threads that ask together share one answer.
        """
        wanted = _parsed(reference)
        kept = self._of(wanted)
        before = kept.fetched
        with kept.lock:
            if kept.fetched != before and kept.lease is not None and self._fresh(kept):
                return kept.lease.value
            kept.lease = None
            return self._fetched(wanted, kept).value

    def bound(self, reference: SecretReference) -> BoundSecret:
        """The reference together with what resolves it."""
        return BoundSecret(self, reference)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._openers))})"

    def _of(self, reference: SecretReference) -> _Kept:
        with self._lock:
            found = self._kept.get(reference)
            if found is None:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
                found = self._kept[reference] = _Kept()
            return found

    def _fresh(self, kept: _Kept) -> bool:
        return kept.renew is not None and self._now().before(kept.renew)

    def _now(self) -> _Moment:
        return _Moment(self._clock(), self._ticks())

    def _renewed(self, reference: SecretReference, kept: _Kept) -> Lease:
        """A new lease, or, while it lasts, the old one if the store fails."""
        old, end = kept.lease, kept.end
        try:
            return self._fetched(reference, kept)
        except SecretUnavailable:
            if old is None or end is None or not self._now().before(end):
                kept.lease = kept.renew = kept.end = None
                raise
            soon = self._now().after(_RETRY_SECONDS)
            kept.renew = soon if soon.before(end) else end
            return old

    def _fetched(self, reference: SecretReference, kept: _Kept) -> Lease:
        began = self._now()
        lease = self._ask(reference)
        seconds = float(self._limits.secret_seconds)
        if lease.expires_at is not None:
            seconds = min(seconds, _seconds(began.at, lease.expires_at))
        end = began.after(seconds)
        if not self._now().before(end):
            raise SecretUnavailable(
                f"{reference}: the store gave a secret that has ended",
                hint="store a new version; check this machine's clock",
            )
        kept.lease, kept.end = lease, end
        kept.renew = began.after(seconds * _RENEW_AT) if lease.renewable else end
        kept.fetched += 1
        return lease

    def _ask(self, reference: SecretReference) -> Lease:
        if reference.store not in self._openers:
            known = ", ".join(sorted(self._openers))
            raise ConfigurationError(
                f"the project has no secret store {reference.store}", hint=f"stores: {known}"
            )
        failed: LockgateError | None = None
        try:
            return self._store(reference.store).fetch(reference.path, reference.field)
        except SecretUnavailable as error:
            own = not error.message.startswith(SCHEME)  # else it is the store's own credentials
            kind = type(error) if own else SecretUnavailable
            failed = kind(f"{reference}: {error.message}", hint=error.hint)
        except LockgateError as error:
            failed = SecretUnavailable(f"{reference}: {error.message}", hint=error.hint)
        except Exception as error:  # noqa: BLE001 - a foreign error may hold the secret in its words
            failed = SecretUnavailable(
                f"{reference}: its store failed with {type(error).__name__}",
                hint="lockgate secrets check tries every reference",
            )
        raise failed from None

    def _store(self, name: str) -> SecretStore:
        opened = self._stores[name]
        with opened.lock:
            if opened.store is None:
                opened.store = self._openers[name]()
            return opened.store


@dataclass(frozen=True, slots=True)
class BoundSecret:
    """A secret that is asked for anew each time it is used."""

    secrets: Secrets
    reference: SecretReference

    def now(self) -> SecretText:
        """The secret as it stands. Raises SecretUnavailable."""
        return self.secrets.resolve(self.reference)

    def after(self, wrong: SecretText) -> SecretText | None:
        """The secret if the store now has another than the one that was wrong, else None."""
        found = self.secrets.refresh(self.reference)
        return None if found == wrong else found


def _seconds(start: datetime, end: datetime) -> float:
    """From one to the other; none at all to a moment in no time zone, which nobody can place."""
    return 0.0 if end.tzinfo is None else (end - start).total_seconds()


def _parsed(reference: SecretReference | str) -> SecretReference:
    return SecretReference.parse(reference) if isinstance(reference, str) else reference


_ALL: weakref.WeakSet[Secrets] = weakref.WeakSet()


def _forget_in_child() -> None:
    """A forked child has its parent's locks, perhaps held, and its sockets: it starts anew."""
    for one in list(_ALL):
        one.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
