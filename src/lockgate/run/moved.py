"""What one run has moved: its open sessions, counts, sealed files, and at the end its receipt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lockgate.contract.dataset_rules import Measured, RuleCheck
from lockgate.contract.model import Contract
from lockgate.errors import IntegrityError, Position, Problem, TooManyRejected
from lockgate.kernel.interface import Normaliser
from lockgate.ledger.event import FileRecord, Outcome, Receipt
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.run.commit import RETENTION
from lockgate.run.context import RunContext
from lockgate.run.digests import file_record
from lockgate.run.gate import Gate, GateResult
from lockgate.run.outputs import sink_contract
from lockgate.run.ports import Prepared, Sink, SinkSession, StagedFile
from lockgate.run.quarantine import QuarantineWriter, quarantine_key
from lockgate.run.rejected import RejectedRows
from lockgate.run.state_ports import QuarantineRecord
from lockgate.run.subjects import SubjectManifest

SHOWN_PLACES = 20
PLACE_COLUMNS = ["file", "row", "line", "reasons"]


@dataclass(frozen=True, slots=True)
class BatchDone:
    """One batch after the gate: what is still to be counted, sealed and written, in order.

    ``in_order`` holds, by sink, what its session prepared and has not written yet.
    """

    accepted: int
    audited: int
    rejected: RejectedRows
    reasons: Mapping[str, int]
    measured: Measured
    handles: bytes
    in_order: Mapping[str, Prepared]


class Moved:
    """What one run has moved so far: counts, open sessions, and at the end its receipt."""

    receipt: Receipt

    def __init__(
        self,
        context: RunContext,
        contract: Contract,
        plan: CheckedPlan,
        gate: Gate,
        run_id: str,
        replay_of: str | None,
    ) -> None:
        self.gate = gate
        self.limits = context.limits
        self.rows_accepted = 0
        self.rows_rejected = 0
        self.folders: dict[str, Path] = {}
        self.quarantine: QuarantineRecord | None = None
        self._context = context
        self._contract = contract
        self._plan = plan
        self._run_id = run_id
        self._replay_of = replay_of
        self._reasons: Counter[str] = Counter()
        self._audited = 0
        self._first_places: list[Problem] = []
        self._sessions: dict[str, SinkSession] = {}
        self._rules = RuleCheck(contract)
        self._sealed: list[QuarantineWriter | SubjectManifest] = []

    @property
    def sessions(self) -> Mapping[str, SinkSession]:
        """The sink sessions opened so far, by sink name."""
        return self._sessions

    @property
    def counts(self) -> tuple[int, int]:
        """Rows read and rows rejected so far."""
        return self.rows_accepted + self.rows_rejected, self.rows_rejected

    def open(self, sinks: dict[str, Sink], subject_normaliser: Normaliser) -> None:
        """Begin staging in every sink, the quarantine and the subject manifest."""
        context, run_id = self._context, self._run_id
        key = quarantine_key(context.keyring, self._contract.id, context.now())
        path = context.sealed_path("quarantine", run_id)
        self._rejects = QuarantineWriter(path, key, run_id)
        self._subjects = SubjectManifest(
            context.sealed_path("subjects", run_id),
            self._contract,
            subject_normaliser,
            context.kernel,
            context.keyring,
            run_id,
        )
        self._sealed = [self._rejects, self._subjects]
        for planned in self._plan.sinks:
            session = sinks[planned.name].open(
                run_id, self._plan.digest, self.gate.schemas[planned.name]
            )
            self._sessions[planned.name] = session
            self.folders[planned.name] = Path(planned.path) / f"run-{run_id}"

    def close(self) -> None:
        """Let go of what a run that is given up still holds."""
        self._rules.close()
        for sealed in self._sealed:
            sealed.discard()

    def done(self, result: GateResult, in_order: Mapping[str, Prepared]) -> BatchDone:
        """What is left to take of a batch. Any thread."""
        return BatchDone(
            result.accepted.num_rows,
            result.audited,
            result.rejected,
            result.rejected.reasons(),
            self._rules.measure(result.accepted),
            self._subjects.handles(result.accepted),
            in_order,
        )

    def take(self, batch: BatchDone) -> None:
        """Count a batch, seal its rejected rows and its subjects, write what is in order."""
        self.rows_accepted += batch.accepted
        self.rows_rejected += batch.rejected.count
        self._audited += batch.audited
        self._note_places(batch.rejected)
        self._reasons.update(batch.reasons)
        self._rejects.write(batch.rejected)
        self._rules.add(batch.measured)
        self._subjects.write(batch.handles)
        for name, rows in batch.in_order.items():
            self._sessions[name].write(rows)

    def _note_places(self, rejected: RejectedRows) -> None:
        """Keep where the first rejected rows stand, for a run that is refused for them."""
        missing = SHOWN_PLACES - len(self._first_places)
        if missing > 0 and rejected.count:
            for row in rejected.table.select(PLACE_COLUMNS).slice(0, missing).to_pylist():
                reasons = ", ".join(
                    f"{reason['column']}: {reason['type']}".removeprefix(": ")
                    for reason in row["reasons"]
                )
                where = Position(row["file"], row["line"] or row["row"])
                self._first_places.append(Problem(TooManyRejected.code, reasons, where))

    def stage(self, not_read: tuple[str, ...]) -> None:
        """Check what holds for the run as a whole, then finish all files, unpublished.

        Raises TooManyRejected, SourceError (a dataset rule), or IntegrityError if a sink's files
        hold more or fewer rows than were accepted; the caller abandons the run.
        """
        self._check_share()
        self._rules.finish()
        staged = {
            name: session.stage(self._documents(name)) for name, session in self._sessions.items()
        }
        for name, files in staged.items():
            if sum(file.rows for file in files) != self.rows_accepted:
                raise IntegrityError(
                    f"sink {name} staged another number of rows than were accepted",
                    hint="nothing is published; report this as a defect of the sink",
                )
        self.receipt = self.make_receipt(not_read, staged)

    def _check_share(self) -> None:
        read, rejected = self.counts
        share = self._contract.max_rejected
        if self._replay_of is not None or not rejected or rejected <= share * read:
            return
        common = ", ".join(f"{reason} ({n:,})" for reason, n in self._reasons.most_common(5))
        raise TooManyRejected(
            f"{rejected:,} of {read:,} rows were rejected, more than the contract's "
            f"max_rejected of {share:.2%}; most common: {common}",
            hint="mend the data or the contract, or raise lockgate.max_rejected",
            problems=self._first_places,
        )

    def _documents(self, name: str) -> dict[str, bytes]:
        planned = next(sink for sink in self._plan.sinks if sink.name == name)
        keys = self.gate.column_keys(name)
        document = sink_contract(self._plan.pipeline, planned, self._contract, keys)
        return {
            "_contract.odcs.yaml": self._context.render(document),
            "_checkpoint": self._context.ledger.latest_checkpoint().encode(),
        }

    def make_receipt(
        self, not_read: tuple[str, ...], staged: Mapping[str, Sequence[StagedFile]] | None = None
    ) -> Receipt:
        """The run's receipt; seals the quarantine and the subject manifest first."""
        read, rejected = self.counts
        return Receipt(
            run_id=self._run_id,
            pipeline=self._plan.pipeline,
            contract_digest=self._plan.contract_digest,
            policy_digest=self._plan.policy_digest,
            plan_digest=self._plan.digest,
            rows_read=read,
            rows_accepted=self.rows_accepted,
            rows_rejected=rejected,
            rows_audited=self._audited,
            rejected_by_reason=dict(self._reasons.most_common()),
            key_numbers=self.gate.key_numbers,
            outcomes=self._outcomes(staged or {}),
            quarantine=self._seal_quarantine(),
            subject_manifest=self._seal_subjects(),
            not_read=not_read,
            replay_of=self._replay_of,
        )

    def _outcomes(self, staged: Mapping[str, Sequence[StagedFile]]) -> tuple[Outcome, ...]:
        return tuple(
            Outcome(
                sink=sink.name,
                zone=sink.zone,
                rows=self.rows_accepted,
                files=tuple(
                    FileRecord(name=f.name, size=f.size, rows=f.rows, digest=f.digest)
                    for f in staged[sink.name]
                ),
            )
            for sink in self._plan.sinks
            if sink.name in staged
        )

    def _seal_quarantine(self) -> FileRecord | None:
        size = self._rejects.stage()
        if not size:
            return None
        now = self._context.now()
        path = self._rejects.path
        self.quarantine = QuarantineRecord(
            run_id=self._run_id,
            pipeline=self._plan.pipeline,
            contract_id=self._contract.id,
            key_number=self._rejects.key_number,
            path=path.name,
            rows=self._rejects.rows,
            bytes=size,
            reasons_json=json.dumps(dict(self._reasons.most_common())),
            created_at=now,
            expires_at=now + RETENTION,
        )
        return file_record(
            path.with_suffix(".part"), self._rejects.rows, self._context.digest_key()
        )

    def _seal_subjects(self) -> FileRecord | None:
        if not self._subjects.stage():
            return None
        staged = self._subjects.path.with_suffix(".part")
        return file_record(staged, None, self._context.digest_key())
