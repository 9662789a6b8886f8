"""One run: recover, freeze the inputs, move every batch through the gate, commit."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from lockgate.contract.model import Contract, Mode
from lockgate.errors import ConfigurationError, IntegrityError, LockgateError
from lockgate.kernel.interface import Normaliser
from lockgate.ledger.event import RunStarted
from lockgate.ledger.receipt import FileRecord, Receipt
from lockgate.log_context import log_run
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.plan.digest import sealed
from lockgate.redaction.raised_name import raised_name
from lockgate.run.commit import Location, abandon, dump_locations, publish, record_intent, recover
from lockgate.run.context import RunContext
from lockgate.run.edge import Edge
from lockgate.run.gate import Gate
from lockgate.run.intake import Intake
from lockgate.run.move import move
from lockgate.run.moved import Moved
from lockgate.run.ports import Guarantee, InputFile, Progress, Sink, SinkSession, Source
from lockgate.run.state_ports import RunRecord, RunState
from lockgate.run.step_ports import Spool, SpoolFolder, SpoolWriter, StepRunner
from lockgate.run.stepping import release_steps, run_steps
from lockgate.run.subjects import SubjectHandles

LOGGER = logging.getLogger("lockgate.run")


class RunStatus(StrEnum):
    """How a run ended well."""

    RELEASED = "released"
    ALREADY_RELEASED = "already-released"
    NOTHING_ACCEPTED = "nothing-accepted"


@dataclass(frozen=True, slots=True)
class RunInput:
    """A source of a run: its contract, how its values are judged, and the columns not read."""

    name: str
    contract: Contract
    mode: Mode
    source: Source
    subject_normaliser: Normaliser
    not_read: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Everything one run needs beside its context. ``plan`` was proven in this process.

    ``sink_at`` makes the sink at a location, also for runs of an earlier configuration. ``steps``
    runs the plan's steps over spools of ``spools``, which makes a folder by a run's id.
    """

    plan: CheckedPlan
    inputs: tuple[RunInput, ...]
    locations: tuple[Location, ...]
    sink_at: Callable[[Location], Sink]
    steps: StepRunner | None = None
    spools: Callable[[str], SpoolFolder] | None = None
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
        key = context.digest_key()
        inputs = [file for one in request.inputs for file in one.source.freeze(key)]
        identity = run_identity(plan, inputs)
        earlier = context.state.runs.released(identity)
        if earlier is not None:
            return _already_released(earlier, request, recovered, time.monotonic() - began)
        gates = _gates(context, request)
        record = _start(context, request, identity, inputs)
        with log_run(record.run_id):
            LOGGER.info("run.started", extra={"pipeline": plan.pipeline, "inputs": len(inputs)})
            moved, status = _attempt(context, request, gates, record, progress)
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


def _gates(context: RunContext, request: RunRequest) -> tuple[Edge, tuple[Gate, ...]]:
    """The edge that protects, and a gate for each source.

    Without steps the source's gate has the edge in it. With steps, the gate of each source has no
    sink: what it accepts goes to the steps, and what they make to the plan's own edge.
    """
    plan, day = request.plan, context.now().date()
    views = [plan]
    if plan.steps:
        views = [sealed(replace(plan, sources=(one,), steps=(), sinks=())) for one in plan.sources]
    keys, salts = (context.kernel, context.keys, day), context.subject_salts()
    gates = tuple(
        Gate(view, one.contract, one.mode, *keys, context.limits, salts)
        for view, one in zip(views, request.inputs, strict=True)
    )
    return Edge(plan, *keys, salts=salts) if plan.steps else gates[0].edge, gates


def _attempt(
    context: RunContext,
    request: RunRequest,
    gates: tuple[Edge, tuple[Gate, ...]],
    record: RunRecord,
    progress: Progress | None,
) -> tuple[Moved, RunStatus]:
    plan = request.plan
    sinks = {place.name: request.sink_at(place) for place in request.locations}
    _check_guarantees(sinks)
    subjects = any(one.contract.subject for one in request.inputs)
    moved = Moved(context, plan, gates[0], record.run_id, request.replay_of, subjects=subjects)
    not_read = tuple(name for one in request.inputs for name in one.not_read)
    try:
        moved.open(sinks)
        _move_all(context, request, gates[1], moved, progress)
        if request.replay_of is not None and not moved.rows_accepted:
            moved.receipt = moved.make_receipt(not_read)
            moved.close()
            abandon(
                context, record, plan.purpose, list(moved.sessions.values()), _NOTHING, moved.counts
            )
            return moved, RunStatus.NOTHING_ACCEPTED
        moved.stage(not_read)
        record_intent(context, moved.receipt, plan.purpose, moved.quarantine)
    except BaseException as error:
        moved.close()
        code = error.code if isinstance(error, LockgateError) else raised_name(error)
        LOGGER.error("run.refused", extra={"pipeline": plan.pipeline, "code": code})
        abandon(context, record, plan.purpose, list(moved.sessions.values()), error, moved.counts)
        raise
    publish(context, moved.receipt, plan.purpose, list(moved.sessions.values()))
    return moved, RunStatus.RELEASED


def _move_all(
    context: RunContext,
    request: RunRequest,
    gates: tuple[Gate, ...],
    moved: Moved,
    progress: Progress | None,
) -> None:
    """Judge all sources, and bring their rows to the sinks: at once, or by way of the steps."""
    if not request.plan.steps:
        intake = _intake(context, request.inputs[0], gates[0], moved, moved.sessions, None)
        move(intake, request.inputs[0].source.pieces(), progress)
        moved.check()
        return
    if request.steps is None or request.spools is None:
        raise IntegrityError("the plan has steps, and nobody runs steps here")
    with closing(request.spools(moved.run_id)) as folder:
        spools: dict[str, Spool] = {}
        for one, gate in zip(request.inputs, gates, strict=True):
            writer = folder.writer(one.name, one.contract.schema)
            intake = _intake(context, one, gate, moved, {}, writer)
            move(intake, one.source.pieces(), _further(moved, progress))
            spools[one.name] = writer.finish()
        moved.check()
        made = run_steps(request.plan, moved, request.steps, spools, folder)
        release_steps(request.plan, moved, made)


def _intake(
    context: RunContext,
    one: RunInput,
    gate: Gate,
    moved: Moved,
    sessions: Mapping[str, SinkSession],
    kept: SpoolWriter | None,
) -> Intake:
    handles = SubjectHandles(one.contract, one.subject_normaliser, context.kernel, context.keys)
    intake = Intake(one.contract, gate, handles, moved.sealed, sessions, context.limits, kept)
    moved.intakes.append(intake)
    return intake


def _further(moved: Moved, progress: Progress | None) -> Progress | None:
    """Progress that counts on from the sources before this one."""
    if progress is None:
        return None
    read, rejected = moved.counts
    return lambda rows, bad: progress(read + rows, rejected + bad)


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
