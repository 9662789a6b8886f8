"""Where a request comes from, as far as this machine can tell."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import PurePath

_STREAMS = (0, 1, 2)


@cache
def here() -> str:
    """``HOST``, or ``HOST/TERMINAL`` where this process has one: ``db1/pts-3``."""
    host = platform.node() or "unknown"
    terminal = _terminal()
    return f"{host}/{terminal}" if terminal else host


def _terminal() -> str:
    for stream in _STREAMS:
        try:
            return "-".join(PurePath(os.ttyname(stream)).parts[2:])
        except (OSError, AttributeError):  # no terminal, or a system without any
            continue
    return ""
