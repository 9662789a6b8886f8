"""``with lockgate.session(token):`` - whoever the token stands for acts inside, and nobody after.

A session is no credential that can be handed on: it has no text, is not pickled, and is entered
once. Its token is verified when the block begins and again at every decision, so that what ends it
elsewhere (its time, a log-out, a disabled account, a key that the provider removed) ends it here.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, ParamSpec, Self, TypeVar

from lockgate.access.around import require_function
from lockgate.access.current import OVER, Acting, acting_by, counted_open, over, standing
from lockgate.access.principal import Principal
from lockgate.access.source import here
from lockgate.assemble.identity_records import mark_recorded
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.seam import guarded_call
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthenticationFailed, UsageError
from lockgate.ledger.access_events import AuthenticationFailed as FailedEvent
from lockgate.ledger.access_events import AuthenticationSucceeded, SessionEnded, SessionStarted
from lockgate.run.record import Record
from lockgate.secret import SecretText

PURPOSE = "session"
UNKNOWN = "unknown"

P = ParamSpec("P")
R = TypeVar("R")


class Session(Acting):
    """What ``lockgate.session`` makes. Enter it with ``with``, or ``async with``, once."""

    def __init__(
        self, token: SecretText | str, project: Workspace | Path | str | None, purpose: str
    ) -> None:
        """``project``: a workspace that stays the caller's, or where to find one to open."""
        super().__init__()
        if not isinstance(token, SecretText | str):
            raise UsageError("a session takes a token: a text, or a SecretText")
        self._token = token if isinstance(token, SecretText) else SecretText(token)
        self._given = project
        self._workspace: Workspace | None = None
        self._resources = ExitStack()
        self.purpose = purpose

    @guarded_call
    def __enter__(self) -> Self:
        """Verify the token and begin to act.

        Raises AuthenticationFailed, after it was recorded, and what opening the project raises.
        """
        if self._workspace is not None:
            raise UsageError("a session is entered once", hint="lockgate.session(token) anew")
        with ExitStack() as opening:
            workspace = self._open(opening)
            self._now = record_of(workspace).now
            self._verifier = workspace.verifier
            self._principal = principal = self._authenticated(record_of(workspace))
            opening.callback(self._tell_end, record_of(workspace), principal)
            opening.callback(self.end)
            opening.enter_context(counted_open(self))
            opening.enter_context(acting_by(self))
            self._resources = opening.pop_all()
        return self

    @guarded_call
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._resources.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, tb)

    @property
    def is_open(self) -> bool:
        """Whether its block has begun and not ended."""
        return self._principal is not None and not self._ended

    @property
    def workspace(self) -> Workspace:
        """The project that the session acts on. Raises UsageError outside of its block."""
        if self._workspace is None or not self.is_open:
            raise _not_open()
        return self._workspace

    @property
    def project(self) -> Workspace | Path | str | None:
        """What to open for a word about the session after its end."""
        given, opened = self._given, self._workspace
        if isinstance(given, Workspace) or opened is None:
            return given
        return opened.project.file

    @property
    def principal(self) -> Principal:
        """Who acts, verified anew; as one whose session is over, once it is."""
        known = super().principal
        if self._ended:
            return known
        try:
            found = self._verified()
        except Exception:  # noqa: BLE001 - what cannot be verified does not stand for anybody
            return over(known)
        return found if found.id == known.id else over(known)

    def stands_at(self, home: Path) -> bool:
        """Whether that is the private folder of the project that verified the token."""
        return self._workspace is not None and self._workspace.project.hidden_folder == home

    def wrap(self, function: Callable[P, R]) -> Callable[P, R]:
        """``function``, acting in this session wherever it is called, until the session ends.

        Raises UsageError for what is no function, or a generator.
        """
        return _carried(function, self)

    def __repr__(self) -> str:
        return "<lockgate session>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise UsageError("a session is not pickled or copied: it stands in one process")

    def _open(self, resources: ExitStack) -> Workspace:
        given = self._given
        if isinstance(given, Workspace):
            self._workspace = given
        else:
            self._workspace = resources.enter_context(Workspace.open(given))
        return self._workspace

    def _verified(self) -> Principal:
        return self._verifier.verify(self._token, self._now())

    def _authenticated(self, record: Record) -> Principal:
        """Who the token stands for, recorded. Raises AuthenticationFailed, recorded too."""
        told: dict[str, Any] = {"at": record.now(), "source": here()}
        told["purpose"] = self.purpose or PURPOSE
        try:
            principal = self._verified()
        except AuthenticationFailed as error:
            reason = error.reason or error.code
            record.append(FailedEvent(principal=UNKNOWN, reason=reason, **told))
            mark_recorded(error)
            raise
        told |= {"principal": principal.id, "session": principal.session, "reason": "token"}
        told["issuer"] = principal.issuer
        record.append(
            AuthenticationSucceeded(methods=principal.methods, **told),
            SessionStarted(expires_at=principal.expires_at or OVER, **told),
        )
        return principal

    def _tell_end(self, record: Record, principal: Principal) -> None:
        at = record.now()
        over = principal.expires_at is None or principal.expires_at <= at
        record.append(
            SessionEnded(
                at=at,
                principal=principal.id,
                purpose=self.purpose or PURPOSE,
                source=here(),
                reason="expired" if over else "block-left",
                session=principal.session,
            )
        )


def session(
    token: SecretText | str,
    *,
    project: Workspace | Path | str | None = None,
    purpose: str = "",
) -> Session:
    """Let whoever ``token`` stands for act inside a ``with`` block, and nobody after it.

    The token is one of the built-in issuer or of a provider that the project trusts. ``project`` is
    an opened workspace, which stays open, or the project to open: the nearest one if left out.
    ``purpose`` is what is done inside for, where a call does not say. Entering it raises
    AuthenticationFailed, after it was recorded.
    """
    return Session(token, project, purpose)


def in_session(function: Callable[P, R]) -> Callable[P, R]:
    """``function``, acting in the session that is open here, wherever it is called.

    For threads: a thread that is started without it has nobody, and is refused. After the session
    has ended it is refused too. Raises UsageError where no session is open.
    """
    acts = standing()
    if acts is None:
        raise UsageError(
            "no session is open here to be carried over", hint="with lockgate.session(token):"
        )
    return _carried(function, acts)


def _not_open() -> UsageError:
    return UsageError("the session is not open", hint="with lockgate.session(token) as session:")


def _carried(function: Callable[P, R], acts: Acting) -> Callable[P, R]:
    require_function(function)
    made: Any
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError(
            "a generator is not carried into a session",
            hint="carry the function that iterates over it",
        )
    if inspect.iscoroutinefunction(function):

        async def later(*args: P.args, **kwargs: P.kwargs) -> Any:
            with acting_by(acts):
                return await function(*args, **kwargs)

        made = later
    else:

        def now_(*args: P.args, **kwargs: P.kwargs) -> Any:
            with acting_by(acts):
                return function(*args, **kwargs)

        made = now_
    carried: Callable[P, R] = functools.wraps(function)(made)
    return carried
