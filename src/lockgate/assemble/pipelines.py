"""A declared pipeline as a request the runner takes: plan, source, sinks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.access.decide import Action
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.assemble.domains import normaliser_of, require_domains
from lockgate.assemble.project_file import Project
from lockgate.contract.model import Mode
from lockgate.errors import LockgateError, UsageError
from lockgate.flow.check import Examined, check, examine
from lockgate.flow.findings import Finding, Severity
from lockgate.kernel.interface import Normaliser
from lockgate.ledger.event import RunRefused
from lockgate.pipeline.model import FileFormat, Pipeline
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.run.commit import Location
from lockgate.run.context import RunContext
from lockgate.run.ports import InputFile, Progress, Sink, Source
from lockgate.run.quarantine import QuarantineSource, require_waiting
from lockgate.run.runner import RunRequest, RunResult, execute

MODES = {
    FileFormat.CSV: Mode.STRINGS,
    FileFormat.JSONL: Mode.JSON,
    FileFormat.PARQUET: Mode.PYTHON,
}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the static check says of a project's pipelines."""

    findings: tuple[Finding, ...]
    plans: dict[str, CheckedPlan]
    examined: dict[str, Examined]

    @property
    def ok(self) -> bool:
        """Whether every pipeline may run."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


def check_project(project: Project, names: tuple[str, ...]) -> CheckReport:
    """Check the named pipelines, all if none is named. Raises UsageError for an unknown one."""
    found: list[Finding] = []
    plans: dict[str, CheckedPlan] = {}
    examined: dict[str, Examined] = {}
    for name in names or tuple(project.pipelines):
        one = examine(pipeline_of(project, name), project.contracts, project.policy)
        examined[name] = one
        found += one.findings
        if one.plan is not None:
            plans[name] = one.plan
    return CheckReport(tuple(found), plans, examined)


def pipeline_of(project: Project, name: str) -> Pipeline:
    """The pipeline of that name. Raises UsageError."""
    try:
        return project.pipelines[name]
    except KeyError:
        known = ", ".join(sorted(project.pipelines)) or "none yet"
        raise UsageError("no such pipeline", hint=f"pipelines: {known}") from None


def run_pipeline(
    project: Project,
    context: RunContext,
    name: str,
    purpose: str | None,
    progress: Progress | None,
    seen: Sequence[InputFile] | None = None,
) -> RunResult:
    """Run a pipeline of the project; if ``seen`` is given, on those very inputs only."""
    pipeline = _for_purpose(pipeline_of(project, name), purpose)
    context.permit(Action.RUN, name, pipeline.purpose)
    source = FileSource(
        pipeline.source.path,
        pipeline.source.format,
        project.contracts[pipeline.source.contract].names,
        _roots(project),
        ignore=pipeline.source.ignore,
        limits=context.limits,
        delimiter=pipeline.source.delimiter,
        seen=seen,
    )
    request = _request(project, context, pipeline, source, MODES[pipeline.source.format])
    return execute(context, request, progress)


def replay(
    project: Project,
    context: RunContext,
    run_id: str,
    purpose: str | None,
    progress: Progress | None,
) -> RunResult:
    """Send a run's rejected rows through its pipeline's gate again, as it stands now."""
    record = context.state.quarantine.get(run_id)
    pipeline = _for_purpose(pipeline_of(project, record.pipeline), purpose)
    context.permit(Action.REPLAY, record.pipeline, pipeline.purpose)
    require_waiting(record)
    source = QuarantineSource(context.sealed_path("quarantine", run_id), context.keyring, run_id)
    mode = source.mode()
    request = _request(project, context, pipeline, source, mode)
    return execute(context, replace(request, replay_of=run_id), progress)


def _for_purpose(pipeline: Pipeline, purpose: str | None) -> Pipeline:
    return pipeline if purpose is None else replace(pipeline, purpose=purpose)


def _request(
    project: Project, context: RunContext, pipeline: Pipeline, source: Source, mode: Mode
) -> RunRequest:
    contract = project.contracts[pipeline.source.contract]
    return RunRequest(
        plan=_prove(project, context, pipeline),
        contract=contract,
        mode=mode,
        source=source,
        locations=tuple(
            Location(sink.name, sink.path, sink.format.value) for sink in pipeline.sinks
        ),
        sink_at=_sinks(project, context, pipeline),
        subject_normaliser=(
            normaliser_of(project, contract.subject) if contract.subject else Normaliser.EXACT
        ),
        not_read=pipeline.source.ignore,
    )


def _prove(project: Project, context: RunContext, pipeline: Pipeline) -> CheckedPlan:
    """Prove in this process; a refusal is recorded before it is raised."""
    try:
        plan = check(pipeline, project.contracts, project.policy)
        require_domains(context.keyring, plan)
        return plan
    except LockgateError as error:
        refused = RunRefused(
            run_id=None,
            pipeline=pipeline.name,
            code=error.code,
            **context.by(pipeline.purpose),
        )
        with context.state.transaction():
            context.ledger.append(refused)
        raise


def _sinks(project: Project, context: RunContext, pipeline: Pipeline) -> Callable[[Location], Sink]:
    roots, key = _roots(project), context.digest_key()
    parts = {sink.name: sink.parts for sink in pipeline.sinks}

    def sink_at(place: Location) -> Sink:
        return FileSink(
            place.name,
            place.path,
            FileFormat(place.format),
            roots,
            key,
            limits=context.limits,
            parts=parts.get(place.name, 1),
        )

    return sink_at


def _roots(project: Project) -> Roots:
    return Roots(project.roots.read, project.roots.write, base=project.folder)


def published(project: Project, result: RunResult) -> dict[str, Path]:
    """Absolute folders of a run's sinks."""
    return {name: project.folder / path for name, path in result.sinks.items()}
