"""What a treatment's parameter may be, as a sentence for people when it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Parameter:
    """A check on one value, and what the value must be."""

    accepts: Callable[[object], bool]
    sentence: str
    required: bool = False

    def complaint(self, value: object) -> str:
        """What is wrong with ``value``, without repeating it; empty if nothing."""
        return "" if self.accepts(value) else f"must be {self.sentence}"


Checks = Mapping[str, Parameter]
_WIDEST = 10**15


def a_whole_number(least: int) -> Parameter:
    """An int, not a bool, from ``least`` on."""
    return Parameter(
        lambda v: isinstance(v, int) and not isinstance(v, bool) and least <= v <= _WIDEST,
        f"a whole number from {least} on",
    )


def a_bool() -> Parameter:
    """A boolean."""
    return Parameter(lambda v: isinstance(v, bool), "true or false")


def a_text() -> Parameter:
    """One character."""
    return Parameter(lambda v: isinstance(v, str) and len(v) == 1, "one character")


def a_constant(*, required: bool) -> Parameter:
    """A scalar of YAML that a column can hold."""
    return Parameter(
        lambda v: isinstance(v, str | int | float | date) and not isinstance(v, datetime),
        "a text, number, true or false, or date",
        required,
    )


def a_date() -> Parameter:
    """A date, or its ISO text."""
    return Parameter(_is_date, "a date such as 2026-01-31")


def one_of(*words: str, required: bool = False) -> Parameter:
    """One of a few words."""
    allowed = frozenset(str(word) for word in words)
    return Parameter(
        lambda v: isinstance(v, str) and v in allowed, f"one of {', '.join(words)}", required
    )


def _is_date(value: object) -> bool:
    if isinstance(value, date):
        return not isinstance(value, datetime)
    if not isinstance(value, str):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
