"""Which run and which batch this thread of work belongs to, for every log record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_run_id: ContextVar[str | None] = ContextVar("lockgate_run_id", default=None)
_batch_id: ContextVar[int | None] = ContextVar("lockgate_batch_id", default=None)


def current_run() -> str | None:
    """The run this context works for, if any."""
    return _run_id.get()


def current_batch() -> int | None:
    """The piece of input (counted from 0 within its run) this context works on, if any."""
    return _batch_id.get()


@contextmanager
def log_run(run_id: str) -> Iterator[None]:
    """Put ``run_id`` on every record logged inside the block."""
    token = _run_id.set(run_id)
    try:
        yield
    finally:
        _run_id.reset(token)


@contextmanager
def log_batch(batch_id: int) -> Iterator[None]:
    """Put ``batch_id`` on every record logged inside the block."""
    token = _batch_id.set(batch_id)
    try:
        yield
    finally:
        _batch_id.reset(token)
