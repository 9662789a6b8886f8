"""Which step reads what, and an order in which each stands behind what it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from lockgate.flow.findings import Finding, FindingRule, Severity
from lockgate.pipeline.model import Pipeline, StepSpec


def name_findings(pipeline: Pipeline) -> Iterator[Finding]:
    """Sources and steps that share a name: a step's FROM could mean either."""
    taken: set[str] = set()
    for one in pipeline.inputs:
        if one.name in taken:
            yield Finding(
                FindingRule.DUPLICATE_NAME,
                Severity.ERROR,
                pipeline.name,
                "a source or step before it has this name",
                step=one.name,
                fix="rename one",
                where=one.where or pipeline.where,
            )
        taken.add(one.name)


def in_order(
    pipeline: Pipeline, reads: Mapping[str, frozenset[str]]
) -> tuple[tuple[StepSpec, ...], tuple[Finding, ...]]:
    """Steps behind what they read; none, and a finding, if they read each other in a circle.

    ``reads`` are the names of sources and steps by step.
    """
    steps = {step.name: step for step in pipeline.steps}
    order = TopologicalSorter({name: sorted(reads[name] & steps.keys()) for name in steps})
    try:
        return tuple(steps[name] for name in order.static_order()), ()
    except CycleError as error:
        circle = list(dict.fromkeys(error.args[1]))
    first = steps[circle[0]]
    return (), (
        Finding(
            FindingRule.STEP_CYCLE,
            Severity.ERROR,
            pipeline.name,
            f"steps read each other in a circle: {' <- '.join([*circle, circle[0]])}",
            step=first.name,
            fix="let one of them read a source instead",
            where=first.where or pipeline.where,
        ),
    )


def input_findings(pipeline: Pipeline, reads: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    """Names that are read and not there, and steps and sources that nobody reads."""
    names = {one.name for one in pipeline.inputs}
    known = ", ".join(sorted(names))
    for step in pipeline.steps:
        for name in sorted(reads[step.name] - names):
            yield Finding(
                FindingRule.UNKNOWN_INPUT,
                Severity.ERROR,
                pipeline.name,
                f"it reads {name}, and there is no such source or step",
                step=step.name,
                fix=f"names are {known}",
                where=step.where or pipeline.where,
            )
    read = frozenset().union(*reads.values(), (sink.of for sink in pipeline.sinks))
    if all(sink.of for sink in pipeline.sinks):
        last = [one for one in pipeline.inputs if one.name not in read]
        for one in last:
            yield _unread(pipeline, one.name)


def _unread(pipeline: Pipeline, name: str) -> Finding:
    return Finding(
        FindingRule.UNREAD_STEP,
        Severity.WARNING,
        pipeline.name,
        "no step and no sink reads it",
        step=name,
        fix=f"sinks: {{...: {{from: {name}}}}}, or take it out",
        where=pipeline.where,
    )


def last_step(pipeline: Pipeline, reads: Mapping[str, frozenset[str]]) -> str:
    """The one step that no step reads, for sinks that do not say; "" if there are several."""
    read = frozenset().union(*reads.values())
    ends = [step.name for step in pipeline.steps if step.name not in read]
    return ends[0] if len(ends) == 1 else ""
