"""Who acts: one whom a token names, or the operating system's user, whom nothing verifies."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

OWNER = "os:owner"
"""Of the project's private folder, who alone may act: one count, whatever the host is called and
whichever user namespace the owner made; in one, any name and uid can be had."""
SYSTEM_USER = "os:"
"""What ids of unverified system users begin with; no other id does."""
OVERFLOW_UID = 65_534
_WHOLE_MAP = ["0", "0", "4294967295"]
_UID_MAP = Path("/proc/self/uid_map")


class Assurance(StrEnum):
    """How the principal was verified."""

    OPERATING_SYSTEM = "operating-system"
    TOKEN = "token"  # noqa: S105 - a word for it
    """A token whose signature, issuer, audience and times were verified."""


class PrincipalKind(StrEnum):
    """What acts."""

    SYSTEM_USER = "system-user"
    PERSON = "person"
    SERVICE = "service"
    WORKLOAD = "workload"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person, service account or workload, and how we know.

    ``id`` is what is recorded: ``os:NAME@HOST``, ``user:NAME`` and ``service:NAME`` of the built-in
    issuer, ``PROVIDER/SUBJECT`` of a provider that the project names. ``counted`` is what quotas
    are counted by: nothing of it is for the caller to choose.

    Of a verified one: ``issuer`` as its token says, ``groups`` as the project maps to roles
    (``PROVIDER/GROUP``), ``methods`` how it authenticated (RFC 8176 ``amr``), when, until when the
    token stands for it, and ``session``, which names the log-in in records and is no credential.
    """

    id: str
    assurance: Assurance
    counted: str = OWNER
    kind: PrincipalKind = PrincipalKind.SYSTEM_USER
    issuer: str = ""
    groups: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    authenticated_at: datetime | None = None
    expires_at: datetime | None = None
    session: str = ""


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
    told = f"{SYSTEM_USER}{user}@{socket.gethostname()}{_outside()}"
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
