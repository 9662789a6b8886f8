"""Answers of a bounded length: whoever answers in a service's place must not fill our memory.

Vendors' clients read an answer whole before they look at it, errors and logins too. So it is read
here first, in pieces, and given up at ``remote_bytes``, counted after decompression.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from lockgate.limits import DEFAULT_LIMITS

S = TypeVar("S")

_PIECE = 64 << 10


class AnswerTooLong(Exception):
    """More than ``remote_bytes``; no error that a vendor's client knows, so none asks again."""


def read_bounded(pieces: Iterable[bytes]) -> bytes:
    """All pieces as one. Raises AnswerTooLong at the piece that is too much, and reads no more."""
    read = bytearray()
    for piece in pieces:
        read += piece
        if len(read) > DEFAULT_LIMITS.remote_bytes:
            raise AnswerTooLong
    return bytes(read)


def bound_answers(session: S) -> S:
    """The ``requests.Session``, no answer to which is longer than ``remote_bytes``."""
    mounted: Any = session
    for prefix, adapter in tuple(mounted.adapters.items()):
        mounted.mount(prefix, _Bounded(adapter))
    return session


class _Bounded:
    """An adapter of requests that reads what another one got."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def send(self, request: Any, **options: Any) -> Any:
        """The response with its body in it."""
        response = self._inner.send(request, **options)
        try:
            response._content = read_bounded(response.iter_content(_PIECE))
        except AnswerTooLong:
            response.close()
            raise
        return response

    def close(self) -> None:
        """Close the other one."""
        self._inner.close()
