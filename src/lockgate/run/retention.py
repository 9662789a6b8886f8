"""Ending a quarantine: discarded by somebody, or expired by time; then its key is destroyed.

A day's key seals until the day is over. What ended on its own day, by a discard or a replay,
leaves its key to the next ``expire``.
"""

from __future__ import annotations

from datetime import date

from lockgate.keys.ports import KeyState
from lockgate.ledger.event import QuarantineDiscarded, QuarantineExpired
from lockgate.run.commit import RETENTION
from lockgate.run.context import RunContext
from lockgate.run.quarantine import QUARANTINE_DOMAINS
from lockgate.run.state_ports import QuarantineRecord, QuarantineState


def discard(context: RunContext, record: QuarantineRecord, purpose: str) -> None:
    """Forget a run's rejected rows for good. Raises UsageError if they no longer wait."""
    with context.state.exclusive("retention"):
        _end(context, record, purpose, QuarantineState.DISCARDED)
        _destroy_unneeded(context)


def expire(context: RunContext, purpose: str) -> tuple[str, ...]:
    """End every quarantine whose time has come, and destroy past days' keys that nothing needs.

    Returns the run ids of the quarantines that ended.
    """
    now = context.now()
    with context.state.exclusive("retention"):
        due = [
            record
            for record in context.state.quarantine.list(QuarantineState.WAITING)
            if record.expires_at <= now
        ]
        for record in due:
            _end(context, record, purpose, QuarantineState.EXPIRED)
        _destroy_unneeded(context)
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


def _destroy_unneeded(context: RunContext) -> None:
    """Destroy the quarantine keys of days that are over, but those that rows wait under.

    A run that is still going may have begun to seal under the key of an earlier day.
    """
    now = context.now()
    versions = context.keys.versions()
    running = [run.started_at for run in context.state.runs.unfinished()]
    alive = [started for started in running if now - started < RETENTION]
    until = min([now, *alive]).date()
    waiting = context.state.quarantine.list(QuarantineState.WAITING)
    numbers = {record.key_number for record in waiting}
    needed = {version.domain for version in versions if version.number in numbers}
    for version in versions:
        destroyed = version.state is KeyState.DESTROYED
        if not destroyed and version.domain not in needed and _is_before(version.domain, until):
            context.keys.life.destroy(version.number)


def _is_before(domain: str, day: date) -> bool:
    """Whether ``domain`` is the quarantine domain of a day before ``day``."""
    if not domain.startswith(QUARANTINE_DOMAINS):
        return False
    try:
        return date.fromisoformat(domain.rpartition(".")[2]) < day
    except ValueError:
        return False
