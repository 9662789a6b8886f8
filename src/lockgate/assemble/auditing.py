"""``@lockgate.audited``: who called what, how it ended and how long it took, in the ledger."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, overload

from lockgate.access.around import Watched, around, require_function
from lockgate.access.current import acting_by, standing
from lockgate.access.principal import Principal
from lockgate.access.source import here
from lockgate.assemble.guards import purpose_of, workspace_of
from lockgate.assemble.opened_project import record_of
from lockgate.errors import LockgateError, UsageError
from lockgate.ledger.access_events import CallAudited
from lockgate.plain_names import is_plain_name
from lockgate.redaction.raised_name import raised_name

Called = TypeVar("Called", bound=Callable[..., Any])

NO_PURPOSE = "none given"
NOT_PLAIN = "[not a plain name]"
_DEFAULT = "call"


@overload
def audited(function: Called, /) -> Called: ...


@overload
def audited(
    *, action: str = _DEFAULT, arguments: Sequence[str] = (), purpose: str = ""
) -> Callable[[Called], Called]: ...


def audited(
    function: Callable[..., Any] | None = None,
    /,
    *,
    action: str = _DEFAULT,
    arguments: Sequence[str] = (),
    purpose: str = "",
) -> Any:
    """A decorator that records each call: who, which function, how it ended, how long it took.

    Never arguments or results. ``arguments`` names those whose values may be recorded where they
    are plain names (up to three short words of letters). Whoever cannot be told from nobody is
    refused before the body runs. The record is written when the call ends; if it cannot be, the
    result is withheld (LedgerUnwritable).

    Raises UsageError for an ``action`` that is no plain name, or arguments that there are not.
    """
    if not is_plain_name(action):
        raise UsageError("audited: action is up to three short words: export-report")
    if function is not None:
        return _audited(function, action, (), "")
    return lambda decorated: _audited(decorated, action, tuple(arguments), purpose)


def _audited(function: Called, action: str, names: tuple[str, ...], purpose: str) -> Called:
    inner = getattr(function, "__func__", function)
    require_function(inner)
    signature = inspect.signature(inner)
    if set(names) - set(signature.parameters):
        raise UsageError("audited: arguments= names a parameter that the function has not")
    told = f"{inner.__module__}.{inner.__qualname__}"

    def begin(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Watched:
        given = signature.bind(*args, **kwargs).arguments if names else {}
        chosen = tuple((name, _plain(given[name])) for name in names if name in given)
        return _Audited(args, kwargs, action, told, chosen, purpose)

    return around(function, begin)


def _plain(value: object) -> str:
    return value if type(value) is str and is_plain_name(value) else NOT_PLAIN


class _Audited(Watched):
    def __init__(
        self,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        action: str,
        function: str,
        names: tuple[tuple[str, str], ...],
        purpose: str,
    ) -> None:
        super().__init__(args, kwargs)
        self._began = standing()
        self._told: dict[str, Any] = {"action": action, "function": function, "names": names}
        self._told["purpose"] = purpose or purpose_of(self._began) or NO_PURPOSE

    def __enter__(self) -> _Audited:
        with workspace_of(self._began) as workspace:
            self._principal: Principal = workspace.gatekeeper.principal
        self._start = time.monotonic()
        return self

    def __exit__(self, *raised: object) -> None:
        took = time.monotonic() - self._start
        error = raised[1] if isinstance(raised[1], BaseException) else None
        with workspace_of(self._began) as workspace, acting_by(self._began):
            record_of(workspace).append(
                CallAudited(
                    at=record_of(workspace).now(),
                    principal=self._principal.id,
                    session=self._principal.session,
                    source=here(),
                    reason=_outcome(error),
                    error=raised_name(error) if isinstance(error, Exception) else "",
                    milliseconds=int(took * 1000),
                    **self._told,
                )
            )


def _outcome(error: BaseException | None) -> str:
    if error is None:
        return "returned"
    if isinstance(error, GeneratorExit):
        return "left"
    if isinstance(error, LockgateError):
        return "refused"
    return "raised" if isinstance(error, Exception) else "cancelled"
