"""A declared pipeline as a request the runner takes: plan, source, sinks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.access.action import Action
from lockgate.access.resource import Resource
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.assemble.approved_policy import require_approved_zones
from lockgate.assemble.domains import normaliser_of, require_domains
from lockgate.assemble.pipeline_sinks import dataset_of, roots_of, seal_places, sinks_of
from lockgate.assemble.project_file import Project
from lockgate.assemble.quarantine_permits import permit_of_run
from lockgate.assemble.release_permits import permit_release, resource_of
from lockgate.assemble.secret_references import require_no_literal_secrets
from lockgate.contract.model import Contract, Mode
from lockgate.errors import LockgateError, UsageError
from lockgate.flow.check import Examined, check, examine
from lockgate.flow.findings import Finding, Severity
from lockgate.flow.record_keys import bound_elsewhere
from lockgate.kernel.interface import Normaliser
from lockgate.keys.release import Covered
from lockgate.ledger.event import RunRefused
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import FileFormat, Pipeline, SourceSpec
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.run.commit import Location
from lockgate.run.context import RunContext
from lockgate.run.key_table import for_quarantine, for_run, for_seals
from lockgate.run.ports import InputFile, Progress
from lockgate.run.quarantine import QuarantineSource, require_waiting
from lockgate.run.quarantine_origin import require_own_pipeline
from lockgate.run.runner import RunInput, RunRequest, RunResult, execute
from lockgate.run.state_ports import QuarantineRecord

if TYPE_CHECKING:
    from lockgate.assemble.steps import ProjectSteps

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


def check_project(
    project: Project, names: tuple[str, ...], probe_seed: int | None = None
) -> CheckReport:
    """Check the named pipelines, all if none is named; with a seed, probe their steps too.

    Whatever is named, no file of the project may hold a secret, and its roles and access policies
    have to be sound. Raises UsageError for an unknown pipeline.
    """
    from lockgate.assemble.access_of_project import access_findings
    from lockgate.assemble.secret_references import secret_findings

    found: list[Finding] = [*secret_findings(project), *access_findings(project)]
    plans: dict[str, CheckedPlan] = {}
    examined: dict[str, Examined] = {}
    pipelines = [pipeline_of(project, name) for name in names or tuple(project.pipelines)]
    with steps_of(project, pipelines) as steps:
        for pipeline in pipelines:
            one = examine(pipeline, project.contracts, project.policy, steps)
            examined[pipeline.name] = one
            found += one.findings
            if one.plan is not None:
                plans[pipeline.name] = one.plan
            if probe_seed is not None and steps is not None:
                from lockgate.flow.probing import probe_steps

                found += probe_steps(pipeline, one, steps, probe_seed)
    found += bound_elsewhere([(n, sink) for n, one in examined.items() for sink in one.sinks])
    return CheckReport(tuple(found), plans, examined)


@contextmanager
def steps_of(
    project: Project, pipelines: Iterable[Pipeline], limits: Limits = DEFAULT_LIMITS
) -> Iterator[ProjectSteps | None]:
    """What types and runs the pipelines' steps; None if they have none: engines are large."""
    if not any(pipeline.steps for pipeline in pipelines):
        yield None
        return
    from lockgate.assemble.steps import ProjectSteps

    with closing(ProjectSteps(project.folder, limits)) as steps:
        yield steps


def pipeline_of(project: Project, name: str) -> Pipeline:
    """The pipeline of that name. Raises UsageError."""
    try:
        return project.pipelines[name]
    except KeyError:
        known = ", ".join(sorted(project.pipelines)) or "none yet"
        raise UsageError("no such pipeline", hint=f"pipelines: {known}") from None


def nothing_due(context: RunContext) -> None:
    """For who does not keep house before a run."""
    del context


def run_pipeline(
    project: Project,
    context: RunContext,
    name: str,
    purpose: str | None,
    progress: Progress | None,
    seen: Sequence[InputFile] | None = None,
    due: Callable[[RunContext], None] = nothing_due,
) -> RunResult:
    """Run a pipeline of the project; if ``seen`` is given, on those very inputs only.

    ``due`` is done first, once the run is permitted. Raises AuthorisationDenied for who may not
    run it, or not let somebody's word stand for the proof where its steps have some.
    """
    pipeline = _for_purpose(pipeline_of(project, name), purpose)
    permit = context.permit(Action.RUN, resource_of(pipeline), pipeline.purpose)
    with context.released(permit) as keeping:
        due(keeping)
    inputs = tuple(_input(project, context, one, seen) for one in pipeline.sources)
    with steps_of(project, [pipeline], context.limits) as steps:
        plan = _prove(project, context, pipeline, steps)
        permit_release(context, pipeline, plan)
        needed = _keys_of(project, pipeline, plan, inputs, context.now())
        with context.released(permit, needed) as keyed:
            return execute(keyed, _request(project, keyed, pipeline, plan, inputs, steps), progress)


def _keys_of(
    project: Project,
    pipeline: Pipeline,
    plan: CheckedPlan,
    inputs: Iterable[RunInput],
    at: datetime,
) -> list[Covered]:
    """The keys of a run: what it protects with, seals with, and finds its files again by."""
    subjects = any(one.contract.subject for one in inputs)
    run = for_run(plan, dataset_of(project, pipeline), at, subjects=subjects)
    return [*run, *for_seals(seal_places(project, pipeline))]


def _input(
    project: Project,
    context: RunContext,
    declared: SourceSpec,
    seen: Sequence[InputFile] | None = None,
) -> RunInput:
    contract = project.contracts[declared.contract]
    source = FileSource(
        declared.path,
        declared.format,
        contract.names,
        roots_of(project),
        ignore=declared.ignore,
        limits=context.limits,
        delimiter=declared.delimiter,
        seen=seen,
    )
    return RunInput(
        declared.name,
        contract,
        MODES[declared.format],
        source,
        _subject_normaliser(project, contract),
        declared.ignore,
    )


def _subject_normaliser(project: Project, contract: Contract) -> Normaliser:
    return normaliser_of(project, contract.subject) if contract.subject else Normaliser.EXACT


def replay(
    project: Project,
    context: RunContext,
    run_id: str,
    purpose: str | None,
    progress: Progress | None,
    due: Callable[[RunContext], None] = nothing_due,
) -> RunResult:
    """Send a run's rejected rows through its pipeline's gate again, as it stands now."""

    def asked(record: QuarantineRecord) -> tuple[Resource, str]:
        through = _for_purpose(pipeline_of(project, record.pipeline), purpose)
        if dataset_of(project, through) != record.contract_id:
            raise UsageError(
                f"pipeline {through.name} reads another contract than these rows are of",
                hint="let it read that contract again, or discard the rows",
            )
        return resource_of(through), through.purpose

    record, permit = permit_of_run(context, Action.REPLAY, run_id, purpose, asked)
    pipeline = _for_purpose(pipeline_of(project, record.pipeline), purpose)
    with context.released(permit) as keeping:
        due(keeping)
    if pipeline.steps:
        raise UsageError(
            f"pipeline {pipeline.name} has steps, which want all rows together",
            hint="mend the source and run the pipeline again",
        )
    require_waiting(record)
    plan = _prove(project, context, pipeline, None)
    permit_release(context, pipeline, plan)
    first = _input(project, context, pipeline.source)
    needed = _keys_of(project, pipeline, plan, (first,), context.now())
    needed += for_quarantine(context.keys.domain_of(record.key_number), record.key_number)
    with context.released(permit, needed) as keyed:
        require_own_pipeline(keyed, record)
        source = QuarantineSource(context.sealed_path("quarantine", run_id), keyed.keys, run_id)
        again = replace(first, source=source, mode=source.mode())
        request = _request(project, keyed, pipeline, plan, (again,), None)
        return execute(keyed, replace(request, replay_of=run_id), progress)


def _for_purpose(pipeline: Pipeline, purpose: str | None) -> Pipeline:
    return pipeline if purpose is None else replace(pipeline, purpose=purpose)


def _request(
    project: Project,
    context: RunContext,
    pipeline: Pipeline,
    plan: CheckedPlan,
    inputs: tuple[RunInput, ...],
    steps: ProjectSteps | None,
) -> RunRequest:
    return RunRequest(
        plan=plan,
        inputs=inputs,
        locations=tuple(
            Location(sink.name, sink.path, sink.format.value) for sink in pipeline.sinks
        ),
        sink_at=sinks_of(project, context, pipeline),
        steps=steps,
        spools=None if steps is None else steps.spools_in(context.home),
    )


def _prove(
    project: Project, context: RunContext, pipeline: Pipeline, steps: ProjectSteps | None
) -> CheckedPlan:
    """Prove in this process; a refusal is recorded before it is raised."""
    try:
        require_no_literal_secrets(project, context.limits)
        require_approved_zones(project, context)
        plan = check(pipeline, project.contracts, project.policy, steps)
        require_domains(project, context.keys, plan)
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


def published(project: Project, result: RunResult) -> dict[str, Path]:
    """Absolute folders of a run's sinks."""
    return {name: project.folder / path for name, path in result.sinks.items()}
