"""Log-ins in a real keyring, by a process that has one: what is kept comes back, or is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lockgate.adapters.identity_providers.kept_sessions import KEYRING, KeptSession, KeptSessions
from lockgate.adapters.secret_stores.os_keyring import KeyringStore
from lockgate.errors import SecretMissing, SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText

SERVICE = "lockgate-conformance-log-ins"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LOG_IN = KeptSession(
    "corp",
    "corp/anna",
    "a-name",
    NOW + timedelta(hours=12),
    SecretText("canary-token" * (DEFAULT_LIMITS.token_bytes // 12)),
    NOW,
    NOW + timedelta(minutes=15),
    SecretText("canary-refresh"),
)


def opened(folder: Path) -> KeptSessions:
    """As each process opens them."""
    return KeptSessions(folder, KeyringStore(SERVICE, seconds=5))


def keep_and_forget(folder: Path) -> Iterator[str]:
    """Says what held, with the keyring open."""
    kept = opened(folder).keep(LOG_IN)
    assert kept.place == KEYRING
    assert opened(folder).of("corp") == kept
    assert b"canary" not in _files(folder)
    yield "kept a log-in"

    renewed = opened(folder).keep(replace(LOG_IN, token=SecretText("canary-2"), refresh=None))
    assert opened(folder).of("corp") == renewed
    yield "replaced it"

    other = opened(folder).keep(replace(LOG_IN, provider="@built-in"))
    opened(folder).forget("corp")
    assert opened(folder).of("corp") is None
    assert opened(folder).of("@built-in") == other
    store = KeyringStore(SERVICE)
    assert _is_missing(store, f"{folder.name}.corp")
    opened(folder).forget("corp")
    yield "forgot it, and no other"


def refuse_without_keyring(folder: Path) -> Iterator[str]:
    """Says what held, once the keyring has gone with a log-in in it."""
    for ask in (opened(folder).of, opened(folder).forget):
        try:
            ask("@built-in")
        except SecretUnavailable:
            continue
        raise AssertionError("a log-in in a keyring that is gone")
    yield "neither read nor forgot it without a keyring"


def _is_missing(store: KeyringStore, path: str) -> bool:
    try:
        store.fetch(path, "")
    except SecretMissing:
        return True
    return False


def _files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
