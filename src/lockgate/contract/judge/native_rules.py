"""Columnar rules by the native kernel; what that does not take goes to the portable ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import email_validator
import pyarrow as pa
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from lockgate.contract.batches import REASONS_TYPE, Verdict
from lockgate.contract.judge.decision import NO_ROWS, Decide, Decision
from lockgate.contract.judge.python_values import Rows, is_plain
from lockgate.kernel.judging import Answer, Asking, NativeBatch, NativeRule, Settled

Takes = Callable[[pa.Array], pa.Array | None]
"""An array as the native rule takes it, or None if it is the portable rule's."""

# With other settings, email-validator accepts some of what the native rule refuses.
_EMAIL_SETTINGS: Final = {
    "ALLOW_EMPTY_LOCAL": False,
    "ALLOW_QUOTED_LOCAL": False,
    "ALLOW_DOMAIN_LITERAL": False,
    "ALLOW_DISPLAY_NAME": False,
    "GLOBALLY_DELIVERABLE": True,
    "TEST_ENVIRONMENT": False,
}


class Asked:
    """Decides a column by the native rule as far as that takes it, the rest ``otherwise``."""

    def __init__(
        self,
        native: Asking,
        rule: NativeRule,
        held_type: pa.DataType,
        takes: Takes,
        otherwise: Decide,
    ) -> None:
        self.rule = rule
        self.takes = takes
        self._native = native
        self._held_type = held_type
        self._otherwise = otherwise

    def __call__(self, values: pa.Array) -> Decision | None:
        given = self.takes(values)
        if given is None:
            return self._otherwise(values)
        return self.decision(given, self._native.ask(self.rule, given))

    def decision(self, given: pa.Array, answer: Answer | None) -> Decision:
        """The rule's answer on what it took, as a decision."""
        if answer is None:
            return Decision(given)
        changed, undecided, rejected = answer
        return Decision(
            given if changed is None else pa.array(changed).view(self._held_type),
            NO_ROWS if undecided is None else _rows(undecided),
            [(kind, _rows(rows)) for kind, rows in rejected],
        )


@dataclass(frozen=True, slots=True)
class Whole:
    """What it takes to settle whole batches, if no row of one is left to Pydantic.

    ``schema`` is of what is accepted; ``nulls`` says by column what its null rows are, as
    ``BatchMaker`` takes it. With ``closed``, a batch may have no columns but those.
    """

    schema: pa.Schema
    nulls: Callable[[str], str | None]
    closed: bool
    most_reasons: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which columns of a schema are handed to native rules as they are."""

    schema: pa.Schema
    names: list[str]
    rules: list[NativeRule]
    whole: NativeBatch | None


Known = dict[str, Decision | None]
"""By name, what is said of the columns taken as they are; None if all is accepted so."""


class AskedTogether:
    """Native rules of several columns, asked in one call."""

    def __init__(
        self, native: Asking, rules: Mapping[str, Asked], whole: Whole | None = None
    ) -> None:
        self._native = native
        self._rules = rules
        self._whole = whole
        self._plan: _Plan | None = None

    def __call__(self, batch: pa.RecordBatch) -> tuple[Verdict | None, Known]:
        """The verdict on all rows, if it is told whole what to do with them; else what is known."""
        plan = self._plan
        if plan is None or not plan.schema.equals(batch.schema):
            self._plan = plan = self._planned(batch.schema)  # two threads may both make it
        if not plan.names:
            return None, {}
        columns = batch if plan.names == plan.schema.names else batch.select(plan.names)
        if plan.whole is None:
            answers = self._native.ask_all(plan.rules, columns)
        else:
            settled, answers = self._native.judge_batch(plan.whole, columns)
            if settled is not None:
                return _verdict(settled), {}
        return None, {
            name: None if answer is None else self._rules[name].decision(batch.column(name), answer)
            for name, answer in zip(plan.names, answers, strict=True)
        }

    def _planned(self, schema: pa.Schema) -> _Plan:
        names: list[str] = []
        for name, asked in self._rules.items():
            place = schema.get_field_index(name)
            if place >= 0 and is_plain(schema.types[place]):
                nothing = pa.array([], schema.types[place])
                if asked.takes(nothing) is nothing:
                    names.append(name)
        rules = [self._rules[name].rule for name in names]
        return _Plan(schema, names, rules, self._made_whole(schema, names))

    def _made_whole(self, schema: pa.Schema, names: list[str]) -> NativeBatch | None:
        """The rules as one, if they are all that there is to say."""
        whole = self._whole
        if whole is None or len(names) != len(whole.schema):
            return None
        if whole.closed and len(schema) != len(names):
            return None
        columns = [(name, self._rules[name].rule, whole.nulls(name)) for name in names]
        return self._native.make_batch(columns, whole.schema, whole.most_reasons)


def _verdict(settled: Settled) -> Verdict:
    accepted, rejected, *reasons = settled
    starts, *parts = map(pa.array, reasons)
    structs = pa.StructArray.from_arrays(parts, fields=list(REASONS_TYPE.value_type))
    return Verdict(
        pa.record_batch(accepted),
        pa.array(rejected),
        pa.ListArray.from_arrays(starts, structs, type=REASONS_TYPE),
    )


def _rows(rows: Any) -> Rows:
    found: Rows = pa.array(rows).to_numpy()
    return found


def text_only(values: pa.Array) -> pa.Array | None:
    """utf8."""
    return values if values.type == pa.string() else None


def text_or(*kinds: pa.DataType) -> Takes:
    """utf8, or one of these types."""
    return lambda values: values if values.type == pa.string() or values.type in kinds else None


def text_or_whole(values: pa.Array) -> pa.Array | None:
    """utf8, or integers as int64."""
    if values.type == pa.string():
        return values
    if pa.types.is_integer(values.type) and values.type != pa.uint64():
        return values if values.type == pa.int64() else values.cast(pa.int64())
    return None


def text_or_decimal(held_type: pa.DataType, fits: Callable[[pa.DataType], bool]) -> Takes:
    """utf8, or decimals that fit the column as its own type."""

    def takes(values: pa.Array) -> pa.Array | None:
        if values.type == pa.string():
            return values
        if pa.types.is_decimal128(values.type) and fits(values.type):
            return values if values.type == held_type else values.cast(held_type)
        return None

    return takes


def text_or_moment(held_type: pa.DataType) -> Takes:
    """utf8, or microseconds with a zone where the column has one."""

    def takes(values: pa.Array) -> pa.Array | None:
        if values.type == pa.string():
            return values
        kind = values.type
        if kind == held_type:
            return values
        if not pa.types.is_timestamp(kind) or kind.unit != "us":
            return None
        return values.cast(held_type) if (kind.tz is None) is (held_type.tz is None) else None

    return takes


def email_rule(native: Asking) -> NativeRule | None:
    """The rule for addresses, if email-validator is set up as it comes."""
    if any(
        getattr(email_validator, name, usual) is not usual
        for name, usual in _EMAIL_SETTINGS.items()
    ):
        return None
    reserved, folded = list(SPECIAL_USE_DOMAIN_NAMES), list(CASE_INSENSITIVE_MAILBOX_NAMES)
    return native.make.email(reserved, folded, _takes_long_locals())


def _takes_long_locals() -> bool:
    """Versions differ in whether 64 letters are the most."""
    try:
        email_validator.validate_email("a" * 65 + "@b.co", check_deliverability=False)
    except email_validator.EmailNotValidError:
        return False
    return True
