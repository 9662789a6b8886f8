"""Columnar rules by the native kernel; what that does not take goes to the portable ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import email_validator
import pyarrow as pa
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from lockgate.contract.judge.decision import NO_ROWS, Decide, Decision
from lockgate.contract.judge.python_values import Rows
from lockgate.kernel.judging import Asking, NativeRule

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


def asked(
    native: Asking, rule: NativeRule, held_type: pa.DataType, takes: Takes, otherwise: Decide
) -> Decide:
    """A function that decides: by the native rule what it takes, the rest ``otherwise``."""

    def decide(values: pa.Array) -> Decision | None:
        given = takes(values)
        if given is None:
            return otherwise(values)
        answer = native.ask(rule, given)
        if answer is None:
            return Decision(given)
        changed, undecided, rejected = answer
        return Decision(
            given if changed is None else pa.array(changed).view(held_type),
            NO_ROWS if undecided is None else _rows(undecided),
            [(kind, _rows(rows)) for kind, rows in rejected],
        )

    return decide


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
        return values.cast(pa.int64())
    return None


def text_or_decimal(held_type: pa.DataType, fits: Callable[[pa.DataType], bool]) -> Takes:
    """utf8, or decimals that fit the column as its own type."""

    def takes(values: pa.Array) -> pa.Array | None:
        if values.type == pa.string():
            return values
        if pa.types.is_decimal128(values.type) and fits(values.type):
            return values.cast(held_type)
        return None

    return takes


def text_or_moment(held_type: pa.DataType) -> Takes:
    """utf8, or microseconds with a zone where the column has one."""

    def takes(values: pa.Array) -> pa.Array | None:
        if values.type == pa.string():
            return values
        kind = values.type
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
