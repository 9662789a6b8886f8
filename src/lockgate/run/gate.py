"""The gate: judge a batch once, protect what is accepted for every sink, mint what may leave.

1. The judge decides on the raw values (contract.judge); plain Pydantic judges a random share of
   them again, and any difference stops the run.
2. A row with a value that some sink's treatment cannot take is rejected for all sinks; so is one
   with a value that passes untreated, as its label says it was treated, and does not look it.
3. Treatments are applied per sink; the result is minted as a ReleasedBatch.

Which treatment a column gets was proven before (flow.check); keys are derived when the gate is
made, so a missing key refuses the run before anything is read.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.batches import REASONS_TYPE, RawBatch, Verdict
from lockgate.contract.judge import Judge
from lockgate.contract.model import Contract, Mode
from lockgate.errors import IntegrityError, KernelError, TreatmentFailed
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.keys.keyring import Keyring
from lockgate.labels.label import State, StateKind
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.plan.checked_plan import CheckedPlan, PlannedColumn, PlannedSink
from lockgate.plan.digest import plan_digest
from lockgate.plan.form import form_of
from lockgate.plan.released_batch import ReleasedBatch, mint
from lockgate.protect.shapes import looks_like
from lockgate.protect.treatment import Form, Place, Treatment, TreatmentKeys
from lockgate.run.rejected import RejectedRows, collect_rejected

PROTECTED = {b"lockgate.protected": b"1"}


@dataclass(frozen=True, slots=True)
class GateResult:
    """What one batch became."""

    released: Mapping[str, ReleasedBatch]
    rejected: RejectedRows
    accepted: pa.RecordBatch
    audited: int

    @property
    def rows_read(self) -> int:
        """Accepted and rejected rows, broken ones included."""
        return int(self.accepted.num_rows) + self.rejected.count


@dataclass(frozen=True, slots=True)
class _Column:
    planned: PlannedColumn
    place: Place
    treatment: Treatment | None
    keys: TreatmentKeys | None
    fields: tuple[pa.Field, ...]
    normaliser: Normaliser | None
    states: tuple[StateKind, ...] = ()

    def fits(self, made: tuple[pa.Array, ...], rows: int) -> bool:
        """Whether a treatment made as many rows as it was given, of the types it declared."""
        if len(made) != len(self.fields):
            return False
        pairs = zip(made, self.fields, strict=True)
        return all(len(array) == rows and array.type == field.type for array, field in pairs)


class Gate:
    """A checked plan with its judge and keys: ``RawBatch -> GateResult``. Safe across threads."""

    def __init__(
        self,
        plan: CheckedPlan,
        contract: Contract,
        mode: Mode,
        kernel: Kernel,
        keyring: Keyring,
        day: date,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        """``day`` is the one that ages are counted to. Raises KeyUnavailable, IntegrityError."""
        if plan.contract_digest != contract.digest:
            raise IntegrityError("the plan was proven for another version of the contract")
        if plan.digest != plan_digest(plan):
            raise IntegrityError("the plan is not the one that was proven: its digest is another's")
        self._plan = plan
        self._contract = contract
        self._kernel = kernel
        self._judge = Judge(contract, mode, limits)
        self._audit_share = limits.audited_per_million / 1_000_000
        self._audit_began = False
        self._sinks = {
            sink.name: (sink, form_of(sink.format), _columns(sink, contract, keyring, day))
            for sink in plan.sinks
        }
        self.schemas: Mapping[str, pa.Schema] = MappingProxyType(
            {
                name: pa.schema([field for column in columns for field in column.fields])
                for name, (_, _, columns) in self._sinks.items()
            }
        )

    @property
    def key_numbers(self) -> tuple[int, ...]:
        """Numbers of the key versions this gate protects with, in order."""
        found = set()
        for _, _, columns in self._sinks.values():
            for column in columns:
                if column.keys is not None:
                    found |= {column.keys.number, column.keys.index_number} - {0}
        return tuple(sorted(found))

    def column_keys(self, sink: str) -> Mapping[str, TreatmentKeys]:
        """Treatment keys by planned column name, for the output's contract."""
        return {c.planned.name: c.keys for c in self._sinks[sink][2] if c.keys is not None}

    def __call__(self, raw: RawBatch) -> GateResult:
        """Judge and protect one batch.

        Raises IntegrityError if the judge and Pydantic disagree, TreatmentFailed if a treatment
        breaks its word.
        """
        verdict = self._judge.judge(raw)
        audited = self._audit(raw, verdict)
        verdict = self._reject_untreatable(verdict)
        names = list(self._contract.names) if raw.mode is not Mode.JSON else raw.rows.schema.names
        names = [name for name in names if name in raw.rows.schema.names]
        rejected = collect_rejected(raw, names, verdict.rejected_rows, verdict.reasons)
        released = {
            name: self._release(sink, form, columns, verdict.accepted)
            for name, (sink, form, columns) in self._sinks.items()
        }
        return GateResult(released, rejected, verdict.accepted, audited)

    def _audit(self, raw: RawBatch, verdict: Verdict) -> int:
        """Let Pydantic look again: at some rows of the first batch, and then at a share of all."""
        seed, first = secrets.randbits(64), not self._audit_began
        looked = self._judge.audit(raw, verdict, self._audit_share, seed, certain=first)
        self._audit_began |= looked > 0  # two threads may both be first: that much the surer
        return looked

    def _reject_untreatable(self, verdict: Verdict) -> Verdict:
        refusals: dict[tuple[str, str], pa.BooleanArray] = {}
        seen: set[tuple[str, str]] = set()
        for _, _, columns in self._sinks.values():
            for column in columns:
                values = verdict.accepted.column(column.planned.source)
                for kind, fits in _demands(column, values, self._kernel):
                    key = (column.planned.source, kind)
                    mask = None if key in seen else fits()
                    seen.add(key)
                    if mask is not None and not pc.all(mask).as_py():
                        refusals[key] = pc.fill_null(mask, True)
        return _move_to_rejected(verdict, refusals) if refusals else verdict

    def _release(
        self, sink: PlannedSink, form: Form, columns: tuple[_Column, ...], accepted: pa.RecordBatch
    ) -> ReleasedBatch:
        arrays: list[pa.Array] = []
        for column in columns:
            values = accepted.column(column.planned.source)
            if column.treatment is None:
                arrays.append(values)
                continue
            arrays.extend(self._treat(column, column.treatment, values, form))
        schema = self.schemas[sink.name]
        batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
        return mint(batch, self._plan.digest, sink.name, sink.zone)

    def _treat(
        self, column: _Column, treatment: Treatment, values: pa.Array, form: Form
    ) -> tuple[pa.Array, ...]:
        try:
            made = treatment.apply(values, self._kernel, column.keys, column.place, form)
        except KernelError as error:
            raise TreatmentFailed(
                f"{treatment.name} failed on column {column.planned.name}: {error.message}"
            ) from None
        if not column.fits(made, len(values)):
            raise TreatmentFailed(
                f"treatment of column {column.planned.name} gave another shape than it declared"
            )
        return made


def _demands(
    column: _Column, values: pa.Array, kernel: Kernel
) -> Iterator[tuple[str, Callable[[], pa.BooleanArray | None]]]:
    """What the column's values must be, by the reason of a rejection: treatable, or treated."""
    treatment = column.treatment
    if treatment is not None:
        yield (
            f"not_treatable_{treatment.name}",
            partial(treatment.treatable, values, kernel, column.normaliser),
        )
    for state in column.states:
        yield f"not_{state.value}", partial(looks_like, values, state)


def _columns(
    sink: PlannedSink, contract: Contract, keyring: Keyring, day: date
) -> tuple[_Column, ...]:
    form = form_of(sink.format)
    made = []
    for planned in sink.columns:
        place = Place(contract.id, planned.column_id)
        if planned.treatment is None:
            fields: tuple[pa.Field, ...] = (pa.field(planned.name, planned.arrow_type),)
            kinds = {mark.kind for mark in planned.labels if isinstance(mark, State)}
            made.append(_Column(planned, place, None, None, fields, None, tuple(sorted(kinds))))
            continue
        treatment = planned.treatment.at(day)
        keys = treatment.derive_keys(keyring, planned.domain, place)
        fields = treatment.output_fields(planned.name, planned.arrow_type, form)
        fields = tuple(field.with_metadata(PROTECTED) for field in fields)
        made.append(
            _Column(planned, place, treatment, keys, fields, keys.normaliser if keys else None)
        )
    return tuple(made)


def _move_to_rejected(
    verdict: Verdict, refusals: Mapping[tuple[str, str], pa.BooleanArray]
) -> Verdict:
    """Reject the accepted rows that a treatment cannot take, with one reason a treatment."""
    good = None
    for mask in refusals.values():
        good = mask if good is None else pc.and_(good, mask)
    bad = pc.indices_nonzero(pc.invert(good)).cast(pa.int64())
    reasons: list[list[dict[str, str]]] = [[] for _ in range(len(bad))]
    for (column, kind), mask in refusals.items():
        failing = pc.indices_nonzero(pc.invert(mask.take(bad)))
        for index in failing.to_pylist():  # refused rows only: few by max_rejected
            reasons[index].append({"column": column, "type": kind})
    rows = pa.concat_arrays([verdict.rejected_rows, verdict.accepted_rows.take(bad)])
    texts = pa.concat_arrays([verdict.reasons.cast(REASONS_TYPE), pa.array(reasons, REASONS_TYPE)])
    order = pc.sort_indices(rows)
    return Verdict(
        accepted=verdict.accepted.filter(good),
        rejected_rows=rows.take(order),
        reasons=texts.take(order),
    )
