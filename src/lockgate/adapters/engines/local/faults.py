"""What went wrong inside DuckDB, without its words: they quote the data."""

from __future__ import annotations

import duckdb

from lockgate.errors import StepFailed, StepLimitExceeded
from lockgate.limits import Limits

_KINDS = {
    duckdb.ConversionException: "a value cannot be cast",
    duckdb.OutOfRangeException: "a number is out of its type's range",
    duckdb.ConstraintException: "a constraint is broken",
    duckdb.TypeMismatchException: "types do not fit",
    duckdb.InvalidInputException: "a function does not take one of its values",
    duckdb.PermissionException: "something outside the inputs was asked for",
    duckdb.BinderException: "a name or a type does not fit",
    duckdb.CatalogException: "a name is not known",
    duckdb.ParserException: "the text cannot be parsed",
    duckdb.SyntaxException: "the text cannot be parsed",
    duckdb.NotImplementedException: "the engine cannot do this",
}


def kind_of(error: BaseException) -> str:
    """The kind of failure and the error's class; nothing of its message."""
    words = next((words for kind, words in _KINDS.items() if isinstance(error, kind)), "it failed")
    return f"{words} ({type(error).__name__})"


def fault_of(step: str, error: BaseException, limits: Limits) -> StepFailed:
    """The error to raise for what DuckDB raised while rows were computed."""
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return StepLimitExceeded(
            f"step {step} needs more than step_memory ({limits.step_memory} bytes)",
            hint="filter or aggregate before joining and sorting, select fewer columns,"
            " or raise the limit",
        )
    return StepFailed(
        f"step {step}: {kind_of(error)}",
        hint="TRY_CAST gives NULL where a cast fails; the message of the engine is not shown,"
        " it may quote data",
    )


def too_long(step: str, limits: Limits) -> StepLimitExceeded:
    """The error to raise for a query that its deadline ended."""
    return StepLimitExceeded(
        f"step {step} computed longer than step_seconds ({limits.step_seconds})",
        hint="look for a join without a condition, or raise the limit",
    )
