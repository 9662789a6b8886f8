"""One run: recover, freeze the inputs, move every batch through the gate, commit."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lockgate.contract.model import Contract, Mode
from lockgate.errors import ConfigurationError, LockgateError
from lockgate.kernel.interface import Normaliser
from lockgate.ledger.event import FileRecord, Receipt, RunStarted
from lockgate.log_context import log_run
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.run.commit import Location, abandon, dump_locations, publish, record_intent, recover
from lockgate.run.context import RunContext
from lockgate.run.gate import Gate
from lockgate.run.move import move
from lockgate.run.moved import Moved
from lockgate.run.ports import Guarantee, InputFile, Progress, Sink, Source
from lockgate.run.state_ports import RunRecord, RunState

LOGGER = logging.getLogger("lockgate.run")


class RunStatus(StrEnum):
    """How a run ended well."""

    RELEASED = "released"
    ALREADY_RELEASED = "already-released"
    NOTHING_ACCEPTED = "nothing-accepted"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Everything one run needs beside its context. ``plan`` was proven in this process.

    ``sink_at`` makes the sink at a location, also for runs of an earlier configuration.
    """

    plan: CheckedPlan
    contract: Contract
    mode: Mode
    source: Source
    locations: tuple[Location, ...]
    sink_at: Callable[[Location], Sink]
    subject_normaliser: Normaliser
    not_read: tuple[str, ...] = ()
    replay_of: str | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did. ``sinks`` maps sink names to published folders."""

    run_id: str
    status: RunStatus
    receipt: Receipt
    sinks: dict[str, Path]
    quarantine: str | None
    recovered: tuple[str, ...]
    seconds: float
    warnings: tuple[str, ...] = ()


def run_identity(plan: CheckedPlan, inputs: Sequence[InputFile]) -> str:
    """Digest of what would be done to which bytes: the same twice is the same run."""
    parts = [plan.digest, *([item.path, item.size, item.digest] for item in inputs)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def execute(context: RunContext, request: RunRequest, progress: Progress | None) -> RunResult:
    """Run a checked plan once, whatever happened to earlier attempts.

    Raises TooManyRejected, SourceError, TreatmentFailed, LedgerUnwritable; then nothing of
    this run is visible anywhere.
    """
    began = time.monotonic()
    plan = request.plan
    with context.state.exclusive(f"pipeline:{plan.pipeline}"):
        recovered = recover(context, plan.pipeline, plan.purpose, request.sink_at)
        inputs = request.source.freeze(context.digest_key())
        identity = run_identity(plan, inputs)
        earlier = context.state.runs.released(identity)
        if earlier is not None:
            return _already_released(earlier, request, recovered, time.monotonic() - began)
        day = context.now().date()
        gate = Gate(
            plan,
            request.contract,
            request.mode,
            context.kernel,
            context.keyring,
            day,
            context.limits,
        )
        record = _start(context, request, identity, inputs)
        with log_run(record.run_id):
            LOGGER.info("run.started", extra={"pipeline": plan.pipeline, "inputs": len(inputs)})
            moved, status = _attempt(context, request, gate, record, progress)
            read, rejected = moved.counts
            counts = {"pipeline": plan.pipeline, "rows": read, "rejected": rejected}
            LOGGER.info("run.%s", status.value, extra=counts)
    return RunResult(
        run_id=record.run_id,
        status=status,
        receipt=moved.receipt,
        sinks=moved.folders if status is RunStatus.RELEASED else {},
        quarantine=record.run_id if moved.quarantine and status is RunStatus.RELEASED else None,
        recovered=recovered,
        seconds=time.monotonic() - began,
        warnings=plan.warnings,
    )


def _start(
    context: RunContext, request: RunRequest, identity: str, inputs: Sequence[InputFile]
) -> RunRecord:
    plan = request.plan
    record = RunRecord(
        run_id=f"{context.now():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
        pipeline=plan.pipeline,
        identity=identity,
        plan_digest=plan.digest,
        state=RunState.STARTED,
        principal=context.principal.id,
        started_at=context.now(),
        locations_json=dump_locations(request.locations),
    )
    started = RunStarted(
        run_id=record.run_id,
        pipeline=plan.pipeline,
        identity=identity,
        plan_digest=plan.digest,
        contract_digest=plan.contract_digest,
        policy_digest=plan.policy_digest,
        inputs=tuple(FileRecord(name=i.path, size=i.size, digest=i.digest) for i in inputs),
        **context.by(plan.purpose),
    )
    with context.state.transaction():
        context.ledger.append(started)
        context.state.runs.add(record)
    return record


def _attempt(
    context: RunContext,
    request: RunRequest,
    gate: Gate,
    record: RunRecord,
    progress: Progress | None,
) -> tuple[Moved, RunStatus]:
    plan = request.plan
    sinks = {place.name: request.sink_at(place) for place in request.locations}
    _check_guarantees(sinks)
    moved = Moved(context, request.contract, plan, gate, record.run_id, request.replay_of)
    try:
        moved.open(sinks, request.subject_normaliser)
        move(moved, request.source.pieces(), progress)
        if request.replay_of is not None and not moved.rows_accepted:
            moved.receipt = moved.make_receipt(request.not_read)
            moved.close()
            abandon(
                context, record, plan.purpose, list(moved.sessions.values()), _NOTHING, moved.counts
            )
            return moved, RunStatus.NOTHING_ACCEPTED
        moved.stage(request.not_read)
        record_intent(context, moved.receipt, plan.purpose, moved.quarantine)
    except BaseException as error:
        moved.close()
        code = error.code if isinstance(error, LockgateError) else type(error).__name__
        LOGGER.error("run.refused", extra={"pipeline": plan.pipeline, "code": code})
        abandon(context, record, plan.purpose, list(moved.sessions.values()), error, moved.counts)
        raise
    publish(context, moved.receipt, plan.purpose, list(moved.sessions.values()))
    return moved, RunStatus.RELEASED


_NOTHING = ConfigurationError("no row of the replay was accepted")


def _check_guarantees(sinks: dict[str, Sink]) -> None:
    weak = [name for name, sink in sinks.items() if sink.guarantee is Guarantee.AT_LEAST_ONCE]
    if weak:
        raise ConfigurationError(
            f"sink {weak[0]} can repeat rows after a crash", hint="use an atomic sink"
        )


def _already_released(
    earlier: RunRecord, request: RunRequest, recovered: tuple[str, ...], seconds: float
) -> RunResult:
    receipt = Receipt.model_validate_json(earlier.receipt_json)
    folders = {
        place.name: Path(place.path) / f"run-{earlier.run_id}" for place in request.locations
    }
    return RunResult(
        run_id=earlier.run_id,
        status=RunStatus.ALREADY_RELEASED,
        receipt=receipt,
        sinks=folders,
        quarantine=earlier.run_id if receipt.quarantine else None,
        recovered=recovered,
        seconds=seconds,
        warnings=request.plan.warnings,
    )
