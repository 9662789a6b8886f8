"""Plan the columns of one sink: what its zone demands of each, and whether that can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lockgate.contract.model import Column
from lockgate.errors import PolicyError
from lockgate.flow.findings import Finding, FindingRule
from lockgate.flow.fixes import refusal_fix, zone_line
from lockgate.flow.frequency import few_values
from lockgate.flow.known import KnownColumns
from lockgate.flow.paths import PathStep, path_to
from lockgate.flow.propagate import Traced
from lockgate.flow.record_keys import bound_to_record
from lockgate.flow.subject_keys import Untied, under_subjects_key
from lockgate.labels.label import State
from lockgate.pipeline.graph import ColumnRef, Graph, sink_id
from lockgate.pipeline.model import Pipeline, SinkSpec
from lockgate.plan.checked_plan import PlannedColumn
from lockgate.plan.form import form_of
from lockgate.policy.choose import Cause, Refusal, choose
from lockgate.policy.policy import Policy
from lockgate.policy.zone import Word, Zone
from lockgate.protect.treatment import Treatment

_NAMED = 5


@dataclass(frozen=True, slots=True)
class SinkColumns:
    """What the planning of one sink looks at."""

    pipeline: Pipeline
    known: KnownColumns
    policy: Policy
    sink: SinkSpec
    zone: Zone
    graph: Graph
    traced: Mapping[ColumnRef, Traced]

    def finding(
        self, rule: FindingRule, column: Column | None, message: str, **more: Any
    ) -> Finding:
        """A finding about a column (or all) of this sink."""
        where = column.where if column and column.where else self.sink.where
        return Finding(
            rule,
            self.pipeline.name,
            message,
            self.sink.name,
            zone=self.zone.name,
            where=where or self.pipeline.where,
            **{"column": column.name if column else "", **more},
        )


def plan_columns(context: SinkColumns) -> tuple[tuple[PlannedColumn, ...], list[Finding]]:
    """The planned columns of a sink in order, and what was found about them."""
    planned: list[PlannedColumn] = []
    found: list[Finding] = []
    fields: dict[str, str] = {}
    held: list[ColumnRef] = []
    node = context.graph.node(sink_id(context.sink.name))
    for output in node.outputs:
        end = ColumnRef(node.id, output.name)
        known = context.traced[end]
        of = _held(context, output.direct[0])
        column = context.known.columns[of]
        chosen = choose(known.labels, known.influence, context.zone)
        if isinstance(chosen, tuple):
            found += [_refused(context, column, refusal, end) for refusal in chosen]
            continue
        domain, domain_findings = _domain(context, column, known, chosen.treatment)
        found += domain_findings
        one = PlannedColumn(
            name=output.name,
            source=column.name,
            column_id=column.id,
            arrow_type=column.arrow_type,
            labels=known.labels,
            influence=known.influence,
            treatment=chosen.treatment,
            domain=domain,
            why=chosen.why,
            dataset=context.known.datasets[of.node],
            nullable=column.nullable or not column.required,
        )
        tied = under_subjects_key(one, of, context.known, context.policy, context.zone)
        if isinstance(tied, Untied):
            found.append(_untied(context, column, one, tied, end))
        else:
            one = tied
        planned.append(one)
        held.append(of)
        found += _output_findings(context, column, one, fields)
        found += _frequency_findings(context, column, one, of)
    found += _bind_records(context, planned, held)
    if not fields and not found:
        message = "every column is dropped: nothing would be released"
        fix = f"select a column that zone {context.zone.name} lets through"
        found.append(context.finding(FindingRule.NOTHING_RELEASED, None, message, fix=fix))
    return tuple(planned), [*found, *_decided(context, planned)]


def _bind_records(
    context: SinkColumns, planned: list[PlannedColumn], held: Sequence[ColumnRef]
) -> Iterator[Finding]:
    """Say in ``planned`` what values are bound to, where their treatment wants it."""
    for place, (one, of) in enumerate(zip(tuple(planned), held, strict=True)):
        bound = bound_to_record(one, of, planned, context.known)
        if isinstance(bound, Untied):
            end = ColumnRef(sink_id(context.sink.name), one.name)
            yield _untied(context, context.known.columns[of], one, bound, end)
        else:
            planned[place] = bound


def _untied(
    context: SinkColumns, column: Column, one: PlannedColumn, untied: Untied, end: ColumnRef
) -> Finding:
    label = next(iter(one.labels.texts()), "")
    path: tuple[PathStep, ...] = ()
    if context.pipeline.steps:
        path = path_to(context.graph, context.traced, end, label, False)
    return context.finding(
        untied.rule, column, untied.message, label=label, fix=untied.fix, path=path
    )


def _decided(context: SinkColumns, planned: Sequence[PlannedColumn]) -> Iterator[Finding]:
    """One warning for the columns that pass clear though something hidden decides what they hold.

    A condition can spell out a value in other words (``CASE WHEN ssn LIKE '1%' THEN 'one'``): that
    is influence, and the zone allows it unless it says no.
    """
    hidden: dict[str, list[str]] = {}
    for column in planned:
        if column.treatment is None:
            for mark in column.influence:
                line = context.zone.rule_for(mark)
                if line is None or line.rule is not Word.ALLOW:
                    hidden.setdefault(str(mark), []).append(column.name)
    if not hidden:
        return
    names = list(dict.fromkeys(name for found in hidden.values() for name in found))
    shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" * (len(names) > _NAMED))
    labels = sorted(hidden)
    rules = ", ".join(f"{label}: deny" for label in labels if "(" not in label)
    yield context.finding(
        FindingRule.DECIDED,
        None,
        f"{shown} pass clear, and what this zone does not show clear decides what they hold: "
        f"{', '.join(labels)}",
        label=", ".join(labels),
        fix=zone_line(context.zone, rules, "influence") if rules else "",
    )


def _held(context: SinkColumns, ref: ColumnRef) -> ColumnRef:
    """The column of a source or step; a selection only gives it another name."""
    while ref not in context.known.columns:
        output = next(c for c in context.graph.node(ref.node).outputs if c.name == ref.column)
        ref = output.direct[0]
    return ref


def _refused(context: SinkColumns, column: Column, refusal: Refusal, end: ColumnRef) -> Finding:
    path: tuple[PathStep, ...] = ()
    if context.pipeline.steps:
        decides = refusal.cause is Cause.INFLUENCE
        path = path_to(context.graph, context.traced, end, refusal.label, decides)
    return context.finding(
        FindingRule(refusal.cause.value),
        column,
        refusal.message,
        label=refusal.label,
        fix=refusal_fix(refusal, column, context.zone),
        path=path,
    )


def _domain(
    context: SinkColumns, column: Column, known: Traced, treatment: Treatment | None
) -> tuple[str, list[Finding]]:
    """The key domain: the column's own, or the one its labels share; "" where no key is used."""
    if treatment is None or treatment.key_use is None:
        return "", []
    if column.domain:
        if column.domain in context.policy.domains:
            return column.domain, []
        message = f"there is no key domain {column.domain}"
        fix = f"domains: {{{column.domain}: {{normaliser: exact}}}}"
        return "", [context.finding(FindingRule.UNKNOWN_DOMAIN, column, message, fix=fix)]
    taxonomy = context.policy.taxonomy
    names = [m.label.name if isinstance(m, State) else m.name for m in known.labels]
    domains = sorted({taxonomy.domain_of(n) for n in names if taxonomy.known(n)} - {""})
    if len(domains) == 1:
        return domains[0], []
    if domains:
        message = f"its labels have different key domains: {', '.join(domains)}"
        rule, fix = FindingRule.AMBIGUOUS_DOMAIN, domains[0]
    else:
        message = f"{treatment.name} needs a key domain, and its label has none"
        rule, fix = FindingRule.MISSING_DOMAIN, "person-other"
    fix = f"customProperties: [{{property: lockgate.domain, value: {fix}}}]"
    return "", [context.finding(rule, column, message, label=str(known.labels), fix=fix)]


def _output_findings(
    context: SinkColumns, column: Column, one: PlannedColumn, fields: dict[str, str]
) -> Iterator[Finding]:
    """The treatment takes the column's type, and what comes out has a name of its own."""
    form = form_of(context.sink.format)
    outputs: tuple[pa.Field, ...] = (pa.field(one.name, one.arrow_type),)
    if one.treatment is not None:
        try:
            outputs = one.treatment.output_fields(one.name, one.arrow_type, form)
        except PolicyError as error:
            fix = refusal_fix(None, column, context.zone)
            label = str(one.labels)
            yield context.finding(
                FindingRule.TREATMENT_TYPE, column, error.message, label=label, fix=fix
            )
            return
    for field in outputs:
        other = fields.setdefault(field.name, one.name)
        if other != one.name:
            message = f"output {field.name} is also made from column {other}"
            fix = f"select: [{{{one.source}: {one.name}_2}}]"
            yield context.finding(FindingRule.DUPLICATE_OUTPUT, column, message, fix=fix)


def _frequency_findings(
    context: SinkColumns, column: Column, one: PlannedColumn, of: ColumnRef
) -> Iterator[Finding]:
    if one.treatment is None:
        return
    contract = context.known.contracts.get(of.node)
    magnitude = few_values(one.treatment, one.labels, column, contract, context.policy)
    if magnitude:
        message = (
            f"{one.treatment.name} keeps equal values equal, and there are only some "
            f"{10**magnitude:,} different ones: counting can undo it"
        )
        fix = refusal_fix(None, column, context.zone)
        yield context.finding(
            FindingRule.FREQUENCY, column, message, label=str(one.labels), fix=fix
        )
