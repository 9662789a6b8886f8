"""Which of the tokens that a provider gave stands for the principal (docs/decisions/0051)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from lockgate.access.principal import Principal
from lockgate.access.token_refusal import TokenFault, refused
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretText

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.oidc.grants import TokenSet
    from lockgate.adapters.identity_providers.tokens.trusted import ProviderVerifier


@dataclass(frozen=True, slots=True)
class Standing:
    """A principal, the token that stands for it, and what gets the next one."""

    principal: Principal
    token: SecretText = field(repr=False)
    refresh: SecretText | None = field(repr=False)


def standing_token(
    tokens: TokenSet, verifier: ProviderVerifier, at: datetime, nonce: SecretText | None = None
) -> Standing:
    """The access token where it verifies for our audience (RFC 9068), else the ID token.

    Each ID token is verified, and holds the ``nonce`` of this log-in where there was one; both
    tokens have to be about one subject. Raises AuthenticationFailed.
    """
    identity = None
    if tokens.identity is not None and nonce is not None:
        identity = verifier.verify_log_in(tokens.identity, at, nonce=nonce.reveal())
    elif tokens.identity is not None:
        identity = verifier.verify(tokens.identity, at)
    elif nonce is not None:
        raise refused(TokenFault.NONCE)
    access = _if_for_us(tokens.access, verifier, at, needed=identity is None)
    if access is None or tokens.access is None:
        if identity is None or tokens.identity is None:
            raise refused(TokenFault.TYPE)
        return Standing(identity, tokens.identity, tokens.refresh)
    if identity is not None:
        if identity.id != access.id:
            raise refused(TokenFault.SUBJECT)
        access = _as_authenticated(access, identity)
    return Standing(access, tokens.access, tokens.refresh)


def _if_for_us(
    token: SecretText | None, verifier: ProviderVerifier, at: datetime, *, needed: bool
) -> Principal | None:
    """Who an access token stands for; None if it is none of ours and another token may do.

    Access tokens of many providers are for somebody else, and no text that we may look into.
    """
    if token is None:
        return None
    try:
        return verifier.verify(token, at)
    except AuthenticationFailed:
        if needed:
            raise
    return None


def _as_authenticated(access: Principal, identity: Principal) -> Principal:
    """How and when is told by the ID token; an access token need not say."""
    return replace(
        access,
        methods=access.methods or identity.methods,
        authenticated_at=identity.authenticated_at or access.authenticated_at,
    )
