"""Known verdicts that the native judge has to give before it is asked: it must not accept wrongly.

Part of the self-test of ``kernel.choice``. Reasons are Pydantic's error types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

_TEXTS = pa.array(["12", "1", "123456", "ab", None, "123"])
_NUMBERS = pa.array([1, 0, 10, None])
_ADDRESSES = pa.array(["a@b.de", "a.b.de", None, "a..b@c.de", "x@y.test"])
_DATES = pa.array(["2024-02-29", "2023-02-29"])
_KNOWN_DAYS = (-719162, 2932896)  # years 1 to 9999

Case = tuple[Callable[[Any], Any], pa.Array, list[tuple[str, list[int]]]]
_CASES: dict[str, Case] = {
    "text": (
        lambda make: make.text(False, 2, 5, r"^\d+$", True, True, ""),
        _TEXTS,
        [("string_too_short", [1]), ("string_too_long", [2]), ("string_pattern_mismatch", [3])],
    ),
    "whole": (
        lambda make: make.whole([("ge", 1), ("le", 9)], None),
        _NUMBERS,
        [("greater_than_equal", [1]), ("less_than_equal", [2])],
    ),
    "email": (
        lambda make: make.email(["test"], ["info"], False),
        _ADDRESSES,
        [("value_error", [1, 3, 4])],
    ),
    "listed": (
        lambda make: make.listed(["12", "123"], True),
        _TEXTS,
        [("literal_error", [1, 2, 3])],
    ),
    "date": (
        lambda make: make.date([], _KNOWN_DAYS, False),
        _DATES,
        [("date_from_datetime_parsing", [1])],
    ),
}


def failing_rule(module: Any) -> str | None:
    """The first rule of the native module that gives another verdict; None if all are right.

    ``batch`` if the rules do, but not when they are asked together.
    """
    for name, (build, values, rejected) in _CASES.items():
        right = False
        try:
            answer = build(module.JudgeRule).decide(values)
            right = answer is not None and _rejected(answer) == rejected
        except (AttributeError, TypeError, ValueError, module.Fault):
            right = False
        if not right:
            return name
    return None if _asks_together(module) else "batch"


def _asks_together(module: Any) -> bool:
    """Whether a batch is judged as its columns are, and cut where it is told, or where they say."""
    names = ["text", "listed"]
    try:
        rules = [_CASES[name][0](module.JudgeRule) for name in names]
        batch = pa.record_batch([_TEXTS, _TEXTS], names=names)
        answers = module.decide_columns(rules, batch)
        left = pa.record_batch(module.without_rows(batch, pa.array([0, 3]), batch.schema))
        settled = _settles(module, rules, batch)
    except (AttributeError, TypeError, ValueError, pa.ArrowException, module.Fault):
        return False
    found = [answer is not None and _rejected(answer) for answer in answers]
    kept = batch.take(pa.array([1, 2, 4, 5]))
    told = found == [_CASES[name][2] for name in names] and bool(left.equals(kept))
    return told and settled


def _settles(module: Any, rules: list[Any], batch: pa.RecordBatch) -> bool:
    """Whether the only row that both rules accept is left, with the reasons of all others."""
    nulls = ("missing", None)
    columns = list(zip(batch.schema.names, rules, nulls, strict=True))
    settled, _ = module.JudgeBatch(columns, batch.schema, 9).judge(batch)
    if settled is None:
        return False
    accepted, *rest = settled
    left = pa.record_batch(accepted)
    rejected, starts, names, kinds = (pa.array(part).to_pylist() for part in rest)
    return (
        bool(left.equals(batch.take(pa.array([0, 5]))))
        and rejected == [1, 2, 3, 4]
        and starts == [0, 2, 4, 6, 7]
        and names == ["text", "listed"] * 3 + ["text"]
        and kinds[::2] == [*(kind for kind, _ in _CASES["text"][2]), "missing"]
        and kinds[1::2] == ["literal_error"] * 3
    )


def _rejected(answer: Any) -> list[tuple[str, list[int]]]:
    """Rows by reason; a row left undecided is no known verdict."""
    _, undecided, reasons = answer
    if undecided is not None and len(pa.array(undecided)):
        return []
    return [(kind, pa.array(rows).to_pylist()) for kind, rows in reasons]
