"""Who acts in this context: a context variable, never an argument of the guarded code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lockgate.access.principal import Principal

_acting: ContextVar[Principal | None] = ContextVar("lockgate_principal", default=None)


def acting() -> Principal | None:
    """The verified principal whose session this context is in; None outside of one."""
    return _acting.get()


@contextmanager
def act_as(principal: Principal) -> Iterator[None]:
    """Let a principal that was just verified act inside the block, and nobody after it."""
    token = _acting.set(principal)
    try:
        yield
    finally:
        _acting.reset(token)
