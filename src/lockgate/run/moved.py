"""What one run has moved: sources, open sessions, sealed files, and at the end its receipt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from lockgate.errors import IntegrityError
from lockgate.ledger.receipt import FileRecord, Outcome, Receipt, StepRecord
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.run.commit import RETENTION
from lockgate.run.context import RunContext
from lockgate.run.digests import file_record
from lockgate.run.edge import Edge
from lockgate.run.intake import Intake, Sealed
from lockgate.run.outputs import sink_contract
from lockgate.run.ports import Sink, SinkSession, StagedFile
from lockgate.run.quarantine import QuarantineWriter, quarantine_key
from lockgate.run.state_ports import QuarantineRecord
from lockgate.run.subjects import SubjectManifest, manifest_key


class Moved:
    """What one run has moved so far, and at the end its receipt.

    Its rejected rows are kept as those of the contract, or of the pipeline where it has several.
    """

    receipt: Receipt
    sealed: Sealed

    def __init__(
        self,
        context: RunContext,
        plan: CheckedPlan,
        edge: Edge,
        run_id: str,
        replay_of: str | None,
        *,
        subjects: bool,
    ) -> None:
        """``subjects``: a source's contract has a column that says whose its rows are."""
        self.edge = edge
        self.intakes: list[Intake] = []
        self.folders: dict[str, Path] = {}
        self.quarantine: QuarantineRecord | None = None
        self.derived_rows: dict[str, int] = {}
        self.steps: list[StepRecord] = []
        self._context = context
        self._plan = plan
        self.run_id = run_id
        self._replay_of = replay_of
        self._subjects = subjects
        self._opened = False
        self._sessions: dict[str, SinkSession] = {}
        single = len(plan.sources) == 1
        self._dataset = plan.sources[0].contract_id if single else plan.pipeline

    @property
    def sessions(self) -> Mapping[str, SinkSession]:
        """The sink sessions opened so far, by sink name."""
        return self._sessions

    @property
    def counts(self) -> tuple[int, int]:
        """Rows read and rows rejected so far, of all sources."""
        counts = [intake.counts for intake in self.intakes]
        return sum(read for read, _ in counts), sum(rejected for _, rejected in counts)

    @property
    def rows_accepted(self) -> int:
        """Rows accepted so far, of all sources."""
        return sum(intake.totals.accepted for intake in self.intakes)

    def open(self, sinks: Mapping[str, Sink]) -> None:
        """Begin staging in every sink, the quarantine and the subject manifest."""
        context, run_id = self._context, self.run_id
        key = quarantine_key(context.keys, self._dataset, context.now())
        handles = manifest_key(context.keys) if self._subjects else None
        self.sealed = Sealed(
            QuarantineWriter(
                context.sealed_path("quarantine", run_id), key, run_id, self._plan.pipeline
            ),
            SubjectManifest(context.sealed_path("subjects", run_id), handles, run_id),
        )
        self._opened = True
        for planned in self._plan.sinks:
            session = sinks[planned.name].open(
                self.run_id, self._plan.digest, self.edge.schemas[planned.name]
            )
            self._sessions[planned.name] = session
            self.folders[planned.name] = Path(planned.path) / f"run-{self.run_id}"

    def close(self) -> None:
        """Let go of what a run that is given up still holds."""
        for intake in self.intakes:
            intake.close()
        if self._opened:
            self.sealed.rejects.discard()
            self.sealed.subjects.discard()

    def check(self) -> None:
        """Check what holds for each source as a whole. Raises TooManyRejected, SourceError."""
        for intake in self.intakes:
            intake.finish(any_share=self._replay_of is not None)

    def stage(self, not_read: tuple[str, ...]) -> None:
        """Finish all files, unpublished.

        Raises IntegrityError if a sink's files hold more or fewer rows than it was to get; the
        caller abandons the run.
        """
        staged = {
            name: session.stage(self._documents(name)) for name, session in self._sessions.items()
        }
        for name, files in staged.items():
            if sum(file.rows for file in files) != self._rows_of(name):
                raise IntegrityError(
                    f"sink {name} staged another number of rows than were accepted",
                    hint="nothing is published; report this as a defect of the sink",
                )
        self.receipt = self.make_receipt(not_read, staged)

    def _key_numbers(self) -> tuple[int, ...]:
        """Of the keys that protected values, and of those that seal files."""
        seals = (session.sealing.get("seal_key_number") for session in self._sessions.values())
        return tuple(sorted({*self.edge.key_numbers, *(n for n in seals if isinstance(n, int))}))

    def _rows_of(self, sink: str) -> int:
        """Rows that a sink was to get: those accepted, or those that its step made."""
        return self.derived_rows[sink] if self._plan.steps else self.rows_accepted

    def _documents(self, name: str) -> dict[str, bytes]:
        planned = next(sink for sink in self._plan.sinks if sink.name == name)
        keys = self.edge.column_keys(name)
        version = self.intakes[0].contract.version
        sealing = self._sessions[name].sealing
        document = sink_contract(
            self._plan.pipeline, planned, self._dataset, version, keys, sealing
        )
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
            run_id=self.run_id,
            pipeline=self._plan.pipeline,
            contract_digest=self._plan.contract_digest,
            policy_digest=self._plan.policy_digest,
            plan_digest=self._plan.digest,
            rows_read=read,
            rows_accepted=self.rows_accepted,
            rows_rejected=rejected,
            rows_audited=sum(intake.totals.audited for intake in self.intakes),
            rejected_by_reason=dict(self._reasons().most_common()),
            key_numbers=self._key_numbers(),
            outcomes=self._outcomes(staged or {}),
            steps=tuple(self.steps),
            quarantine=self._seal_quarantine(),
            subject_manifest=self._seal_subjects(),
            not_read=not_read,
            replay_of=self._replay_of,
        )

    def _reasons(self) -> Counter[str]:
        return sum((intake.totals.reasons for intake in self.intakes), Counter[str]())

    def _outcomes(self, staged: Mapping[str, Sequence[StagedFile]]) -> tuple[Outcome, ...]:
        return tuple(
            Outcome(
                sink=sink.name,
                zone=sink.zone,
                rows=self._rows_of(sink.name),
                files=tuple(
                    FileRecord(name=f.name, size=f.size, rows=f.rows, digest=f.digest)
                    for f in staged[sink.name]
                ),
            )
            for sink in self._plan.sinks
            if sink.name in staged
        )

    def _seal_quarantine(self) -> FileRecord | None:
        size = self.sealed.rejects.stage()
        if not size:
            return None
        now = self._context.now()
        path = self.sealed.rejects.path
        self.quarantine = QuarantineRecord(
            run_id=self.run_id,
            pipeline=self._plan.pipeline,
            contract_id=self._dataset,
            key_number=self.sealed.rejects.key_number,
            path=path.name,
            rows=self.sealed.rejects.rows,
            bytes=size,
            reasons_json=json.dumps(dict(self._reasons().most_common())),
            created_at=now,
            expires_at=now + RETENTION,
        )
        return file_record(
            path.with_suffix(".part"), self.sealed.rejects.rows, self._context.digest_key()
        )

    def _seal_subjects(self) -> FileRecord | None:
        if not self.sealed.subjects.stage():
            return None
        staged = self.sealed.subjects.path.with_suffix(".part")
        return file_record(staged, None, self._context.digest_key())
