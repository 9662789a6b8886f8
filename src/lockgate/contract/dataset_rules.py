"""Checking dataset rules over the accepted batches of a run, in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import SchemaValidator, core_schema

from lockgate.contract.dataset_rule import DatasetRule, Metric
from lockgate.contract.fingerprints import DuplicateCounter, Fingerprints, Prints
from lockgate.contract.model import Contract
from lockgate.errors import Problem, SourceError


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule measured: a count of rows, or hundredths of them."""

    rule: DatasetRule
    measured: float
    holds: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """What the rules need of one batch: its rows, a count a rule, fingerprints of keys."""

    rows: int
    counts: tuple[int, ...]
    prints: Mapping[int, Prints]


class RuleCheck:
    """The dataset rules of a contract over one run.

    Any thread may ``measure`` a batch; what was measured is added by one thread at a time.
    """

    def __init__(self, contract: Contract) -> None:
        self.rules: tuple[DatasetRule, ...] = tuple(contract.extras.get("dataset_rules", ()))
        self._rows = 0
        self._counts = [0] * len(self.rules)
        self._keys = {
            place: (Fingerprints(len(rule.columns)), DuplicateCounter())
            for place, rule in enumerate(self.rules)
            if rule.metric is Metric.DUPLICATE_VALUES
        }

    def measure(self, accepted: pa.RecordBatch) -> Measured:
        """Measure one batch of accepted rows (the contract's schema). Changes nothing here."""
        counts = [0] * len(self.rules)
        prints: dict[int, Prints] = {}
        for place, rule in enumerate(self.rules if accepted.num_rows else ()):
            columns = [accepted.column(name) for name in rule.columns]
            if place in self._keys:
                prints[place] = self._keys[place][0].of(columns)
            elif columns:
                counts[place] = _count(rule, columns)
        return Measured(accepted.num_rows, tuple(counts), prints)

    def add(self, measured: Measured) -> None:
        """Take what was measured of one batch."""
        self._rows += measured.rows
        self._counts = [a + b for a, b in zip(self._counts, measured.counts, strict=True)]
        for place, prints in measured.prints.items():
            self._keys[place][1].add(prints)

    def results(self) -> tuple[RuleResult, ...]:
        """Every rule's measurement so far. Call it once, after the last batch."""
        return tuple(self._result(place, rule) for place, rule in enumerate(self.rules))

    def finish(self) -> tuple[RuleResult, ...]:
        """Every rule's measurement. Raises SourceError if a rule that gates does not hold."""
        results = self.results()
        broken = [result for result in results if result.rule.gates and not result.holds]
        if broken:
            problems = [Problem(SourceError.code, _sentence(result)) for result in broken]
            raise SourceError(
                f"{len(broken)} rule(s) about the dataset do not hold: "
                + "; ".join(_sentence(result) for result in broken),
                hint="mend the data, or the contract's quality rules, primaryKey or unique",
                problems=problems,
            )
        return results

    def close(self) -> None:
        """Let go of temporary files of a run that was given up."""
        for _, counter in self._keys.values():
            counter.close()

    def _result(self, place: int, rule: DatasetRule) -> RuleResult:
        measured: float = self._counts[place]
        if rule.metric is Metric.ROW_COUNT:
            measured = self._rows
        elif place in self._keys:
            measured = self._keys[place][1].count()
        if rule.percent:
            measured = 100.0 * measured / self._rows if self._rows else 0.0
        return RuleResult(rule, measured, rule.holds(measured))


def _sentence(result: RuleResult) -> str:
    rule = result.rule
    unit = "%" if rule.percent else ""
    wanted = " and ".join(f"{value:g}" for value in rule.threshold)
    return f"{rule.name}: measured {result.measured:g}{unit}, {rule.operator} {wanted}{unit}"


def _count(rule: DatasetRule, columns: Sequence[pa.Array]) -> int:
    column = columns[0]
    if rule.metric is Metric.NULL_VALUES:
        return int(column.null_count)
    if rule.metric is Metric.MISSING_VALUES:
        listed = _in(column, rule.values)
        return int(column.null_count) + listed
    return len(column) - int(column.null_count) - _valid(rule, column)


def _in(column: pa.Array, values: Sequence[object]) -> int:
    """How many values are among these, compared as text."""
    texts = pa.array([_as_text(value) for value in values if value is not None], pa.string())
    found = pc.is_in(column.cast(pa.string()), texts)
    return int(pc.sum(found).as_py() or 0)


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _valid(rule: DatasetRule, column: pa.Array) -> int:
    """How many values keep the valid list, shape and lengths."""
    encoded = column.cast(pa.string()).drop_null().value_counts()
    validator = SchemaValidator(
        core_schema.str_schema(
            pattern=rule.pattern or None, min_length=rule.min_length, max_length=rule.max_length
        )
    )
    listed = {_as_text(value) for value in rule.values}
    values, counts = encoded.field("values").to_pylist(), encoded.field("counts").to_pylist()
    return sum(
        count
        for value, count in zip(values, counts, strict=True)
        if (not listed or value in listed) and validator.isinstance_python(value)
    )
