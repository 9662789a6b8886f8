"""Which step reads what, and an order in which each stands behind what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from lockgate.flow.findings import Finding, FindingRule
from lockgate.pipeline.model import Pipeline, SourceSpec, StepSpec


def name_findings(pipeline: Pipeline) -> Iterator[Finding]:
    """Sources and steps that share a name: a step's FROM could mean either."""
    taken: set[str] = set()
    for one in pipeline.inputs:
        if one.name in taken:
            yield Finding(
                FindingRule.DUPLICATE_NAME,
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
    """Steps behind what they read, and a finding for each circle in which they read each other.

    Steps of a circle, and those behind them, are left out. ``reads`` are the names of sources and
    steps by step.
    """
    steps = {step.name: step for step in pipeline.steps}
    left, found = dict(steps), list[Finding]()
    while True:
        order = TopologicalSorter({name: sorted(reads[name] & left.keys()) for name in left})
        try:
            ordered = list(order.static_order())
        except CycleError as error:
            circle = list(dict.fromkeys(error.args[1]))
        else:
            break
        found.append(_circle(pipeline, circle, steps[circle[0]]))
        for name in circle:
            del left[name]
    reached = {source.name for source in pipeline.sources}
    known = []
    for name in ordered:
        if not reads[name] & (steps.keys() - reached):
            known.append(steps[name])
            reached.add(name)
    return tuple(known), tuple(found)


def _circle(pipeline: Pipeline, circle: list[str], first: StepSpec) -> Finding:
    return Finding(
        FindingRule.STEP_CYCLE,
        pipeline.name,
        f"steps read each other in a circle: {' <- '.join([*circle, circle[0]])}",
        step=first.name,
        fix="let one of them read a source instead",
        where=first.where or pipeline.where,
    )


def input_findings(
    pipeline: Pipeline, reads: Mapping[str, frozenset[str]], complete: bool
) -> Iterator[Finding]:
    """Names that are read and not there, and steps and sources that nobody reads.

    Unless ``complete``, there are steps of which nobody knows what they read: then nothing is said
    of what is read by none.
    """
    names = {one.name for one in pipeline.inputs}
    for step in pipeline.steps:
        for name in sorted(reads[step.name] - names):
            yield Finding(
                FindingRule.UNKNOWN_INPUT,
                pipeline.name,
                f"it reads {name}, and there is no such source or step",
                step=step.name,
                fix=_name_fix(name, names - {step.name}),
                where=step.where or pipeline.where,
            )
    last = last_step(pipeline, reads)
    yield from _sink_findings(pipeline, names, bool(last) or not complete)
    read = frozenset().union(*reads.values(), (sink.of or last for sink in pipeline.sinks))
    if complete and all(sink.of or last for sink in pipeline.sinks):
        for one in pipeline.inputs:
            if one.name not in read:
                yield _unread(pipeline, one)


def _sink_findings(pipeline: Pipeline, names: set[str], last: bool) -> Iterator[Finding]:
    steps = sorted(step.name for step in pipeline.steps)
    for sink in pipeline.sinks:
        if sink.of in names or (not sink.of and last):
            continue
        yield Finding(
            FindingRule.UNKNOWN_INPUT,
            pipeline.name,
            f"it reads {sink.of}, and there is no such source or step"
            if sink.of
            else "it does not say which step it reads, and there is not one last step",
            sink.name,
            fix=_name_fix(sink.of, names) if sink.of else f"from: one of {', '.join(steps)}",
            where=sink.where or pipeline.where,
        )


def _name_fix(name: str, names: Iterable[str]) -> str:
    """The nearest name there is, else all of them."""
    known = sorted(names)
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"names are {', '.join(known)}"


def _unread(pipeline: Pipeline, one: SourceSpec | StepSpec) -> Finding:
    fix = f"sinks: {{...: {{from: {one.name}}}}}, or take it out"
    if isinstance(one, SourceSpec):  # nobody is told to release a source as it is
        fix = "read it in a step's FROM, or take it out of sources"
    return Finding(
        FindingRule.UNREAD_STEP,
        pipeline.name,
        f"no step and no sink reads {'this source' if isinstance(one, SourceSpec) else 'it'}",
        step=one.name,
        fix=fix,
        where=one.where or pipeline.where,
    )


def last_step(pipeline: Pipeline, reads: Mapping[str, frozenset[str]]) -> str:
    """The one step that no step reads, for sinks that do not say; "" if there are several."""
    read = frozenset().union(*reads.values())
    ends = [step.name for step in pipeline.steps if step.name not in read]
    return ends[0] if len(ends) == 1 else ""
