"""What sessions with all vendors share: connect late, renew in time, connect again if denied."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.adapters.remote.retries import Retries
from lockgate.errors import LockgateError

C = TypeVar("C")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Connection(Generic[C]):
    """A vendor's client with its credentials in it, good ``until`` (on ``time.monotonic``).

    ``renew`` gives it more time, and says until when.
    """

    client: C
    until: float = math.inf
    renew: Callable[[], float] | None = None

    def __repr__(self) -> str:
        return "Connection(***)"


class RemoteSession(Generic[C]):
    """A session with one service; safe to use from many threads, and after a fork.

    ``connect`` is called when a client is first needed, when its time is up, and once more when
    the service denies what it allowed before: credentials may have been rotated meanwhile.
    """

    def __init__(
        self,
        service: str,
        connect: Callable[[], Connection[C]],
        kind_of: Callable[[Exception], FaultKind],
        retries: Retries | None = None,
    ) -> None:
        """``kind_of`` reads a vendor's exception."""
        self.service = service
        self._connect = connect
        self._kind_of = kind_of
        self._retries = retries or Retries()
        self._lock = threading.Lock()
        self._connection: Connection[C] | None = None
        self._process = os.getpid()

    def call(self, action: Callable[[C], T], *, repeatable: bool) -> T:
        """What ``action`` gives for the vendor's client.

        ``repeatable``: doing it twice is the same as doing it once, so it may be asked again when
        no answer came. Raises RemoteFailed with nothing of the vendor's text in it.
        """
        connection, fresh = self._current()
        try:
            return self._ask(lambda: action(connection.client), repeatable)
        except RemoteFailed as fault:
            if fresh or fault.kind is not FaultKind.DENIED:
                raise
        self._forget(connection)
        connection, _ = self._current()
        return self._ask(lambda: action(connection.client), repeatable)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.service!r})"

    def _current(self) -> tuple[Connection[C], bool]:
        """The connection, and whether it was made just now."""
        if self._process != os.getpid():  # sockets and locks of a parent are not ours
            self._lock, self._connection, self._process = threading.Lock(), None, os.getpid()
        with self._lock:
            if self._connection is not None and time.monotonic() < self._connection.until:
                return self._connection, False
            renewed = self._renewed(self._connection)
            self._connection = renewed or self._ask(self._connect, repeatable=False)
            return self._connection, renewed is None

    def _renewed(self, connection: Connection[C] | None) -> Connection[C] | None:
        if connection is None or connection.renew is None:
            return None
        try:
            until = self._ask(connection.renew, repeatable=True)
        except RemoteFailed:
            return None  # it is connected anew, which says what is wrong
        if until <= time.monotonic():
            return None
        return Connection(connection.client, until, connection.renew)

    def _forget(self, connection: Connection[C]) -> None:
        with self._lock:
            if self._connection is connection:
                self._connection = None

    def _ask(self, action: Callable[[], T], repeatable: bool) -> T:
        return self._retries.call(
            self.service, lambda: self._in_our_words(action), repeatable=repeatable
        )

    def _in_our_words(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except LockgateError:
            raise
        except Exception as error:  # noqa: BLE001 - any vendor's, and none of its words
            kind = self._kind_of(error)
        raise RemoteFailed(self.service, kind)
