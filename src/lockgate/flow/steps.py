"""Steps as nodes of the graph: what each column of a step is made of, and of which type it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from lockgate.errors import LockgateError, SqlRefused
from lockgate.flow.claims import claim_findings, claim_line, claimed
from lockgate.flow.findings import Finding, FindingRule
from lockgate.flow.folding import Unguarded, guarded_fold
from lockgate.flow.known import KnownColumns
from lockgate.flow.sql.lineage import InputTable, Ref, RowShape
from lockgate.flow.sql.reads import ReadQuery, read
from lockgate.flow.sql.row_shape import row_shape
from lockgate.flow.sql.trace import trace
from lockgate.flow.step_order import in_order, input_findings, last_step, name_findings
from lockgate.flow.step_ports import StepTyping
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.graph import ColumnRef, Node, NodeKind, OutputColumn
from lockgate.pipeline.model import Pipeline, StepKind, StepSpec
from lockgate.plan.checked_plan import PlannedStep
from lockgate.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class TracedSteps:
    """The steps that could be traced, in order, and what was found about all of them.

    ``last`` is the step that a sink reads which names none.
    """

    nodes: tuple[Node, ...]
    planned: tuple[PlannedStep, ...]
    findings: tuple[Finding, ...]
    last: str = ""


def trace_steps(
    pipeline: Pipeline,
    known: KnownColumns,
    typing: StepTyping,
    policy: Policy,
    limits: Limits = DEFAULT_LIMITS,
) -> TracedSteps:
    """Trace every step whose inputs could be, and add its columns to ``known``.

    A step that is refused hides those behind it: they get no finding of their own.
    """
    found = [*name_findings(pipeline)]
    reads: dict[str, frozenset[str]] = {}
    queries: dict[str, ReadQuery] = {}
    for step in pipeline.steps:
        reads[step.name] = frozenset(step.inputs)
        if step.kind is not StepKind.SQL:
            continue
        try:
            queries[step.name] = query = read(step.text, limits)
            reads[step.name] = query.tables
        except SqlRefused as refused:
            found += _refused(pipeline, step, refused)
    broken = {finding.step for finding in found}
    complete = all(finding.rule is not FindingRule.STEP_REFUSED for finding in found)
    order, circle = in_order(pipeline, reads)
    found += [*circle, *input_findings(pipeline, reads, complete)]
    tracer = _Tracer(pipeline, known, typing, policy, limits, queries, broken, found)
    for step in order:
        tracer.add(step, reads[step.name])
    return TracedSteps(
        tuple(tracer.nodes), tuple(tracer.planned), tuple(found), last_step(pipeline, reads)
    )


class _Tracer:
    """Grows nodes and planned steps, one behind the other."""

    def __init__(
        self,
        pipeline: Pipeline,
        known: KnownColumns,
        typing: StepTyping,
        policy: Policy,
        limits: Limits,
        queries: Mapping[str, ReadQuery],
        broken: set[str],
        found: list[Finding],
    ) -> None:
        self.nodes: list[Node] = []
        self.planned: list[PlannedStep] = []
        self._pipeline = pipeline
        self._known = known
        self._typing = typing
        self._policy = policy
        self._taxonomy = policy.taxonomy
        self._limits = limits
        self._queries = queries
        self._broken = broken
        self._found = found

    def add(self, step: StepSpec, reads: frozenset[str]) -> None:
        """Trace a step, unless it or something that it reads is broken."""
        inputs = sorted(reads)
        if step.name in self._broken or any(name not in self._known.datasets for name in inputs):
            return
        schemas = {name: self._known.schema(name) for name in inputs}
        try:
            if step.kind is StepKind.SQL:
                self._sql(step, schemas)
            else:
                self._python(step, schemas)
        except SqlRefused as refused:
            self._found += _refused(self._pipeline, step, refused)
        except LockgateError as error:
            rule = FindingRule.STEP_TYPES
            self._found.append(_finding(self._pipeline, step, rule, error.message, error.hint))

    def _sql(self, step: StepSpec, schemas: Mapping[str, pa.Schema]) -> None:
        tables = [InputTable(name, tuple(schema.names)) for name, schema in schemas.items()]
        traced = trace(step.text, tables, self._limits, self._queries[step.name].tree)
        text, held_back, k, rows = traced.sql, "", 0, traced.rows
        if step.aggregation is not None:
            guarded = guarded_fold(step.aggregation, traced, tables, self._known, self._policy)
            if isinstance(guarded, Unguarded):
                rule = FindingRule.AGGREGATION
                self._found.append(_finding(self._pipeline, step, rule, *guarded))
                return
            text, held_back, k = guarded.sql, guarded.held_back, step.aggregation.k
            rows |= guarded.deciding  # which groups are told
        schema = self._typing.sql(step, text, schemas)
        if held_back:
            schema = schema.remove(schema.get_field_index(held_back))
        columns = [
            OutputColumn(
                column.name,
                _refs(column.direct),
                _refs(column.influence),
                step.place(*column.where),
                k if column.how is not None else 0,
            )
            for column in traced.columns
        ]
        node = Node(
            step.name,
            NodeKind.STEP,
            tuple(schemas),
            tuple(claimed(step, columns, schemas, self._taxonomy)),
            _refs(rows),
            step.where,
        )
        guard = (held_back, traced.sql if held_back else "")
        self._add(step, node, schemas, schema, text, row_shape(traced), guard)

    def _python(self, step: StepSpec, schemas: Mapping[str, pa.Schema]) -> None:
        shape = self._typing.python(step, schemas)
        every = tuple(ColumnRef(node, name) for node, one in schemas.items() for name in one.names)
        columns = [OutputColumn(name, every, (), step.where) for name in shape.schema.names]
        told = replace(step, declassified=(*step.declassified, *shape.claims))
        outputs = tuple(claimed(told, columns, schemas, self._taxonomy))
        # Which rows come out, how many and in which order, a function may decide by anything.
        node = Node(step.name, NodeKind.STEP, tuple(schemas), outputs, every, step.where)
        self._add(told, node, schemas, shape.schema, step.text, None, code=shape.code)

    def _add(
        self,
        step: StepSpec,
        node: Node,
        inputs: Mapping[str, pa.Schema],
        schema: pa.Schema,
        text: str,
        shape: RowShape | None,
        guard: tuple[str, str] = ("", ""),
        code: str = "",
    ) -> None:
        names = [column.name for column in node.outputs]
        self._found += claim_findings(self._pipeline, step, names, inputs, self._taxonomy)
        self._known.add_step(self._pipeline, node, schema, shape)
        self.nodes.append(node)
        self.planned.append(
            PlannedStep(
                step.name,
                step.kind,
                text,
                node.inputs,
                schema,
                step.aggregation,
                tuple(claim_line(one) for one in step.declassified),
                *guard,
                code,
            )
        )


def _refs(refs: Iterable[Ref]) -> tuple[ColumnRef, ...]:
    return tuple(ColumnRef(ref.table, ref.column) for ref in sorted(refs))


def _refused(pipeline: Pipeline, step: StepSpec, refused: SqlRefused) -> Iterator[Finding]:
    for problem in refused.problems:
        at = problem.where
        where = step.place(at.line, at.column) if at is not None and at.line else step.where
        yield Finding(
            FindingRule.STEP_REFUSED,
            pipeline.name,
            problem.message,
            step=step.name,
            fix=problem.hint,
            where=where,
        )


def _finding(
    pipeline: Pipeline, step: StepSpec, rule: FindingRule, message: str, fix: str
) -> Finding:
    return Finding(rule, pipeline.name, message, step=step.name, fix=fix, where=step.where)
