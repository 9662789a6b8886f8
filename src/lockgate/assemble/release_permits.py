"""What a run asks before rows leave: the words that stand for the proof, and the zones."""

from __future__ import annotations

import hashlib
import json

from lockgate.access.action import Action
from lockgate.access.resource import Resource, zone
from lockgate.access.resource import pipeline as pipeline_resource
from lockgate.labels.label import PUBLIC, join_all
from lockgate.pipeline.model import Pipeline
from lockgate.plan.checked_plan import CheckedPlan, PlannedSink, PlannedStep
from lockgate.run.context import RunContext

_DIGITS = 32


def permit_release(context: RunContext, pipeline: Pipeline, plan: CheckedPlan) -> None:
    """Ask for each word that stands for the proof, and for each zone that rows go to."""
    claims = [_claim(plan, step) for step in plan.steps if step.declassified]
    context.permit_all(Action.DECLASSIFY, claims, plan.purpose)
    goals = [zone(s.zone, dataset_of(pipeline), released_labels(s)) for s in plan.sinks]
    context.permit_all(Action.PUBLISH, goals, plan.purpose)


def released_labels(sink: PlannedSink) -> tuple[str, ...]:
    """The labels of the columns that a sink gets, however they are treated on the way."""
    kept = [c.labels for c in sink.columns if c.treatment is None or c.treatment.name != "drop"]
    return tuple(name for name in join_all(kept).names() if name != PUBLIC)


def dataset_of(pipeline: Pipeline) -> str:
    """The contract's name, or the pipeline's where rows of several are made into one."""
    return pipeline.source.contract if len(pipeline.sources) == 1 else pipeline.name


def resource_of(pipeline: Pipeline) -> Resource:
    """The pipeline, and the dataset that it reads."""
    return pipeline_resource(pipeline.name, dataset_of(pipeline))


def _claim(plan: CheckedPlan, step: PlannedStep) -> Resource:
    """A step at the very words and statement of now: another person's approval stands for those."""
    told = json.dumps([step.declassified, step.text, step.code])
    digest = hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]
    return pipeline_resource(f"{plan.pipeline}.{step.name}@{digest}")
