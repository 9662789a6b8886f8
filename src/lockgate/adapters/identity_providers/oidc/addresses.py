"""Which addresses of a provider are spoken to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lockgate.adapters.remote.faults import FaultKind, RemoteFailed

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}", re.ASCII)
_NEVER = re.compile(r"[^!-~]|[#@\\]")
_LONGEST = 2_000


def is_private(address: str) -> bool:
    """Whether a secret may travel there: https, or http to this very machine.

    RFC 8414 section 2: an issuer, and each endpoint of its, is an https address. No user and no
    fragment in it.
    """
    if len(address) > _LONGEST or _NEVER.search(address):
        return False
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if port == 0 or not _HOST.fullmatch(host):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def require_private(address: str, provider: str, issuer: str = "") -> str:
    """``address``, if a secret may travel there. Raises RemoteFailed, without the address.

    What an issuer with https names has to be https too: its document cannot point us at this
    machine's own ports.
    """
    downgraded = issuer.startswith("https:") and not address.startswith("https:")
    if downgraded or not is_private(address):
        raise RemoteFailed(provider, FaultKind.STRANGE)
    return address
