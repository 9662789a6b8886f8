"""Where an issuer's keys are: as its discovery document says, which is checked."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from lockgate.adapters.identity_providers.tokens.ports import HttpGet
from lockgate.adapters.identity_providers.tokens.strict_json import NotStrict, read_object
from lockgate.limits import DEFAULT_LIMITS

WELL_KNOWN: Final = "/.well-known/openid-configuration"
_LONGEST: Final = 2_000
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9._~:/?&=%+,;@!$'()*\[\]-]+")


class DiscoveryRefused(ValueError):
    """It is no discovery document of that issuer. Says nothing of what it was."""


def key_set_address(issuer: str, get: HttpGet) -> str:
    """``jwks_uri`` of the issuer's document (OpenID Connect Discovery 1.0, sections 4.1 to 4.3).

    The document has to name exactly this issuer. Both addresses are https, or http on this very
    machine where the issuer is there itself; an issuer elsewhere cannot send us to this machine,
    and none to a link-local address.
    Raises DiscoveryRefused, and what ``get`` raises.
    """
    if not allowed(issuer, issuer) or urlsplit(issuer).query:
        raise DiscoveryRefused
    raw = get(issuer.removesuffix("/") + WELL_KNOWN)
    document: dict[str, Any] = {}
    if len(raw) <= DEFAULT_LIMITS.key_set_bytes:
        try:
            document = read_object(raw)
        except NotStrict:
            document = {}
    address = document.get("jwks_uri")
    if document.get("issuer") != issuer or not isinstance(address, str):
        raise DiscoveryRefused
    if not allowed(address, issuer):
        raise DiscoveryRefused
    return address


def allowed(address: str, issuer: str) -> bool:
    """Whether ``address`` may be asked on behalf of ``issuer``."""
    parts, home = _split(address), _split(issuer)
    if parts is None or home is None:
        return False
    host = parts.hostname or ""
    if _is_here(home.hostname or ""):
        return _is_here(host) or (parts.scheme == "https" and not _is_nowhere(host))
    return parts.scheme == "https" and not _is_here(host) and not _is_nowhere(host)


def _split(address: str) -> SplitResult | None:
    """Its parts, if it is an address without user, password and fragment."""
    if len(address) > _LONGEST or not _ADDRESS.fullmatch(address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    plain = parts.hostname and "@" not in parts.netloc and port != 0
    return parts if plain and _has_one_reading(parts.hostname or "") else None


def _has_one_reading(host: str) -> bool:
    """Whether every reader of addresses takes ``host`` for the same machine.

    A name with a dot at its end is another name's double, and a last label that is a number is an
    address to some (127.1, 0x7f.1, 2130706433; URL Standard, "ends in a number checker").
    """
    if _address(host) is not None:
        return True
    last = host.rpartition(".")[2]
    return bool(last) and not last.isdigit() and not last.startswith("0x")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_here(host: str) -> bool:
    """This very machine: loopback."""
    found = _address(host)
    named = host == "localhost" or host.endswith(".localhost")
    return named or (found is not None and found.is_loopback)


def _is_nowhere(host: str) -> bool:
    """An address of no machine in particular: link-local, where clouds tell secrets, or 0."""
    found = _address(host)
    return found is not None and (found.is_link_local or found.is_unspecified)
