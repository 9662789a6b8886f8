"""Bounded retries: few attempts, a hard deadline, pauses with full jitter."""

from __future__ import annotations

import ctypes
import secrets
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.limits import DEFAULT_LIMITS

T = TypeVar("T")

_FIRST_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long a service is asked.

    A service that said it did nothing (BUSY) is asked again. One that did not answer
    (UNREACHABLE) may have done it, and is asked again only if the call is ``repeatable``. Nothing
    else is. Pauses are drawn from 0 to twice the one before, at most ``longest_pause`` seconds.
    """

    attempts: int = DEFAULT_LIMITS.remote_attempts
    seconds: float = DEFAULT_LIMITS.remote_seconds
    longest_pause: float = DEFAULT_LIMITS.remote_pause_seconds
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def call(self, service: str, action: Callable[[], T], *, repeatable: bool) -> T:
        """What ``action`` gives. Raises the last RemoteFailed, at most ``seconds`` after the start.

        Whatever else ``action`` raises goes through.
        """
        until = time.monotonic() + self.seconds
        pause = _FIRST_PAUSE
        attempt = 1
        while True:
            try:
                return _within(service, until - time.monotonic(), action)
            except RemoteFailed as fault:
                again = fault.kind is FaultKind.BUSY or (
                    repeatable and fault.kind is FaultKind.UNREACHABLE
                )
                wait = secrets.SystemRandom().uniform(0, min(pause, self.longest_pause))
                if not again or attempt >= self.attempts or time.monotonic() + wait >= until:
                    raise
            self.sleep(wait)
            pause *= 2
            attempt += 1


class _Outcome(Generic[T]):
    """What a thread came back with."""

    def __init__(self) -> None:
        self.given: list[T] = []
        self.raised: BaseException | None = None
        self.done = threading.Event()
        self.ending = threading.Lock()


def _within(service: str, seconds: float, action: Callable[[], T]) -> T:
    """Run ``action``, and stop waiting for it after ``seconds``.

    Clients bound the wait for each byte, not for the answer: a service that drips would hold us
    for good. So it runs beside us, and is ended when its time is up: at its next step in Python, so
    that an answer without end does not keep a core busy.
    """
    outcome: _Outcome[T] = _Outcome()
    context = copy_context()

    def run() -> None:
        try:
            outcome.given.append(context.run(action))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            outcome.raised = error
        finally:
            with outcome.ending:
                outcome.done.set()

    thread = threading.Thread(target=run, daemon=True, name="remote call")
    thread.start()
    if not outcome.done.wait(max(seconds, 0)):
        _end(thread, outcome)
        raise RemoteFailed(service, FaultKind.UNREACHABLE)
    if outcome.raised is not None:
        raised: Any = outcome.raised
        del outcome
        raise raised
    return outcome.given[0]


def _end(thread: threading.Thread, outcome: _Outcome[Any]) -> None:
    """Have SystemExit raised in a thread, which cannot end (and leave its number) meanwhile."""
    with outcome.ending:
        if thread.ident is not None and not outcome.done.is_set():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
            )
