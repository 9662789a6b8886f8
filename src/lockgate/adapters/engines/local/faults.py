"""What went wrong inside DuckDB, without its words: they quote the data."""

from __future__ import annotations

import re
from collections.abc import Container

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

# How the binder's messages begin, and what they mean.
_BINDING = (
    (
        re.compile(r'Binder Error: column "(?P<name>[^"\n]*)" must appear in the GROUP BY clause'),
        "{column} is neither in GROUP BY nor inside an aggregate",
    ),
    (
        re.compile(r"Binder Error: No function matches the given name and argument types"),
        "a function or an operator does not take values of these types, cast them",
    ),
    (
        re.compile(r"Binder Error: Cannot (?:mix|compare|combine) "),
        "values of several types stand where one is needed, cast them",
    ),
)

# What a failure in the middle of a stream starts with: Arrow hands it on as an OSError.
_STARTS = {
    "Conversion Error: ": duckdb.ConversionException,
    "Out of Range Error: ": duckdb.OutOfRangeException,
    "Invalid Input Error: ": duckdb.InvalidInputException,
    "Out of Memory Error: ": duckdb.OutOfMemoryException,
    "Invalid Error: ": duckdb.InvalidInputException,
    "Not implemented Error: ": duckdb.NotImplementedException,
}


def kind_of(error: BaseException) -> str:
    """The kind of failure and the error's class; nothing of its message."""
    found = _class_of(error)
    words = next((words for kind, words in _KINDS.items() if issubclass(found, kind)), "it failed")
    return f"{words} ({found.__name__})"


def binding_fault(error: BaseException, columns: Container[str]) -> str:
    """Why the engine does not bind a statement, in our words and with the error's class.

    Of its message only how it begins is looked at, and nothing is repeated but a name that is one
    of ``columns``, those of the inputs.
    """
    said = str(error)
    for start, words in _BINDING:
        if (found := start.match(said)) is not None and isinstance(error, duckdb.BinderException):
            name = found.groupdict().get("name")
            which = f"column {name}" if name in columns else "a column"
            return f"{words.format(column=which)} ({type(error).__name__})"
    return kind_of(error)


def _class_of(error: BaseException) -> type[BaseException]:
    """DuckDB's class of an error, its own or by the first words of what Arrow made of it."""
    if isinstance(error, duckdb.Error):
        return type(error)
    said = str(error)
    return next((kind for start, kind in _STARTS.items() if said.startswith(start)), type(error))


def fault_of(step: str, error: BaseException, limits: Limits) -> StepFailed:
    """The error to raise for what DuckDB raised while rows were computed."""
    if issubclass(_class_of(error), duckdb.OutOfMemoryException | MemoryError):
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
