"""A pipeline after the static check: every output column with lineage, labels and treatment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pyarrow as pa

from lockgate.labels.label import LabelSet
from lockgate.pipeline.model import Aggregation, FileFormat, StepKind
from lockgate.protect.treatment import Treatment


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """One column at one sink's edge, before its treatment.

    ``source`` is its name in what the sink reads (the contract's column, or a step's), ``name``
    what the sink calls it. ``dataset`` and ``column_id`` are the place that ciphertexts are bound
    to. ``treatment`` is None where the zone allows the column as it is. ``why`` is the rule that
    decided, for people. ``domain`` is the key domain, "" if none. ``subject`` is the column of what
    the sink reads that says whose value it is, in ``subject_domain``, where that person's key
    protects it; ``record`` the sink's columns that are the key of the row that it is bound to.
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
    dataset: str = ""
    nullable: bool = True
    subject: str = ""
    subject_domain: str = ""
    record: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedSink:
    """A sink with its zone and the columns that reach it (dropped ones included).

    ``seal`` are the recipients of its sealed files, beside the project itself; None: not sealed.
    """

    name: str
    zone: str
    path: str
    format: FileFormat
    columns: tuple[PlannedColumn, ...]
    of: str = ""
    seal: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PlannedSource:
    """A source as declared, and the contract that judges it."""

    name: str
    contract_id: str
    contract_digest: str
    path: str
    format: str
    ignore: tuple[str, ...] = ()
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step with all that decides what it makes of its inputs.

    ``text`` is the SELECT that runs, as rendered from its checked tree, or ``module:function``.
    ``held_back`` is the column of an aggregation's last row that counts the groups left out, and
    ``unguarded`` the SELECT that would leave none out; "" if it is no aggregation.
    ``declassified`` are lines for people: column, labels, reason, approver. ``code`` is a digest of
    the module of a step in Python, "" for SQL.
    """

    name: str
    kind: StepKind
    text: str
    inputs: tuple[str, ...]
    schema: pa.Schema
    aggregation: Aggregation | None = None
    declassified: tuple[str, ...] = ()
    held_back: str = ""
    unguarded: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """What the proof allows. ``digest`` covers everything here plus contract and policy digests.

    ``steps`` stand in an order in which each stands behind what it reads.
    """

    pipeline: str
    purpose: str
    sources: tuple[PlannedSource, ...]
    policy_digest: str
    sinks: tuple[PlannedSink, ...]
    digest: str
    warnings: tuple[str, ...] = ()
    steps: tuple[PlannedStep, ...] = ()

    @property
    def contract_digest(self) -> str:
        """The digest of the contract, or of all of them where there are several."""
        digests = [source.contract_digest for source in self.sources]
        if len(digests) == 1:
            return digests[0]
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()
