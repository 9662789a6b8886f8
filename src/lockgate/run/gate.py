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
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.contract.batches import REASONS_TYPE, RawBatch, Verdict
from lockgate.contract.judge import Judge
from lockgate.contract.model import Contract, Mode
from lockgate.errors import IntegrityError
from lockgate.kernel.interface import Kernel
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.plan.released_batch import ReleasedBatch
from lockgate.protect.treatment import KeyRing
from lockgate.run.edge import Edge
from lockgate.run.rejected import RejectedRows, collect_rejected
from lockgate.run.subject_salts import SubjectSalts


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


class Gate:
    """A checked plan with its judge and keys: ``RawBatch -> GateResult``. Safe across threads."""

    def __init__(
        self,
        plan: CheckedPlan,
        contract: Contract,
        mode: Mode,
        kernel: Kernel,
        ring: KeyRing,
        day: date,
        limits: Limits = DEFAULT_LIMITS,
        salts: SubjectSalts | None = None,
    ) -> None:
        """``day`` is the one that ages are counted to; ``salts`` as the edge takes them.

        Raises KeyUnavailable, IntegrityError.
        """
        if plan.contract_digest != contract.digest:
            raise IntegrityError("the plan was proven for another version of the contract")
        always = frozenset(column.name for column in contract.columns if column.never_null)
        self.edge = Edge(plan, kernel, ring, day, always, salts)
        self._contract = contract
        self._judge = Judge(contract, mode, limits)
        self._audit_share = limits.audited_per_million / 1_000_000
        self._audit_began = False
        self._sinks = tuple(sink.name for sink in plan.sinks)

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
        accepted = verdict.accepted
        subjects = self.edge.subjects(accepted) if self._sinks else {}
        released = {name: self.edge.release(name, accepted, subjects) for name in self._sinks}
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
        for key, fits in self.edge.demands(verdict.accepted):
            mask = None if key in seen else fits()
            seen.add(key)
            if mask is not None and not pc.all(mask).as_py():
                refusals[key] = pc.fill_null(mask, True)
        return _move_to_rejected(verdict, refusals) if refusals else verdict


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
