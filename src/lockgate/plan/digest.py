"""A plan's digest: what a receipt names, and what a second proof must find again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from lockgate.plan.checked_plan import (
    CheckedPlan,
    PlannedColumn,
    PlannedSink,
    PlannedSource,
    PlannedStep,
)


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces; NaN and infinities are refused."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8", "surrogatepass")


def plan_digest(plan: CheckedPlan) -> str:
    """SHA-256, hex, over everything that decides what the plan releases.

    Explanations (``why``) and warnings are left out: a better sentence is not
    another plan.
    """
    return hashlib.sha256(canonical_json(describe_plan(plan))).hexdigest()


def sealed(plan: CheckedPlan) -> CheckedPlan:
    """The plan with its digest filled in."""
    return replace(plan, digest=plan_digest(plan))


def describe_plan(plan: CheckedPlan) -> dict[str, Any]:
    """The plan as plain JSON."""
    return {
        "format": "lockgate plan 2",
        "pipeline": plan.pipeline,
        "purpose": plan.purpose,
        "policy": plan.policy_digest,
        "sources": [_describe_source(source) for source in plan.sources],
        "steps": [_describe_step(step) for step in plan.steps],
        "sinks": [_describe_sink(sink) for sink in plan.sinks],
    }


def _describe_source(source: PlannedSource) -> dict[str, Any]:
    return {
        "name": source.name,
        "contract": [source.contract_id, source.contract_digest],
        "path": source.path,
        "format": source.format,
        "ignore": sorted(source.ignore),
        "delimiter": source.delimiter,
    }


def _describe_step(step: PlannedStep) -> dict[str, Any]:
    fold = step.aggregation
    return {
        "name": step.name,
        "kind": step.kind,
        "text": step.text,
        "code": step.code,
        "inputs": list(step.inputs),
        "schema": [[field.name, str(field.type)] for field in step.schema],
        "aggregation": None if fold is None else [fold.subject, fold.k, repr(fold.dominance)],
        "declassified": list(step.declassified),
    }


def _describe_sink(sink: PlannedSink) -> dict[str, Any]:
    return {
        "name": sink.name,
        "zone": sink.zone,
        "path": sink.path,
        "format": sink.format,
        "of": sink.of,
        "columns": [_describe_column(column) for column in sink.columns],
        **({} if sink.seal is None else {"seal": list(sink.seal)}),
    }


def _describe_column(column: PlannedColumn) -> dict[str, Any]:
    tied: dict[str, Any] = {}
    if column.subject:
        tied["subject"] = [column.subject, column.subject_domain]
    if column.record:
        tied["record"] = list(column.record)
    return {
        "name": column.name,
        "source": column.source,
        "dataset": column.dataset,
        "id": column.column_id,
        "type": str(column.arrow_type),
        "labels": column.labels.texts(),
        "influence": column.influence.texts(),
        "treatment": None if column.treatment is None else column.treatment.describe(),
        "domain": column.domain,
        **tied,
    }
