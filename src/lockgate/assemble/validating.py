"""``@lockgate.validated``: rows are judged before the body runs, and it gets what was judged.

Mappings are judged by the model itself, frames by the columnar judge, which gives the model's
verdict. A message names rows, columns and rules, and never a value.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from lockgate.access.around import Watched, around, require_function
from lockgate.assemble.seam import guarded_call
from lockgate.errors import Problem, TooManyRejected, UsageError
from lockgate.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from lockgate.assemble.validated_frames import FrameJudge

Called = TypeVar("Called", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not let through: its number from 1, why, and the row as it was given."""

    row: int
    reasons: tuple[tuple[str, str], ...]
    given: Any = field(repr=False)


Rejected = Callable[[Sequence[RejectedRow]], None]


def validated(
    model: type[BaseModel], *, rows: str = "", rejected: Rejected | None = None
) -> Callable[[Called], Called]:
    """A decorator: the body runs on what ``model`` accepts, judged before it begins.

    ``rows`` names the parameter that holds them: a mapping, a sequence of mappings, a pyarrow,
    Polars or pandas frame. Without it the function's arguments themselves are one row, if it has a
    parameter for each field that the model requires; else its only parameter holds the rows. The
    body gets the judged values, in the kind that was given.

    One row or more that is rejected raises TooManyRejected, unless ``rejected`` is there to take
    them: then the body gets the others.

    Raises UsageError here for what is no model, or a parameter that there is not.
    """
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise UsageError("validated: takes a Pydantic model")
    return functools.partial(_validated, model, rows, rejected)


def _validated(
    model: type[BaseModel], rows: str, rejected: Rejected | None, function: Called
) -> Called:
    inner = getattr(function, "__func__", function)
    require_function(inner)
    signature = inspect.signature(inner)
    parameter = _parameter(model, rows, list(signature.parameters))
    judge = RowsJudge(model, rejected)

    def begin(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Watched:
        bound = signature.bind(*args, **kwargs)
        if parameter:
            if parameter in bound.arguments:
                bound.arguments[parameter] = judge.rows(bound.arguments[parameter])
        else:
            names = {name for name, _ in _keys(model)}
            given = {name: bound.arguments[name] for name in names & bound.arguments.keys()}
            taken = judge.arguments(given)
            bound.arguments.update({name: taken[name] for name in given})
        return Watched(bound.args, bound.kwargs)

    return around(function, begin)


def _keys(model: type[BaseModel]) -> list[tuple[str, bool]]:
    fields = model.model_fields.items()
    return [(one.validation_alias or name, one.is_required()) for name, one in fields]  # type: ignore[misc]


def _parameter(model: type[BaseModel], rows: str, names: list[str]) -> str:
    """The parameter that holds rows; "" if the arguments are one."""
    if rows:
        if rows not in names:
            raise UsageError("validated: rows= names a parameter that the function has not")
        return rows
    required = {name for name, needed in _keys(model) if needed}
    if required and required <= set(names):
        return ""
    own = [name for name in names if name not in ("self", "cls")]
    if len(own) != 1:
        raise UsageError("validated: say which parameter holds the rows", hint='rows="visits"')
    return own[0]


class RowsJudge:
    """A model's verdict on what a caller brings. Any thread may use it."""

    def __init__(self, model: type[BaseModel], rejected: Rejected | None) -> None:
        self._model = model
        self._rejected = rejected
        self._frames: FrameJudge | None = None

    @guarded_call
    def rows(self, given: Any) -> Any:
        """What is accepted of a mapping, a sequence of them or a frame. Raises TooManyRejected."""
        if isinstance(given, Mapping):
            return self.arguments(given)
        if isinstance(given, list | tuple):
            return type(given)(self._each(given))
        if self._frames is None:
            # Arrow is loaded by whoever brings a frame.
            from lockgate.assemble.validated_frames import FrameJudge

            self._frames = FrameJudge(self._model)
        taken, bad = self._frames.judge(given)
        self._refuse(bad)
        return taken

    @guarded_call
    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """One row's judged values. Raises TooManyRejected, whoever takes rejected rows."""
        taken, reasons = self._judged(given)
        if reasons:
            raise _refused([RejectedRow(1, reasons, given)])
        return taken

    def _each(self, given: Sequence[Any]) -> list[dict[str, Any]]:
        judged = [self._judged(row) for row in given]
        bad = [
            RejectedRow(number, reasons, given[number - 1])
            for number, (_, reasons) in enumerate(judged, 1)
            if reasons
        ]
        self._refuse(bad)
        return [taken for taken, reasons in judged if not reasons]

    def _judged(self, row: Any) -> tuple[dict[str, Any], tuple[tuple[str, str], ...]]:
        from lockgate.contract.reasons import CUSTOM, reasons_of

        if not isinstance(row, Mapping):
            return {}, (("", CUSTOM),)
        columns = {name: name for name in self._model.model_fields}
        columns |= {key: key for key, _ in _keys(self._model) if isinstance(key, str)}
        try:
            found = self._model.model_validate(dict(row))
        except Exception as error:  # noqa: BLE001 - whatever a validator raises rejects the row
            return {}, reasons_of(error, columns)
        return {
            (one.validation_alias if isinstance(one.validation_alias, str) else name): getattr(
                found, name
            )
            for name, one in self._model.model_fields.items()
        }, ()

    def _refuse(self, bad: Sequence[RejectedRow]) -> None:
        if bad and self._rejected is None:
            raise _refused(bad)
        if bad and self._rejected is not None:
            self._rejected(bad)


def _refused(bad: Sequence[RejectedRow]) -> TooManyRejected:
    shown = bad[: DEFAULT_LIMITS.reasons_per_row]
    problems = [
        Problem(TooManyRejected.code, f"row {one.row}: {column or 'the row'}: {kind}")
        for one in shown
        for column, kind in one.reasons
    ]
    rows = "row does" if len(bad) == 1 else "rows do"
    return TooManyRejected(
        f"{len(bad)} {rows} not fit: {problems[0].message}",
        hint="`problems` has each row, column and rule; rejected= takes such rows instead",
        problems=problems,
    )
