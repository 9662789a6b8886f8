"""Probing the steps of a pipeline that was proven: what an experiment refutes is a finding."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pyarrow as pa

from lockgate.flow.check import Examined
from lockgate.flow.findings import Finding, FindingRule
from lockgate.flow.probe import ProbeResult, probe
from lockgate.flow.step_ports import StepTrying
from lockgate.pipeline.graph import Node
from lockgate.pipeline.model import Pipeline, StepKind
from lockgate.plan.checked_plan import PlannedStep


def probe_steps(
    pipeline: Pipeline, examined: Examined, trying: StepTrying, seed: int
) -> Iterator[Finding]:
    """Findings of experiments with every step, on made-up rows that ``seed`` decides.

    Aggregations are probed as they were written: on a few made-up rows no group would be large
    enough. A pipeline that is refused is not probed.
    """
    if examined.plan is None:
        return
    schemas = dict(examined.schemas)
    for step in examined.plan.steps:
        node = examined.graph.node(step.name)
        result = _tried(step, node, {name: schemas[name] for name in step.inputs}, trying, seed)
        yield from _findings(pipeline, node, result)


def _tried(
    step: PlannedStep,
    node: Node,
    inputs: Mapping[str, pa.Schema],
    trying: StepTrying,
    seed: int,
) -> ProbeResult:
    own = zlib.crc32(step.name.encode(), seed & 0xFFFFFFFF)  # each step has rows of its own
    if step.kind is StepKind.PYTHON:
        # All its inputs decide its rows, as far as anybody knows: a claim is tried without that, or
        # no lie would ever show.
        node = replace(node, row_influence=())
    return probe(node, inputs, lambda tables: trying.once(step, tables), own)


def _findings(pipeline: Pipeline, node: Node, result: ProbeResult) -> Iterator[Finding]:
    for one in result.undeclared:
        column = next(c for c in node.outputs if c.name == one.output)
        yield _finding(
            pipeline,
            node,
            FindingRule.PROBE_REFUTES,
            f"it changes with {one.input.node}.{one.input.column}, which the plan does not name",
            one.output,
            "take the claim back: declassify and derives are somebody's word"
            if column.declassified is not None
            else "report this as a defect of the proof",
        )
    if result.failed == result.rounds:
        message = "it ran on no made-up rows, so nothing was tried"
        yield _finding(pipeline, node, FindingRule.PROBE_SILENT, message, "", "")
    for name in result.unsteady:
        message = "it is not the same twice on the same rows, so nothing can be said of it"
        yield _finding(pipeline, node, FindingRule.PROBE_SILENT, message, name, "")


def _finding(
    pipeline: Pipeline, node: Node, rule: FindingRule, message: str, column: str, fix: str
) -> Finding:
    return Finding(
        rule,
        pipeline.name,
        message,
        column=column,
        step=node.id,
        fix=fix,
        where=node.where or pipeline.where,
    )
