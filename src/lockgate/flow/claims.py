"""Somebody's word on columns of steps: what it changes, and whether it is about what is there.

A claim that names a column, label or input that does not exist changes nothing and refuses the
plan: a slip of the pen must not take labels away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from lockgate.errors import LabelError
from lockgate.flow.findings import Finding, FindingRule
from lockgate.labels.label import LabelSet
from lockgate.labels.taxonomy import Taxonomy
from lockgate.pipeline.graph import OutputColumn
from lockgate.pipeline.model import Declassification, Pipeline, StepSpec

Wrong = tuple[FindingRule, str, str]
"""A rule, what is wrong and what to write instead."""


def claimed(
    step: StepSpec,
    columns: Sequence[OutputColumn],
    inputs: Mapping[str, pa.Schema],
    taxonomy: Taxonomy,
) -> Iterator[OutputColumn]:
    """The columns with what the step's claims make of them; claims that are wrong make nothing."""
    names = [column.name for column in columns]
    claims = {
        one.column: one for one in step.declassified if _wrong(one, names, inputs, taxonomy) is None
    }
    for column in columns:
        claim = claims.get(column.name)
        if claim is None:
            yield column
            continue
        direct = column.direct
        if claim.derives is not None:
            direct = tuple(ref for ref in direct if f"{ref.node}.{ref.column}" in claim.derives)
        yield replace(column, direct=direct, declassified=claim)


def claim_findings(
    pipeline: Pipeline,
    step: StepSpec,
    names: Sequence[str],
    inputs: Mapping[str, pa.Schema],
    taxonomy: Taxonomy,
) -> Iterator[Finding]:
    """Every claim of a step that puts out ``names``: a warning, or an error if it is wrong."""
    seen: set[str] = set()
    for one in step.declassified:
        wrong = _wrong(one, names, inputs, taxonomy)
        if wrong is None and one.column in seen:
            message = "two claims are made of it"
            wrong = (FindingRule.DUPLICATE_NAME, message, "take one of them out")
        seen.add(one.column)
        rule, message, fix = wrong or (
            FindingRule.DECLASSIFIED,
            f"somebody's word stands for the proof: {claim_line(one)}",
            "",
        )
        yield Finding(
            rule,
            pipeline.name,
            message,
            column=one.column,
            step=step.name,
            fix=fix,
            where=one.where or step.where,
        )


def claim_line(one: Declassification) -> str:
    """A claim in one line for people."""
    what = (
        f"labels {', '.join(one.labels) or 'public'}"
        if one.labels is not None
        else f"derives from {', '.join(one.derives or ()) or 'nothing'}"
    )
    return f"{one.column}: {what}; {one.reason}; approved by {one.approver}"


def _wrong(
    one: Declassification,
    names: Sequence[str],
    inputs: Mapping[str, pa.Schema],
    taxonomy: Taxonomy,
) -> Wrong | None:
    if one.column not in names:
        message = "the step puts out no such column to declassify"
        return FindingRule.UNKNOWN_COLUMN, message, f"columns are {', '.join(sorted(names))}"
    if one.labels is not None:
        try:
            taxonomy.require(LabelSet.of(*one.labels))
        except LabelError as error:
            return FindingRule.UNKNOWN_LABEL, error.message, error.hint
    there = {f"{name}.{column}" for name, schema in inputs.items() for column in schema.names}
    for ref in one.derives or ():
        if ref not in there:
            message = f"it is said to derive from {ref}, which the step does not read"
            return FindingRule.UNKNOWN_COLUMN, message, f"columns are {', '.join(sorted(there))}"
    return None
