"""The static check: prove, before a byte is read, that no label reaches a zone unprotected.

The runner calls the same function again in its own process; a stored plan is
advice, never a pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from lockgate.contract.model import Contract
from lockgate.errors import LabelError, PlanRefused, PolicyError
from lockgate.flow.columns import SinkColumns, plan_columns
from lockgate.flow.findings import Finding, FindingRule, Severity
from lockgate.flow.propagate import propagate
from lockgate.pipeline.graph import SOURCE_ID, ColumnRef, build_graph
from lockgate.pipeline.model import Pipeline
from lockgate.plan.checked_plan import CheckedPlan, PlannedSink
from lockgate.plan.digest import sealed
from lockgate.policy.policy import Policy

_PRIVATE = ".lockgate"


def check(pipeline: Pipeline, contract: Contract, policy: Policy) -> CheckedPlan:
    """Prove the pipeline, or raise PlanRefused with every finding in ``problems``.

    1. Names: selected and ignored columns, zones, sinks, labels, domains, and no
       sink's folder is, holds or lies in another's.
    2. Labels travel along the graph from the contract's columns to every sink.
    3. Each zone chooses one treatment per column or refuses it.
    4. Each treatment takes the column's type, has a key domain if it needs one,
       and its output names are unique in the sink.

    The rest belongs to others: where paths lead to the connectors, keys to the keyring,
    the principal's rights to access.
    """
    plan, found = examine(pipeline, contract, policy)
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors or plan is None:
        count = f"{len(errors)} reason" + ("" if len(errors) == 1 else "s")
        raise PlanRefused(
            f"pipeline {pipeline.name} is refused for {count}",
            where=pipeline.where,
            hint=f"first fix: {errors[0].fix}" if errors and errors[0].fix else "",
            problems=[finding.problem for finding in errors],
        )
    return plan


def findings(pipeline: Pipeline, contract: Contract, policy: Policy) -> tuple[Finding, ...]:
    """Everything the check has to say, errors first, then warnings."""
    found = examine(pipeline, contract, policy)[1]
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))


def examine(
    pipeline: Pipeline, contract: Contract, policy: Policy
) -> tuple[CheckedPlan | None, tuple[Finding, ...]]:
    """The plan, None if any finding is an error, and all findings."""
    found = [*_name_findings(pipeline, contract, policy)]
    graph = build_graph(pipeline, contract.names)
    labels = {ColumnRef(SOURCE_ID, c.name): c.labels for c in contract.columns}
    traced = propagate(graph, labels)
    sinks: list[PlannedSink] = []
    for sink in pipeline.sinks:
        if sink.zone not in policy.zones:
            continue
        context = SinkColumns(pipeline, contract, policy, sink, policy.zones[sink.zone])
        columns, results = plan_columns(context, graph, traced)
        found += results
        sinks.append(PlannedSink(sink.name, sink.zone, sink.path, sink.format, columns))
    if any(finding.severity is Severity.ERROR for finding in found):
        return None, tuple(found)
    plan = CheckedPlan(
        pipeline=pipeline.name,
        purpose=pipeline.purpose,
        contract_id=contract.id,
        contract_digest=contract.digest,
        policy_digest=policy.digest,
        sinks=tuple(sinks),
        digest="",
        warnings=tuple(str(finding.problem) for finding in found),
        source_path=pipeline.source.path,
        source_format=pipeline.source.format.value,
        ignore=pipeline.source.ignore,
        delimiter=pipeline.source.delimiter,
    )
    return sealed(plan), tuple(found)


def _name_findings(pipeline: Pipeline, contract: Contract, policy: Policy) -> Iterator[Finding]:
    yield from _selection_findings(pipeline, contract)
    yield from _sink_findings(pipeline, policy)
    yield from _path_findings(pipeline)
    for column in contract.columns:
        try:
            policy.taxonomy.require(column.labels)
        except LabelError as error:
            yield Finding(
                FindingRule.UNKNOWN_LABEL,
                Severity.ERROR,
                pipeline.name,
                error.message,
                column=column.name,
                label=str(column.labels),
                fix=error.hint,
                where=column.where,
            )


def _selection_findings(pipeline: Pipeline, contract: Contract) -> Iterator[Finding]:
    names, ignored = contract.names, pipeline.source.ignore
    for selection in pipeline.select:
        if selection.source not in names:
            yield Finding(
                FindingRule.UNKNOWN_COLUMN,
                Severity.ERROR,
                pipeline.name,
                f"contract {contract.name} has no such column",
                column=selection.source,
                fix=f"columns are {', '.join(names)}",
                where=selection.where or pipeline.where,
            )
    outputs = [selection.name for selection in pipeline.select]
    for name in dict.fromkeys(n for n in outputs if outputs.count(n) > 1):
        last = next(s for s in reversed(pipeline.select) if s.name == name)
        yield Finding(
            FindingRule.DUPLICATE_OUTPUT,
            Severity.ERROR,
            pipeline.name,
            "two selected columns have this name",
            column=name,
            fix=f"rename one: {{{last.source}: {last.source}_2}}",
            where=last.where or pipeline.where,
        )
    selected = {selection.source for selection in pipeline.select}
    for column in contract.columns:
        if column.name in ignored and (column.required or column.name in selected):
            yield Finding(
                FindingRule.IGNORED_COLUMN,
                Severity.ERROR,
                pipeline.name,
                "the source ignores a column that is required or selected",
                column=column.name,
                fix=f"take {column.name} out of source.ignore",
                where=pipeline.source.where or pipeline.where,
            )


def _sink_findings(pipeline: Pipeline, policy: Policy) -> Iterator[Finding]:
    names: set[str] = set()
    for sink in pipeline.sinks:
        where = sink.where or pipeline.where
        if sink.zone not in policy.zones:
            try:
                policy.zone(sink.zone)
            except PolicyError as error:
                yield Finding(
                    FindingRule.UNKNOWN_ZONE,
                    Severity.ERROR,
                    pipeline.name,
                    error.message,
                    sink.name,
                    zone=sink.zone,
                    fix=error.hint,
                    where=where,
                )
        if sink.name in names:
            yield Finding(
                FindingRule.DUPLICATE_SINK,
                Severity.ERROR,
                pipeline.name,
                "two sinks have this name",
                sink.name,
                fix="rename one",
                where=where,
            )
        names.add(sink.name)
    if not pipeline.sinks:
        yield Finding(
            FindingRule.NOTHING_RELEASED,
            Severity.ERROR,
            pipeline.name,
            "the pipeline has no sink",
            fix="sinks: {analytics: {zone: analytics, path: out/analytics, format: parquet}}",
            where=pipeline.where,
        )


def _path_findings(pipeline: Pipeline) -> Iterator[Finding]:
    """Paths inside ``.lockgate``, and sinks that are, hold or lie in each other's folder."""
    if _PRIVATE in _folders(pipeline.source.path):
        yield Finding(
            FindingRule.SHARED_PATH,
            Severity.ERROR,
            pipeline.name,
            f"the source lies inside {_PRIVATE}, where keys and state are kept",
            fix="path: data",
            where=pipeline.source.where or pipeline.where,
        )
    taken: dict[str, tuple[str, ...]] = {}
    for sink in pipeline.sinks:
        folders = _folders(sink.path)
        message, fix = "", f"path: out/{sink.name}"
        if _PRIVATE in folders:
            message = f"it publishes inside {_PRIVATE}, where keys and state are kept"
        for other, theirs in taken.items():
            if message or other == sink.name:
                continue
            if folders == theirs:
                message = f"it publishes to the folder of sink {other}"
            elif folders[: len(theirs)] == theirs:
                message = f"it publishes inside the folder of sink {other}"
            elif theirs[: len(folders)] == folders:
                message = f"sink {other} publishes inside its folder"
            if message:
                fix = _beside(min(folders, theirs, key=len), sink.name, other)
        taken.setdefault(sink.name, folders)
        if message:
            yield Finding(
                FindingRule.SHARED_PATH,
                Severity.ERROR,
                pipeline.name,
                message,
                sink.name,
                fix=fix,
                where=sink.where or pipeline.where,
            )


def _beside(outer: tuple[str, ...], name: str, other: str) -> str:
    if outer == (".",):  # nothing lies beside the project's folder
        return f"give both a folder: path: out/{name} and path: out/{other}"
    return f"path: {PurePosixPath(*outer)}-{name}"


def _folders(path: str) -> tuple[str, ...]:
    """``out/./A//`` is ``out/a``: some systems do not tell A from a. No disk is looked at."""
    pure = PurePosixPath(path.casefold())
    return pure.parts if pure.is_absolute() else (".", *pure.parts)
