"""What a contract demands, column by column, and how much of it is decided on whole columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lockgate.contract.judge.judge import Judge
from lockgate.contract.model import Contract, Exactness, Mode


@dataclass(frozen=True, slots=True)
class ColumnExplanation:
    """One column in words. ``by_mode`` says how each source format's values are judged.

    ``exactness`` is the least exact of the modes.
    """

    column: str
    type: str
    labels: tuple[str, ...]
    required: bool
    rules: tuple[str, ...]
    exactness: Exactness
    by_mode: Mapping[Mode, tuple[Exactness, str]]


_ORDER = (Exactness.FALLBACK, Exactness.ACCEPT_ONLY, Exactness.EXACT)


def explain(contract: Contract) -> tuple[ColumnExplanation, ...]:
    """Every column of a contract, in order."""
    by_mode = {
        mode: {rule.name: (rule.exactness, rule.how) for rule in Judge(contract, mode).explain()}
        for mode in Mode
    }
    found: list[ColumnExplanation] = []
    for column in contract.columns:
        answers = {mode: rules[column.name] for mode, rules in by_mode.items()}
        found.append(
            ColumnExplanation(
                column=column.name,
                type=str(column.arrow_type),
                labels=column.labels.texts(),
                required=column.required,
                rules=column.rules,
                exactness=min((exactness for exactness, _ in answers.values()), key=_ORDER.index),
                by_mode=answers,
            )
        )
    return tuple(found)
