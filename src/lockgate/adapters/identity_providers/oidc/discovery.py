"""What logging in needs of a provider's own description (OpenID Connect Discovery, RFC 8414)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockgate.adapters.identity_providers.oidc.json_answer import read_object, text_of
from lockgate.adapters.identity_providers.tokens.discovery import WELL_KNOWN, allowed
from lockgate.adapters.identity_providers.tokens.ports import HttpGet
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """Where a provider does what; "" for what it does not do.

    ``names_issuer``: its answers in the browser say who gave them (RFC 9207).
    """

    issuer: str
    token_endpoint: str
    authorization_endpoint: str = ""
    device_endpoint: str = ""
    revocation_endpoint: str = ""
    names_issuer: bool = False
    client_authentication: tuple[str, ...] = ("client_secret_basic",)
    assertion_algorithms: tuple[str, ...] = ()


def discover(get: HttpGet, issuer: str, service: str) -> ProviderMetadata:
    """Read the document of exactly this issuer.

    Raises RemoteFailed if it is of another issuer, names an address where no secret may go, or is
    known to do without PKCE's S256 (RFC 9700 section 2.1.1).
    """
    if not allowed(issuer, issuer):
        raise RemoteFailed(service, FaultKind.STRANGE)
    found = read_object(get(issuer.removesuffix("/") + WELL_KNOWN), service)
    challenges = _texts(found, "code_challenge_methods_supported", service)
    if found.get("issuer") != issuer or (challenges and "S256" not in challenges):
        raise RemoteFailed(service, FaultKind.STRANGE)

    def endpoint(name: str, *, needed: bool = False) -> str:
        address = text_of(found, name, service, needed=needed)
        if address and not allowed(address, issuer):
            raise RemoteFailed(service, FaultKind.STRANGE)
        return address

    return ProviderMetadata(
        issuer=issuer,
        token_endpoint=endpoint("token_endpoint", needed=True),
        authorization_endpoint=endpoint("authorization_endpoint"),
        device_endpoint=endpoint("device_authorization_endpoint"),
        revocation_endpoint=endpoint("revocation_endpoint"),
        names_issuer=found.get("authorization_response_iss_parameter_supported") is True,
        client_authentication=_texts(found, "token_endpoint_auth_methods_supported", service)
        or ("client_secret_basic",),
        assertion_algorithms=_texts(
            found, "token_endpoint_auth_signing_alg_values_supported", service
        ),
    )


def _texts(found: Mapping[str, Any], name: str, service: str) -> tuple[str, ...]:
    value = found.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RemoteFailed(service, FaultKind.STRANGE)
    return tuple(value)
