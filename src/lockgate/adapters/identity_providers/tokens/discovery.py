"""A provider's discovery document: fetched from the issuer's own address, and checked."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
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


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """What a provider says of itself. ``endpoints`` are its addresses by their names, checked.

    ``document`` is all of it, for what is neither trusted nor an address.
    """

    issuer: str
    key_set: str
    endpoints: Mapping[str, str]
    document: Mapping[str, Any]


def discover(issuer: str, get: HttpGet) -> ProviderMetadata:
    """Fetch and check it (OpenID Connect Discovery 1.0, sections 4.1 to 4.3).

    The document has to name exactly this issuer. Every address in it is https, or http on this very
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
    if document.get("issuer") != issuer:
        raise DiscoveryRefused
    endpoints = {name: value for name, value in document.items() if _names_address(name)}
    if not all(isinstance(one, str) and allowed(one, issuer) for one in endpoints.values()):
        raise DiscoveryRefused
    key_set = endpoints.get("jwks_uri")
    if key_set is None:
        raise DiscoveryRefused
    return ProviderMetadata(
        issuer, str(key_set), MappingProxyType(endpoints), MappingProxyType(document)
    )


def allowed(address: str, issuer: str) -> bool:
    """Whether ``address`` may be asked on behalf of ``issuer``."""
    parts, home = _split(address), _split(issuer)
    if parts is None or home is None:
        return False
    if _is_local(home.hostname or ""):
        return parts.scheme == "https" or _is_local(parts.hostname or "")
    return parts.scheme == "https" and not _is_local(parts.hostname or "")


def _names_address(name: str) -> bool:
    return name == "jwks_uri" or name.endswith("_endpoint")


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
