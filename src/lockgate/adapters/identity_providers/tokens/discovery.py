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
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class DiscoveryRefused(ValueError):
    """It is no discovery document of that issuer. Says nothing of what it was."""


def key_set_address(issuer: str, get: HttpGet) -> str:
    """``jwks_uri`` of the issuer's document (OpenID Connect Discovery 1.0, sections 4.1 to 4.3).

    The document has to name exactly this issuer. Both addresses are https, or http on this very
    machine where the issuer is there itself; an issuer elsewhere cannot send us to this machine.
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
    if _is_local(home.hostname or ""):
        return parts.scheme == "https" or _is_local(parts.hostname or "")
    return parts.scheme == "https" and not _is_local(parts.hostname or "")


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
    return parts if plain else None


def _is_local(host: str) -> bool:
    """This machine, or an address that means no machine in particular: loopback, link-local, 0."""
    if host in _LOOPBACK or host.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return mapped.is_loopback or mapped.is_link_local or mapped.is_unspecified
