"""One principal from the beginning of an operation to its end.

A decision names who acts, and so do the records and counts that follow from it. A token file that
is replaced, a callable that brings another token, or a callback that opens a session of its own
must not make somebody else of them in between.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lockgate.access.current import Acting, standing
from lockgate.access.principal import Principal
from lockgate.access.token_refusal import TokenFault, refused


class _Operation:
    """Who acted first, by whoever found it out: one opened project's way of asking."""

    __slots__ = ("acts", "found")

    def __init__(self, acts: Acting | None) -> None:
        self.acts = acts
        self.found: dict[Hashable, str] = {}


_operation: ContextVar[_Operation | None] = ContextVar("lockgate_operation", default=None)


@contextmanager
def one_principal() -> Iterator[None]:
    """A public call of the library. A call inside it is part of it, but in another session."""
    around, acts = _operation.get(), standing()
    if around is not None and around.acts is acts:
        yield
        return
    given = _operation.set(_Operation(acts))
    try:
        yield
    finally:
        _operation.reset(given)


def the_same(asked_by: Hashable, principal: Principal) -> Principal:
    """``principal``, if nobody else acted in this operation before, as ``asked_by`` found it out.

    Raises AuthenticationFailed.
    """
    operation = _operation.get()
    if operation is not None:
        first = operation.found.setdefault(asked_by, principal.id)
        if first != principal.id:
            raise refused(TokenFault.PRINCIPAL_CHANGED)
    return principal
