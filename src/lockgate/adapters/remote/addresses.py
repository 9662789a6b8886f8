"""Which addresses a session may speak to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lockgate.errors import ConfigurationError

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}", re.ASCII)

_MORE = re.compile(r"[^!-~]|[?#@\\]")  # urlsplit forgives line breaks


def check_address(address: str) -> str:
    """``address`` without a slash at its end, if a secret may travel there.

    That is https://HOST[:PORT], or http:// to this very machine. Raises ConfigurationError,
    without the address: it may hold a credential.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    plain = parts.path in ("", "/") and not _MORE.search(address)
    private = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not plain or not private or port == 0 or not _HOST.fullmatch(host):
        raise ConfigurationError(
            "a service's address is https://HOST or https://HOST:PORT",
            hint="no user, password, path or query; http:// only to 127.0.0.1 or localhost",
        )
    return address.rstrip("/")
