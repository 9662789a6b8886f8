"""An issuer's keys, kept for a stated time, and asked for again seldom."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lockgate.access.token_refusal import TokenFault, refused
from lockgate.adapters.identity_providers.tokens.discovery import key_set_address
from lockgate.adapters.identity_providers.tokens.key_set import read_key_set
from lockgate.adapters.identity_providers.tokens.ports import HttpGet
from lockgate.adapters.identity_providers.tokens.signature import VerificationKey
from lockgate.errors import LockgateError
from lockgate.limits import DEFAULT_LIMITS

_LOG = logging.getLogger(__name__)

Seconds = Callable[[], float]


def seconds_awake_or_not() -> float:
    """Seconds that only grow, and count while the machine sleeps where its system can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Replaced as a whole, so that a reader needs no lock."""

    keys: Mapping[str, VerificationKey]
    asked_at: float


_NOTHING: Mapping[str, VerificationKey] = MappingProxyType({})


class KeyCache:
    """The keys of one issuer. Any thread may call it.

    * Keys are used for ``key_set_seconds`` from the moment they were *asked* for: a key removed at
      its issuer verifies nothing after that, whether the issuer answers or not.
    * A token with an unknown key id has them fetched anew, at most once in
      ``key_set_cooldown_seconds`` whatever arrives; so has a fetch that failed.
    * One thread fetches; those with a known key do not wait for it.
    * Where to fetch is asked of the issuer's discovery document each time.
    """

    def __init__(self, issuer: str, get: HttpGet, seconds: Seconds = seconds_awake_or_not) -> None:
        self._issuer, self._get, self._seconds = issuer, get, seconds
        self._kept: _Kept | None = None
        self._tried_at: float | None = None
        self._fetching = threading.Lock()

    def key(self, key_id: str) -> VerificationKey:
        """The key of that id.

        Raises AuthenticationFailed, with ``KEY`` if the issuer has none and ``KEYS_UNAVAILABLE`` if
        that could not be found out.
        """
        found = self._fresh().get(key_id)
        if found is None:
            with self._fetching:
                found = self._fresh().get(key_id) or self._asked_anew().get(key_id)
        if found is None:
            fresh = self._current() is not None
            raise refused(TokenFault.KEY if fresh else TokenFault.KEYS_UNAVAILABLE)
        return found

    def _fresh(self) -> Mapping[str, VerificationKey]:
        kept = self._current()
        return _NOTHING if kept is None else kept.keys

    def _current(self) -> _Kept | None:
        kept = self._kept
        if kept is None or self._seconds() - kept.asked_at >= DEFAULT_LIMITS.key_set_seconds:
            return None
        return kept

    def _asked_anew(self) -> Mapping[str, VerificationKey]:
        """What the issuer gives now; nothing if it was asked a moment ago, or gives nothing."""
        now = self._seconds()
        tried = self._tried_at
        if tried is not None and now - tried < DEFAULT_LIMITS.key_set_cooldown_seconds:
            return _NOTHING
        self._tried_at = now
        try:
            keys = read_key_set(self._get(key_set_address(self._issuer, self._get)))
        except Exception as error:  # noqa: BLE001 - whatever failed, there are no new keys
            _LOG.warning("the keys of %s were not to be had: %s", self._issuer, _why(error))
            return _NOTHING
        self._kept = _Kept(keys, now)
        return keys


def _why(error: Exception) -> str:
    """Words of ours, or the class of what is not: a stranger's words may quote its answer."""
    return error.message if isinstance(error, LockgateError) else type(error).__name__
