"""Which deterministic treatments a frequency attack can undo: those of few distinct values."""

from __future__ import annotations

import math
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import pyarrow as pa

from lockgate.contract.model import Column, Contract
from lockgate.keys.ports import KeyUse
from lockgate.labels.label import LabelSet, State
from lockgate.policy.policy import Policy
from lockgate.protect.treatment import Treatment

FEW = 4  # orders of magnitude: up to some 10,000 values a count of each is telling


def few_values(
    treatment: Treatment,
    labels: LabelSet,
    column: Column,
    contract: Contract | None,
    policy: Policy,
) -> int:
    """The order of magnitude of distinct values, 1 to 4, if equal stays equal; 0 if no matter.

    ``contract`` is None for a column of a step.
    """
    if not _deterministic(treatment):
        return 0
    guesses = [_of_type(column.arrow_type)]
    if contract is not None:
        guesses.append(_of_annotation(contract, column.name))
    for mark in labels:
        name = mark.label.name if isinstance(mark, State) else mark.name
        if policy.taxonomy.known(name):
            guesses.append(policy.taxonomy.entry(name).distinct)
    return min((guess for guess in guesses if 0 < guess <= FEW), default=0)


def _deterministic(treatment: Treatment) -> bool:
    return treatment.key_use is KeyUse.INDEX or bool(treatment.describe().get("index"))


def _of_type(arrow_type: pa.DataType) -> int:
    if pa.types.is_boolean(arrow_type):
        return 1
    return 3 if pa.types.is_int8(arrow_type) or pa.types.is_uint8(arrow_type) else 0


def _of_annotation(contract: Contract, name: str) -> int:
    """From an enumeration in the model: Literal or Enum, also inside Optional."""
    fields = contract.model.model_fields
    found = next((f for n, f in fields.items() if name in (n, f.alias)), None)
    count = _count(found.annotation) if found is not None else 0
    return max(1, math.ceil(math.log10(count))) if count else 0


def _count(annotation: Any) -> int:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return len(annotation)
    if get_origin(annotation) is Literal:
        return len(get_args(annotation))
    return max((_count(inner) for inner in get_args(annotation)), default=0)
