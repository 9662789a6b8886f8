"""The static check: prove, before a byte is read, that no label reaches a zone unprotected.

The runner calls the same function again in its own process; a stored plan is
advice, never a pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from lockgate.contract.model import Contract
from lockgate.errors import PlanRefused
from lockgate.flow.columns import SinkColumns, plan_columns
from lockgate.flow.declared import declared_findings, taken_name
from lockgate.flow.findings import Finding, Severity
from lockgate.flow.known import KnownColumns
from lockgate.flow.propagate import Traced, propagate
from lockgate.flow.step_ports import StepTyping
from lockgate.pipeline.graph import ColumnRef, Graph, Node, build_graph, sink_id
from lockgate.pipeline.model import Pipeline, SourceSpec
from lockgate.plan.checked_plan import CheckedPlan, PlannedSink, PlannedSource, PlannedStep
from lockgate.plan.digest import sealed
from lockgate.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Examined:
    """All that the check found out. ``plan`` is None if any finding is an error.

    ``schemas`` are the columns of every source and step that could be traced,
    ``sinks`` those of known zones, with the columns that no finding refuses.
    """

    plan: CheckedPlan | None
    findings: tuple[Finding, ...]
    graph: Graph
    traced: Mapping[ColumnRef, Traced]
    schemas: Mapping[str, pa.Schema]
    sinks: tuple[PlannedSink, ...]


def check(
    pipeline: Pipeline,
    contracts: Mapping[str, Contract],
    policy: Policy,
    typing: StepTyping | None = None,
) -> CheckedPlan:
    """Prove the pipeline, or raise PlanRefused with every finding in ``problems``.

    1. Names: selected and ignored columns, zones, sinks, steps, labels, domains, and no
       sink's folder is, holds or lies in another's. Rows of several contracts have none's name.
    2. Labels travel along the graph from the contracts' columns through steps to every sink.
    3. Each zone chooses one treatment per column or refuses it.
    4. Each treatment takes the column's type, has a key domain if it needs one,
       and its output names are unique in the sink.

    ``contracts`` are by the name that sources give; ``typing`` says which types come out of
    steps. The rest belongs to others: where paths lead to the connectors, keys to the keyring,
    the principal's rights to access.
    """
    examined = examine(pipeline, contracts, policy, typing)
    errors = [f for f in examined.findings if f.severity is Severity.ERROR]
    if errors or examined.plan is None:
        count = f"{len(errors)} reason" + ("" if len(errors) == 1 else "s")
        raise PlanRefused(
            f"pipeline {pipeline.name} is refused for {count}",
            where=pipeline.where,
            hint=f"first fix: {errors[0].fix}" if errors and errors[0].fix else "",
            problems=[finding.problem for finding in errors],
        )
    return examined.plan


def findings(
    pipeline: Pipeline,
    contracts: Mapping[str, Contract],
    policy: Policy,
    typing: StepTyping | None = None,
) -> tuple[Finding, ...]:
    """Everything the check has to say, errors first, then warnings."""
    found = examine(pipeline, contracts, policy, typing).findings
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))


def examine(
    pipeline: Pipeline,
    contracts: Mapping[str, Contract],
    policy: Policy,
    typing: StepTyping | None = None,
) -> Examined:
    """The plan if nothing speaks against it, and all findings. Raises PlanRefused for no source."""
    judged = [(source, contracts[source.contract]) for source in pipeline.sources]
    if not judged:
        raise PlanRefused(f"pipeline {pipeline.name} has no source", where=pipeline.where)
    found = [*declared_findings(pipeline, judged, policy), *taken_name(pipeline, contracts)]
    known = KnownColumns()
    for source, contract in judged:
        known.add_source(source, contract)
    nodes, steps, last = _steps(pipeline, known, typing, policy, found)
    names = {source.name: contract.names for source, contract in judged}
    graph = build_graph(pipeline, names, nodes, last)
    columns = {
        ColumnRef(source.name, column.name): column
        for source, contract in judged
        for column in contract.columns
    }
    traced = propagate(
        graph,
        {ref: column.labels for ref, column in columns.items()},
        {ref: column.influence for ref, column in columns.items()},
    )
    sinks = _sinks(pipeline, policy, known, graph, traced, found)
    plan = None
    if not any(finding.severity is Severity.ERROR for finding in found):
        plan = sealed(
            CheckedPlan(
                pipeline=pipeline.name,
                purpose=pipeline.purpose,
                sources=tuple(_source(*one) for one in judged),
                policy_digest=policy.digest,
                sinks=sinks,
                digest="",
                warnings=tuple(str(finding.problem) for finding in found),
                steps=steps,
            )
        )
    schemas = {name: known.schema(name) for name in known.datasets}
    return Examined(plan, tuple(found), graph, traced, schemas, sinks)


def _steps(
    pipeline: Pipeline,
    known: KnownColumns,
    typing: StepTyping | None,
    policy: Policy,
    found: list[Finding],
) -> tuple[tuple[Node, ...], tuple[PlannedStep, ...], str]:
    """Steps as nodes and as planned, and the one that sinks read which name none."""
    if not pipeline.steps:
        return (), (), ""
    if typing is None:
        raise PlanRefused(f"pipeline {pipeline.name} has steps, and nobody runs steps here")
    from lockgate.flow.steps import trace_steps  # parsing SQL is for pipelines that have some

    traced = trace_steps(pipeline, known, typing, policy)
    found += traced.findings
    return traced.nodes, traced.planned, traced.last


def _sinks(
    pipeline: Pipeline,
    policy: Policy,
    known: KnownColumns,
    graph: Graph,
    traced: Mapping[ColumnRef, Traced],
    found: list[Finding],
) -> tuple[PlannedSink, ...]:
    sinks = []
    there = {node.id for node in graph.nodes}
    for sink in pipeline.sinks:
        if sink.zone not in policy.zones or sink_id(sink.name) not in there:
            continue
        context = SinkColumns(pipeline, known, policy, sink, policy.zones[sink.zone], graph, traced)
        columns, results = plan_columns(context)
        found += results
        of = graph.node(sink_id(sink.name)).inputs[0] if pipeline.steps else ""
        sinks.append(
            PlannedSink(sink.name, sink.zone, sink.path, sink.format, columns, of, sink.seal)
        )
    return tuple(sinks)


def _source(source: SourceSpec, contract: Contract) -> PlannedSource:
    return PlannedSource(
        source.name,
        contract.id,
        contract.digest,
        source.path,
        source.format.value,
        source.ignore,
        source.delimiter,
    )
