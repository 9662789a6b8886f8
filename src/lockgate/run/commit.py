"""Exactly once: intent in the ledger, then rename, then done; and what a crash left behind.

The commit point is the transaction that records ``release.intent``. Before it a crash means the
run never happened: what was staged is removed. After it the run is finished forward.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from lockgate.errors import LockgateError
from lockgate.keys.versions import Versions
from lockgate.ledger.event import ReleaseDone, ReleaseIntent, RunRefused
from lockgate.ledger.receipt import Receipt
from lockgate.run.context import RunContext
from lockgate.run.ports import Sink, SinkSession
from lockgate.run.quarantine import discard_sealed, publish_sealed
from lockgate.run.state_ports import QuarantineRecord, QuarantineState, RunRecord, RunState

INTERRUPTED = "LG-403"
RETENTION = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a sink of a run is, so that a later process can finish or remove it."""

    name: str
    path: str
    format: str


def dump_locations(locations: Sequence[Location]) -> str:
    """JSON for the run's state record."""
    return json.dumps([[item.name, item.path, item.format] for item in locations])


def load_locations(text: str) -> list[Location]:
    """Locations from a run's state record."""
    return [Location(*item) for item in json.loads(text)]


def record_intent(
    context: RunContext, receipt: Receipt, purpose: str, quarantine: QuarantineRecord | None
) -> None:
    """The commit point: ledger, run and quarantine change in one transaction, or nothing does.

    Raises LedgerUnwritable, UsageError if the quarantine being replayed no longer waits, and
    KeyUnavailable if a key of the run opens nothing any more.
    """
    intent = ReleaseIntent(receipt=receipt, **context.by(purpose))
    keys = context.state.keys
    with context.state.transaction(), keys.transaction():
        Versions(keys).require_usable(receipt.key_numbers)  # destroyed meanwhile by somebody else?
        context.ledger.append(intent)
        context.state.runs.update(
            receipt.run_id,
            state=RunState.INTENT,
            receipt_json=receipt.model_dump_json(),
            rows_read=receipt.rows_read,
            rows_accepted=receipt.rows_accepted,
            rows_rejected=receipt.rows_rejected,
        )
        if quarantine is not None:
            context.state.quarantine.add(quarantine)
        if receipt.replay_of is not None:
            context.state.quarantine.set_state(
                receipt.replay_of, QuarantineState.REPLAYED, replayed_by=receipt.run_id
            )


def publish(
    context: RunContext,
    receipt: Receipt,
    purpose: str,
    sessions: Sequence[SinkSession],
    *,
    recovered: bool = False,
) -> None:
    """Make everything of a run with an intent visible, and record that it is done.

    Raises EnvironmentFailed if a rename fails: the next start of the pipeline finishes it.
    """
    for kind in ("quarantine", "subjects"):
        publish_sealed(context.sealed_path(kind, receipt.run_id))
    for session in sessions:
        session.publish()
    if receipt.replay_of is not None:  # what was still bad is sealed again, with this run
        context.sealed_path("quarantine", receipt.replay_of).unlink(missing_ok=True)
    done = ReleaseDone(run_id=receipt.run_id, recovered=recovered, **context.by(purpose))
    with context.state.transaction():
        context.ledger.append(done)
        context.state.runs.update(
            receipt.run_id, state=RunState.RELEASED, finished_at=context.now()
        )


def abandon(
    context: RunContext,
    record: RunRecord,
    purpose: str,
    sessions: Sequence[SinkSession],
    error: BaseException,
    rows: tuple[int, int],
) -> None:
    """Remove everything staged and record the refusal. Never hides ``error``."""
    for session in sessions:
        with suppress(OSError, LockgateError):
            session.discard()
    for kind in ("quarantine", "subjects"):
        with suppress(OSError):
            discard_sealed(context.sealed_path(kind, record.run_id))
    code = error.code if isinstance(error, LockgateError) else INTERRUPTED
    with suppress(LockgateError):  # the state says "started": the next start records it instead
        _refuse(context, record, purpose, code, rows)


def _refuse(
    context: RunContext, record: RunRecord, purpose: str, code: str, rows: tuple[int, int]
) -> None:
    refused = RunRefused(
        run_id=record.run_id,
        pipeline=record.pipeline,
        code=code,
        rows_read=rows[0],
        rows_rejected=rows[1],
        **context.by(purpose),
    )
    with context.state.transaction():
        context.ledger.append(refused)
        context.state.runs.update(record.run_id, state=RunState.FAILED, finished_at=context.now())


def recover(
    context: RunContext, pipeline: str, purpose: str, sink_at: Callable[[Location], Sink]
) -> tuple[str, ...]:
    """Finish or remove what interrupted runs of the pipeline left; the ids of those finished.

    The caller holds the pipeline's exclusive lock, so no such run is still alive.
    """
    finished = []
    for record in context.state.runs.unfinished(pipeline):
        sessions = [
            sink_at(place).resume(record.run_id) for place in load_locations(record.locations_json)
        ]
        if record.state is RunState.INTENT:
            receipt = Receipt.model_validate_json(record.receipt_json)
            publish(context, receipt, purpose, sessions, recovered=True)
            finished.append(record.run_id)
            continue
        for session in sessions:
            session.discard()
        for kind in ("quarantine", "subjects"):
            discard_sealed(context.sealed_path(kind, record.run_id))
        _refuse(context, record, purpose, INTERRUPTED, (0, 0))
    return tuple(finished)
