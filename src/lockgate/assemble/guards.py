"""Decorators for people's own code: a decision before it runs, a record after it ran.

Who acts is found out at every call, from the context; no argument can say it. What is decided is
decided by the project of the session, or of the nearest project where no session is open: there
acts whoever the command line would act for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from lockgate.access.action import Action
from lockgate.access.around import Watched, around
from lockgate.access.current import Acting, acting_by, ended, last_opened, standing
from lockgate.access.guarded_thing import guarded_thing
from lockgate.access.resource import Resource
from lockgate.access.resource_text import action_from_text
from lockgate.assemble.session import Session
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthenticationFailed, AuthorisationDenied
from lockgate.labels.label import LabelSet

Called = TypeVar("Called", bound=Callable[..., Any])


def requires(
    action: str,
    *,
    label: str | None = None,
    dataset: str | None = None,
    zone: str | None = None,
    resource: str | None = None,
    purpose: str | None = None,
) -> Callable[[Called], Called]:
    """A decorator: the function's body runs for whoever may do ``action``, asked at every call.

    What it is done to: a label (of a dataset, in a zone), a dataset, a zone, or ``resource`` as the
    command line writes it (``pipeline:nightly``). ``purpose`` is the session's if it is left out.
    Of a generator the decision is made before the first item, and again before each further one.

    Raises UsageError here for an unknown action, LabelError for what is no label. The function
    raises AuthorisationDenied and AuthenticationFailed, after they were recorded.
    """
    verb = action_from_text(action)
    thing = guarded_thing(verb, label or "", dataset or "", zone or "", resource or "")
    return functools.partial(_required, verb, thing, purpose or "")


def _required(action: Action, thing: Resource, purpose: str, function: Called) -> Called:
    return around(function, lambda args, kwargs: _Required(action, thing, purpose, args, kwargs))


class _Required(Watched):
    def __init__(
        self,
        action: Action,
        thing: Resource,
        purpose: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> None:
        super().__init__(args, kwargs)
        self._action, self._thing = action, thing
        self._began = standing()
        self._purpose = purpose or purpose_of(self._began)

    def __enter__(self) -> _Required:
        with workspace_of(self._began) as workspace:
            workspace.project.taxonomy.require(LabelSet.of(*self._thing.labels))
            workspace.gatekeeper.permit(self._action, self._thing, self._purpose)
        return self

    def resume(self) -> None:
        """Decide again; whoever goes on is who began."""
        goes_on, asked = standing(), (self._action, self._thing, self._purpose)
        with workspace_of(self._began) as workspace:
            if goes_on is self._began:
                workspace.gatekeeper.confirm(*asked)
                return
            with suppress(AuthorisationDenied), acting_by(ended(goes_on or self._began)):
                workspace.gatekeeper.confirm(*asked)  # which writes down who was refused
        raise AuthenticationFailed(
            "who goes on with this is not who began it, or that session is over",
            hint="iterate inside the session that the first item was made in",
        )


def purpose_of(acts: Acting | None) -> str:
    """What the session is for, if somebody said so."""
    return acts.purpose if isinstance(acts, Session) else ""


@contextmanager
def workspace_of(acts: Acting | None) -> Iterator[Workspace]:
    """The project that decides: the session's, or the nearest one, opened for this question.

    A context without a session is refused by the project of one that is open in this process.
    """
    if isinstance(acts, Session) and acts.is_open:
        yield acts.workspace
        return
    meant = acts or last_opened()
    given = meant.project if isinstance(meant, Session) else None
    if isinstance(given, Workspace):
        yield given
        return
    with Workspace.open(given) as workspace:
        yield workspace
