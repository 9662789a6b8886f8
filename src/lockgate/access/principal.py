"""Who acts. Until verified identities land, the one seam is ``current_principal``."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

OWNER = "os:owner"
"""Of the project's private folder, who alone may act: one count, whatever the host is called and
whichever user namespace the owner made; in one, any name and uid can be had."""
OVERFLOW_UID = 65_534
_WHOLE_MAP = ["0", "0", "4294967295"]
_UID_MAP = Path("/proc/self/uid_map")


class Assurance(StrEnum):
    """How the principal was verified."""

    OPERATING_SYSTEM = "operating-system"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or service account, and how we know.

    ``id`` is what is recorded, host included. ``counted`` is what quotas are counted by: nothing
    of it is for the caller to choose.
    """

    id: str
    assurance: Assurance
    counted: str = OWNER


def current_principal() -> Principal:
    """The operating-system user of this process: ``os:name@host``.

    The uid decides, not the LOGNAME variable, which a caller can set. In a user namespace name and
    host are its maker's to choose, so what the namespace's map says of the uid is added.
    """
    try:
        import pwd

        user = pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        user = str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
    told = f"os:{user}@{socket.gethostname()}{_outside()}"
    return Principal(told, Assurance.OPERATING_SYSTEM)


def is_somebody(uid: int) -> bool:
    """Whether the uid is one user's. In a namespace every user it does not map has one uid."""
    return uid != OVERFLOW_UID or _uid_map() == [_WHOLE_MAP]


def _outside() -> str:
    """Nothing in the initial user namespace; in another one ``;outside=`` and the uid there."""
    lines = _uid_map()
    if lines is None or lines == [_WHOLE_MAP]:
        return ""
    uid = os.getuid()
    for inside, outside, length in (map(int, line) for line in lines):
        if inside <= uid < inside + length:
            return f";outside={outside + uid - inside}"
    return ";outside=unknown"


def _uid_map() -> list[list[str]] | None:
    """Lines of this process's map: first uid inside, first outside, how many. None: no such map."""
    try:
        return [line.split() for line in _UID_MAP.read_text("ascii").splitlines()]
    except OSError:
        return None
