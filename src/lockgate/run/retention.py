"""Ending a quarantine: discarded by somebody, or expired by time; then its key is destroyed."""

from __future__ import annotations

from lockgate.ledger.event import QuarantineDiscarded, QuarantineExpired
from lockgate.run.context import RunContext
from lockgate.run.state_ports import QuarantineRecord, QuarantineState


def discard(context: RunContext, record: QuarantineRecord, purpose: str) -> None:
    """Forget a run's rejected rows for good. Raises UsageError if they no longer wait."""
    _end(context, record, purpose, QuarantineState.DISCARDED)


def expire(context: RunContext, purpose: str) -> tuple[str, ...]:
    """End every quarantine whose time has come. Returns their run ids."""
    now = context.now()
    with context.state.exclusive("retention"):
        due = [
            record
            for record in context.state.quarantine.list(QuarantineState.WAITING)
            if record.expires_at <= now
        ]
        for record in due:
            _end(context, record, purpose, QuarantineState.EXPIRED)
    return tuple(record.run_id for record in due)


def _end(
    context: RunContext, record: QuarantineRecord, purpose: str, state: QuarantineState
) -> None:
    kind = QuarantineExpired if state is QuarantineState.EXPIRED else QuarantineDiscarded
    event = kind(run_id=record.run_id, rows=record.rows, **context.by(purpose))
    with context.state.transaction():
        context.ledger.append(event)
        context.state.quarantine.set_state(record.run_id, state)
    context.sealed_path("quarantine", record.run_id).unlink(missing_ok=True)
    waiting = context.state.quarantine.list(QuarantineState.WAITING)
    if all(other.key_number != record.key_number for other in waiting):
        day = record.created_at.date()
        if day < context.now().date():  # today's key still seals
            context.keyring.destroy(record.key_number)
