"""What one source of a run has brought in so far: counts, reasons, what is still to be taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from lockgate.contract.dataset_rules import Measured, RuleCheck
from lockgate.contract.model import Contract
from lockgate.errors import Position, Problem, TooManyRejected
from lockgate.limits import Limits
from lockgate.run.gate import Gate, GateResult
from lockgate.run.ports import Prepared, SinkSession
from lockgate.run.quarantine import QuarantineWriter
from lockgate.run.rejected import RejectedRows
from lockgate.run.step_ports import SpoolWriter
from lockgate.run.subjects import SubjectHandles, SubjectManifest

SHOWN_PLACES = 20
PLACE_COLUMNS = ["file", "row", "line", "reasons"]


@dataclass(frozen=True, slots=True)
class BatchDone:
    """One batch after the gate: what is still to be counted, sealed and written, in order.

    ``in_order`` holds, by sink, what its session prepared and has not written yet; ``kept`` the
    accepted rows, clear, if steps want them.
    """

    accepted: int
    audited: int
    rejected: RejectedRows
    reasons: Mapping[str, int]
    measured: Measured
    handles: bytes
    in_order: Mapping[str, Prepared]
    kept: pa.RecordBatch | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """The sealed files of a run, which all its sources write to."""

    rejects: QuarantineWriter
    subjects: SubjectManifest


@dataclass(slots=True)
class Totals:
    """What has been counted. ``first_places``: where the first rejected rows stand."""

    accepted: int = 0
    rejected: int = 0
    audited: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first_places: list[Problem] = field(default_factory=list)


class Intake:
    """One source: its rows are judged, those of a run without steps protected and written too.

    ``kept`` takes the accepted rows where steps work on them; then no sink does.
    """

    def __init__(
        self,
        contract: Contract,
        gate: Gate,
        handles: SubjectHandles,
        sealed: Sealed,
        sessions: Mapping[str, SinkSession],
        limits: Limits,
        kept: SpoolWriter | None = None,
    ) -> None:
        self.contract = contract
        self.gate = gate
        self.sessions = sessions
        self.limits = limits
        self.totals = Totals()
        self._handles = handles
        self._sealed = sealed
        self._kept = kept
        self._rules = RuleCheck(contract)

    @property
    def counts(self) -> tuple[int, int]:
        """Rows read and rows rejected so far."""
        return self.totals.accepted + self.totals.rejected, self.totals.rejected

    def close(self) -> None:
        """Let go of what a run that is given up still holds."""
        self._rules.close()

    def done(self, result: GateResult, in_order: Mapping[str, Prepared]) -> BatchDone:
        """What is left to take of a batch. Any thread."""
        return BatchDone(
            result.accepted.num_rows,
            result.audited,
            result.rejected,
            result.rejected.reasons(),
            self._rules.measure(result.accepted),
            self._handles.of(result.accepted),
            in_order,
            None if self._kept is None else result.accepted,
        )

    def take(self, batch: BatchDone) -> None:
        """Count a batch, seal its rejected rows and its subjects, write what is in order."""
        totals = self.totals
        totals.accepted += batch.accepted
        totals.rejected += batch.rejected.count
        totals.audited += batch.audited
        self._note_places(batch.rejected)
        totals.reasons.update(batch.reasons)
        self._sealed.rejects.write(batch.rejected, self.contract)
        self._rules.add(batch.measured)
        self._sealed.subjects.write(batch.handles)
        for name, rows in batch.in_order.items():
            self.sessions[name].write(rows)
        if self._kept is not None and batch.kept is not None:
            self._kept.append(batch.kept)

    def _note_places(self, rejected: RejectedRows) -> None:
        """Keep where the first rejected rows stand, for a run that is refused for them."""
        missing = SHOWN_PLACES - len(self.totals.first_places)
        if missing > 0 and rejected.count:
            for row in rejected.table.select(PLACE_COLUMNS).slice(0, missing).to_pylist():
                reasons = ", ".join(
                    f"{reason['column']}: {reason['type']}".removeprefix(": ")
                    for reason in row["reasons"]
                )
                where = Position(row["file"], row["line"] or row["row"])
                self.totals.first_places.append(Problem(TooManyRejected.code, reasons, where))

    def finish(self, *, any_share: bool) -> None:
        """Check what holds for the source as a whole. Call it once, after the last batch.

        Raises TooManyRejected unless ``any_share``, SourceError for a dataset rule.
        """
        if not any_share:
            self._check_share()
        self._rules.finish()

    def _check_share(self) -> None:
        read, rejected = self.counts
        share = self.contract.max_rejected
        if not rejected or rejected <= share * read:
            return
        common = ", ".join(f"{reason} ({n:,})" for reason, n in self.totals.reasons.most_common(5))
        raise TooManyRejected(
            f"{rejected:,} of {read:,} rows were rejected, more than the contract's "
            f"max_rejected of {share:.2%}; most common: {common}",
            hint="mend the data or the contract, or raise lockgate.max_rejected",
            problems=self.totals.first_places,
        )
