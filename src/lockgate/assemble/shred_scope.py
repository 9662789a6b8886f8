"""Where values about the people of a key domain went: what dies with a key, and what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lockgate.assemble.pipelines import check_project
from lockgate.assemble.project_file import Project
from lockgate.contract.model import Contract
from lockgate.flow.subject_keys import subject_domains
from lockgate.ledger.event import GateReleased, ReleaseIntent
from lockgate.ledger.receipt import Receipt
from lockgate.plan.checked_plan import CheckedPlan, PlannedColumn, PlannedSink
from lockgate.protect.encrypt import INDEX_SUFFIX, Encrypt
from lockgate.run.context import RunContext
from lockgate.run.state_ports import QuarantineState

CLEAR = "clear"
INDEX = "index"
"""How the keyed hash beside a ciphertext is told."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A column of a sink with values about people of the key domain, and how it holds them.

    ``how``: a treatment's word, ``clear`` or ``index``. ``releases`` and ``rows`` are all that the
    present plan gave the sink, whoever they are about.
    """

    pipeline: str
    sink: str
    zone: str
    column: str
    dataset: str
    labels: tuple[str, ...]
    how: str
    releases: int
    rows: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Where values of the people of a key domain are, as the ledger and the present plans tell it.

    ``unreadable`` columns die with a person's key, those that ``survive`` do not. ``earlier``
    counts, by pipeline, releases under plans that are no more: their columns are not known.
    ``gate_zones`` are those that a program's own gate released to, ``waiting`` the runs whose
    rejected rows are still kept, under a key of their day. ``runs`` are all that may hold values.
    """

    unreadable: tuple[Reached, ...] = ()
    survive: tuple[Reached, ...] = ()
    earlier: Mapping[str, int] | None = None
    gate_zones: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


def contracts_about(project: Project, domain: str) -> tuple[Contract, ...]:
    """The contracts whose rows are about people of the key domain."""
    return tuple(
        contract
        for contract in project.contracts.values()
        if contract.subject and subject_domains(contract.subject, project.policy) == (domain,)
    )


def scope_of(project: Project, context: RunContext, domain: str) -> Scope:
    """Look through ledger and plans. One pass over the ledger; memory grows with its releases.

    Of a key domain that no contract has, nothing is known but that it may have been in any release.
    """
    about = contracts_about(project, domain)
    released, gate_zones = _ledger(context, {contract.digest for contract in about})
    names = tuple(name for name in project.pipelines if name in released)
    plans = check_project(project, names).plans if names else {}
    ids = {contract.id for contract in about}
    concerned = {n: p for n, p in plans.items() if ids & {one.contract_id for one in p.sources}}
    unknown = set(released) - set(plans) if about else set(released)
    reached = [one for n, plan in concerned.items() for one in _reached(plan, domain, released[n])]
    earlier = {
        name: sum(1 for one in released[name] if one.plan_digest != plan_digest)
        for name, plan_digest in (
            *((name, plan.digest) for name, plan in concerned.items()),
            *((name, "") for name in unknown),
        )
    }
    waiting = context.state.quarantine.list(QuarantineState.WAITING)
    return Scope(
        unreadable=tuple(one for one, dies in reached if dies),
        survive=tuple(one for one, dies in reached if not dies),
        earlier={name: count for name, count in sorted(earlier.items()) if count},
        gate_zones=gate_zones,
        waiting=tuple(sorted(one.run_id for one in waiting if one.pipeline in earlier)),
        runs=tuple(one.run_id for name in sorted(earlier) for one in released[name]),
    )


def _ledger(
    context: RunContext, digests: set[str]
) -> tuple[dict[str, list[Receipt]], tuple[str, ...]]:
    """Receipts by pipeline, and the zones that gates of these contracts released to."""
    released: dict[str, list[Receipt]] = {}
    zones = set()
    for entry in context.ledger.read():
        event = entry.event
        if isinstance(event, ReleaseIntent):
            released.setdefault(event.receipt.pipeline, []).append(event.receipt)
        elif isinstance(event, GateReleased) and event.contract_digest in digests:
            zones.add(event.zone)
    return released, tuple(sorted(zones))


def _reached(
    plan: CheckedPlan, domain: str, receipts: Sequence[Receipt]
) -> Iterator[tuple[Reached, bool]]:
    """Columns of a plan with personal values, and whether they die with the person's key.

    Of this very plan: an earlier one may have released the same column without such a key.
    """
    own = [each for each in receipts if each.plan_digest == plan.digest]
    for sink in plan.sinks:
        outcomes = [one for each in own for one in each.outcomes if one.sink == sink.name]
        rows = sum(one.rows for one in outcomes)

        def at(
            column: PlannedColumn,
            name: str,
            how: str,
            sink: PlannedSink = sink,
            releases: int = len(outcomes),
            rows: int = rows,
        ) -> Reached:
            labels = tuple(column.labels.texts())
            place = (plan.pipeline, sink.name, sink.zone, name, column.dataset)
            return Reached(*place, labels, how, releases, rows)

        for column in sink.columns:
            treatment = column.treatment
            if treatment is None:
                if not column.labels.public:
                    yield at(column, column.name, CLEAR), False
            elif treatment.name != "drop":
                dies = bool(column.subject) and column.subject_domain == domain
                yield at(column, column.name, treatment.name), dies
                if isinstance(treatment, Encrypt) and treatment.index:
                    yield at(column, column.name + INDEX_SUFFIX, INDEX), False
