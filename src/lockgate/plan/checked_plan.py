"""A pipeline after the static check: every output column with lineage, labels and treatment."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from lockgate.labels.label import LabelSet
from lockgate.pipeline.model import FileFormat
from lockgate.protect.treatment import Treatment


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """One column at one sink's edge, before its treatment.

    ``source`` is the contract's column name, ``name`` what the sink calls it.
    ``treatment`` is None where the zone allows the column as it is. ``why`` is
    the rule that decided, for people. ``domain`` is the key domain, "" if none.
    """

    name: str
    source: str
    column_id: str
    arrow_type: pa.DataType
    labels: LabelSet
    influence: LabelSet
    treatment: Treatment | None
    domain: str
    why: str


@dataclass(frozen=True, slots=True)
class PlannedSink:
    """A sink with its zone and the columns that reach it (dropped ones included)."""

    name: str
    zone: str
    path: str
    format: FileFormat
    columns: tuple[PlannedColumn, ...]


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """What the proof allows. ``digest`` covers everything here plus contract and policy digests.

    ``source_path``, ``source_format``, ``ignore`` and ``delimiter`` are the source as declared.
    """

    pipeline: str
    purpose: str
    contract_id: str
    contract_digest: str
    policy_digest: str
    sinks: tuple[PlannedSink, ...]
    digest: str
    warnings: tuple[str, ...] = ()
    source_path: str = ""
    source_format: str = ""
    ignore: tuple[str, ...] = ()
    delimiter: str = ","
