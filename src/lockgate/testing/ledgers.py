"""A small ledger to test with: a key, a witness, and events that say nothing."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from lockgate.ledger.checkpoint import ledger_origin
from lockgate.ledger.event import ReleaseDone
from lockgate.ledger.ledger import Ledger
from lockgate.ledger.ports import CheckpointWitness, LedgerStore
from lockgate.ledger.signing import SEED_BYTES, SigningKey
from lockgate.secret import SecretBytes

ORIGIN = ledger_origin("clinic")
NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)


def new_signing_key() -> SigningKey:
    """A key that lives as long as the test."""
    return SigningKey(SecretBytes(secrets.token_bytes(SEED_BYTES)))


def event(number: int = 0) -> ReleaseDone:
    """An event that differs from others by its number only."""
    return ReleaseDone(at=NOON, principal="os:ada@host", purpose="test", run_id=f"run-{number}")


def new_ledger(
    store: LedgerStore, key: SigningKey, witness: CheckpointWitness | None = None
) -> Ledger:
    """A ledger over ``store`` that signs with ``key`` and trusts it."""
    return Ledger(store, ORIGIN, key, key.public_key, witness)
