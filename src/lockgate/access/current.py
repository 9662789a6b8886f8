"""Who acts in this context: a context variable, never an argument of the guarded code.

A task inherits it from whoever starts it; a thread that is started does not. While a session is
open anywhere in the process, a context without one has nobody: it never falls back to the
operating system's user, who may hold more than the session does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from lockgate.access.principal import Principal
from lockgate.access.token_refusal import TokenFault, refused

OVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a session that has ended stands for its principal: at no time that anybody decides."""


class Acting:
    """Who acts in a block. ``principal`` is asked at every decision."""

    def __init__(self, principal: Principal | None = None) -> None:
        self._principal = principal
        self._ended = False

    @property
    def principal(self) -> Principal:
        """Who acts; as one whose session is over, once the block has ended.

        Raises AuthenticationFailed before it has begun.
        """
        if self._principal is None:
            raise refused(TokenFault.NO_SESSION)
        return over(self._principal) if self._ended else self._principal

    def stands_at(self, home: Path) -> bool:
        """Whether it was verified for the project whose private folder that is."""
        del home
        return True

    @property
    def has_ended(self) -> bool:
        """Whether the block has ended."""
        return self._ended

    def end(self) -> None:
        """Nobody acts by it any more, in whichever thread or task."""
        self._ended = True


def ended(acts: Acting | None) -> Acting | None:
    """Who acts by ``acts``, as one whose session is over."""
    if acts is None:
        return None
    known = Acting(acts.principal)
    known.end()
    return known


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """A block that is open in a context, and the one around it."""

    acts: Acting | None
    around: _Block | None


_block: ContextVar[_Block | None] = ContextVar("lockgate_acting", default=None)
_lock = threading.Lock()
_open: dict[int, Acting] = {}


def over(principal: Principal) -> Principal:
    """The same principal, whom no decision allows anything."""
    return replace(principal, expires_at=OVER)


def standing() -> Acting | None:
    """What says who acts in this context; None outside of every session."""
    block = _block.get()
    return block.acts if block else None


def last_opened() -> Acting | None:
    """What was opened last of all that is open in this process, in whichever context."""
    with _lock:
        return next(reversed(_open.values()), None)


def require_of(home: Path) -> None:
    """Refuse a session of another project: a name there is not that name here.

    Raises AuthenticationFailed.
    """
    found = standing()
    if found is not None and not found.stands_at(home):
        raise refused(TokenFault.AUDIENCE)


def acting() -> Principal | None:
    """The verified principal whose session this context is in; None where no session is open.

    Raises AuthenticationFailed in a context without one while another is open in this process.
    """
    found = standing()
    if found is not None:
        return found.principal
    if _open:
        raise refused(TokenFault.NO_SESSION)
    return None


@contextmanager
def counted_open(acts: Acting) -> Iterator[None]:
    """While the block lasts, a context without a session has nobody."""
    with _lock:
        _open[id(acts)] = acts
    try:
        yield
    finally:
        with _lock:
            _open.pop(id(acts), None)


@contextmanager
def acting_by(acts: Acting | None) -> Iterator[None]:
    """Who acts inside the block; whoever acted before it acts after it, whatever it did.

    A block that is left where it is not open (a generator that began in one and is closed in
    another) changes nobody there.
    """
    block = _Block(acts, _block.get())
    _block.set(block)
    try:
        yield
    finally:
        if _is_open(block):
            _block.set(block.around)


def _is_open(block: _Block) -> bool:
    """Whether it is the context's innermost block, or around that."""
    found = _block.get()
    while found is not None and found is not block:
        found = found.around
    return found is block


@contextmanager
def nobody_changed() -> Iterator[None]:
    """Around somebody else's code: who acted before the block acts after it."""
    with acting_by(standing()):
        yield
