"""Where exceptions end that nobody caught: told as places and classes, never in their own words."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any


def tell_without_words() -> None:
    """Have this process tell uncaught exceptions, in any thread, by place and class."""
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _in_thread


def _uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    _write("stopped by", error)


def _unraisable(unraisable: Any) -> None:
    if unraisable.exc_value is not None:
        _write("ignored", unraisable.exc_value)


def _in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
        _write("in a thread", arguments.exc_value)


def _write(how: str, error: BaseException) -> None:
    from lockgate.redaction import scrubbed_traceback

    if sys.stderr is not None:
        sys.stderr.write("\n".join([f"{how}:", *scrubbed_traceback(error)]) + "\n")
