"""A rule about the dataset as a whole: it gates the run, not the row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Metric(StrEnum):
    """ODCS library metrics, and what ``unique`` and ``primaryKey`` ask for."""

    ROW_COUNT = "rowCount"
    NULL_VALUES = "nullValues"
    MISSING_VALUES = "missingValues"
    INVALID_VALUES = "invalidValues"
    DUPLICATE_VALUES = "duplicateValues"


@dataclass(frozen=True, slots=True)
class DatasetRule:
    """``metric`` over ``columns`` compared by ``operator`` with ``threshold``.

    ``operator`` is ODCS's own word (``mustBeLessThan``); ``threshold`` is one number,
    or two for the between operators. ``percent`` counts in hundredths of the rows.
    ``values`` are the missing or the valid values, ``pattern`` the valid shape.
    ``gates`` is false for rules of severity ``info`` and ``warning``: they report only.
    """

    name: str
    metric: Metric
    operator: str
    threshold: tuple[float, ...]
    columns: tuple[str, ...] = ()
    percent: bool = False
    values: tuple[Any, ...] = ()
    pattern: str = ""
    min_length: int | None = None
    max_length: int | None = None
    gates: bool = True

    def holds(self, measured: float) -> bool:
        """Whether a measured count or percentage keeps the rule."""
        low, high = self.threshold[0], self.threshold[-1]
        return {
            "mustBe": measured == low,
            "mustNotBe": measured != low,
            "mustBeGreaterThan": measured > low,
            "mustBeGreaterOrEqualTo": measured >= low,
            "mustBeLessThan": measured < low,
            "mustBeLessOrEqualTo": measured <= low,
            "mustBeBetween": low <= measured <= high,
            "mustNotBeBetween": not low <= measured <= high,
        }[self.operator]
