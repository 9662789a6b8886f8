"""The same gate inside somebody's own code: a frame in, released and rejected frames out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.access.action import Action
from lockgate.access.resource import Resource, dataset
from lockgate.assemble.approved_policy import require_approved_zones
from lockgate.assemble.domains import require_domains
from lockgate.assemble.frames import alone, like, to_table
from lockgate.assemble.pipelines import nothing_due
from lockgate.assemble.project_file import Project
from lockgate.assemble.seam import guarded, guarded_call
from lockgate.contract.batches import REASONS_TYPE, RawBatch, RowPositions
from lockgate.contract.dataset_rules import RuleCheck
from lockgate.contract.model import Contract, Mode
from lockgate.errors import PlanRefused, UsageError
from lockgate.flow.check import check
from lockgate.keys.versions import Versions
from lockgate.labels.label import PUBLIC, join_all
from lockgate.ledger.event import GateReleased, UnrecordedUse
from lockgate.pipeline.model import FileFormat, Pipeline, SinkSpec, SourceSpec
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.run.context import RunContext
from lockgate.run.gate import Gate, GateResult
from lockgate.run.key_table import for_gate
from lockgate.run.rejected import plain_layout

SINK = "frame"


class Gated(NamedTuple):
    """What left and what did not, as the kind of frame that came in.

    ``rejected`` has the frame's own columns and ``lockgate_row`` (from 1) and
    ``lockgate_reasons`` (list of column and Pydantic error type) before them.
    """

    released: Any
    rejected: Any


@guarded
@dataclass(frozen=True, slots=True)
class LibraryGate:
    """A proven contract and zone: call it with frames. Every call is one entry in the ledger.

    Takes a pyarrow Table or RecordBatch, a Polars or pandas frame, or anything with
    ``__arrow_c_stream__``; its columns are the contract's, in any order.
    """

    plan: CheckedPlan
    purpose: str
    _gate: Gate
    _contract: Contract
    _context: RunContext
    _asked: tuple[Action, Resource]

    def __call__(self, frame: Any) -> Gated:
        """Judge and protect.

        Raises UsageError for other columns than the contract's, SourceError if a rule about the
        frame as a whole (unique, say) does not hold, AuthorisationDenied for whoever may not, or no
        longer.
        """
        self._context.gatekeeper.confirm(*self._asked, self.purpose)
        table = _plain(to_table(frame))
        self._check_columns(table)
        plain = pa.schema([pa.field(f.name, f.type) for f in self._gate.edge.schemas[SINK]])
        results = list(self._results(table))
        self._check_rules(results)
        released = pa.Table.from_batches(
            [
                alone(result.released[SINK].batch.replace_schema_metadata(None).cast(plain))
                for result in results
            ],
            schema=plain,
        )
        rejected = _rejected(table, results)
        if self.recorded:
            self._record(released.num_rows, rejected.num_rows)
        return Gated(like(released, frame), like(rejected, frame))

    @property
    def recorded(self) -> bool:
        """Whether every call is an entry in the ledger: unless to go without was permitted."""
        return self._asked[0] is not Action.UNRECORDED_GATE

    def _results(self, table: pa.Table) -> Iterator[GateResult]:
        row = 0
        for batch in table.to_batches(max_chunksize=self._context.limits.batch_rows):
            yield self._gate(RawBatch(Mode.PYTHON, batch, RowPositions(SINK, first_row=row + 1)))
            row += batch.num_rows

    def _check_rules(self, results: list[GateResult]) -> None:
        """Uniqueness, counts and other rules about the frame as a whole."""
        with closing(RuleCheck(self._contract)) as rules:
            for result in results:
                rules.add(rules.measure(result.accepted))
            rules.finish()

    def _check_columns(self, table: pa.Table) -> None:
        names = table.column_names
        known = set(self._contract.names)
        missing = [c.name for c in self._contract.columns if c.required and c.name not in names]
        unknown = [i for i, name in enumerate(names, 1) if name not in known]
        if missing or unknown or len(set(names)) != len(names):
            parts = [f"missing {', '.join(missing)}"] if missing else []
            parts += [f"columns {', '.join(map(str, unknown))} are not in it"] if unknown else []
            raise UsageError(
                f"the frame does not fit contract {self._contract.name}: "
                + ("; ".join(parts) or "a column name stands twice"),
                hint=f"its columns are {', '.join(self._contract.names)}",
            )

    def _record(self, accepted: int, rejected: int) -> None:
        event = GateReleased(
            contract_digest=self.plan.contract_digest,
            policy_digest=self.plan.policy_digest,
            plan_digest=self.plan.digest,
            zone=self.plan.sinks[0].zone,
            rows_accepted=accepted,
            rows_rejected=rejected,
            key_numbers=self._gate.edge.key_numbers,
            **self._context.by(self.purpose),
        )
        keys = self._context.state.keys
        with self._context.state.transaction(), keys.transaction():
            Versions(keys).require_usable(event.key_numbers)
            self._context.ledger.append(event)


@guarded_call
def open_gate(
    project: Project,
    context: RunContext,
    contract_name: str,
    zone: str,
    purpose: str,
    *,
    recorded: bool = True,
    due: Callable[[RunContext], None] = nothing_due,
) -> LibraryGate:
    """Prove a contract against a zone and make its gate, which has derived keys and no others.

    ``due`` is done first, once the gate is permitted.

    Raises PlanRefused with every finding, UsageError for an unknown contract.
    """
    contract = project.contracts.get(contract_name)
    if contract is None:
        known = ", ".join(sorted(project.contracts)) or "none yet"
        raise UsageError("no such contract", hint=f"contracts: {known}")
    action = Action.GATE if recorded else Action.UNRECORDED_GATE
    asked = dataset(contract_name, zone, contract_labels(contract))
    permit = context.permit(action, asked, purpose)
    require_approved_zones(project, context)
    with context.released(permit) as keeping:
        due(keeping)
    pipeline = Pipeline(
        name=f"gate:{contract_name}",
        purpose=purpose,
        sources=(SourceSpec(contract_name, "", FileFormat.PARQUET),),
        sinks=(SinkSpec(SINK, zone, "", FileFormat.CSV),),
    )
    plan = check(pipeline, {contract_name: contract}, project.policy)
    if len(plan.sinks) != 1:
        raise PlanRefused("the gate's plan has another shape than one sink")
    require_domains(project, context.keys, plan)
    day = context.now().date()
    with context.released(permit, for_gate(plan)) as keyed:
        keys, salts = (context.kernel, keyed.keys), keyed.subject_salts()
        gate = Gate(plan, contract, Mode.PYTHON, *keys, day, context.limits, salts)
    if not recorded:
        event = UnrecordedUse(
            contract_digest=plan.contract_digest, zone=zone, **context.by(purpose)
        )
        with context.state.transaction():
            context.ledger.append(event)
    return LibraryGate(plan, purpose, gate, contract, context, (action, asked))


def contract_labels(contract: Contract) -> tuple[str, ...]:
    """The labels of a contract's columns, by name; none if all of it is public."""
    found = join_all(column.labels for column in contract.columns).names()
    return tuple(name for name in found if name != PUBLIC)


def _plain(table: pa.Table) -> pa.Table:
    batches = [plain_layout(batch) for batch in table.to_batches()]
    return pa.Table.from_batches(batches) if batches else table


def _rejected(table: pa.Table, results: list[GateResult]) -> pa.Table:
    parts = [result.rejected.table for result in results]
    rows = pa.chunked_array([part.column("row") for part in parts], pa.int64())
    reasons = pa.chunked_array([part.column("reasons") for part in parts], REASONS_TYPE)
    picked = table.take(pc.subtract(rows, 1))
    return picked.add_column(0, "lockgate_reasons", reasons).add_column(0, "lockgate_row", rows)
