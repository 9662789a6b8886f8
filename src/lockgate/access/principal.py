"""Who acts. Until verified identities land, the one seam is ``current_principal``."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from enum import StrEnum


class Assurance(StrEnum):
    """How the principal was verified."""

    OPERATING_SYSTEM = "operating-system"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or service account, and how we know."""

    id: str
    assurance: Assurance


def current_principal() -> Principal:
    """The operating-system user of this process: ``os:name@host``.

    The uid decides, not the LOGNAME variable, which a caller can set.
    """
    try:
        import pwd

        user = pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        user = str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
    return Principal(f"os:{user}@{socket.gethostname()}", Assurance.OPERATING_SYSTEM)
