"""The judge: Pydantic's verdict on every row, column by column where that is provably the same."""

from lockgate.contract.judge.explanation import ColumnExplanation, explain
from lockgate.contract.judge.judge import ColumnRule, Judge

__all__ = ["ColumnExplanation", "ColumnRule", "Judge", "explain"]
