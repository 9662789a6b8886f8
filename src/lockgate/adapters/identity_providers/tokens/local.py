"""Verifying what the built-in issuer signed, and what service accounts sign to log in to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from lockgate.access.local_token_rules import check_assertion, principal_of_local_claims
from lockgate.access.ports import UsedTokens
from lockgate.access.principal import Principal
from lockgate.access.token_refusal import TokenFault, refused
from lockgate.access.token_rules import ACCESS_TOKEN
from lockgate.adapters.identity_providers.tokens.compact import Unverified, take_apart
from lockgate.adapters.identity_providers.tokens.guarded import guarded
from lockgate.adapters.identity_providers.tokens.sign import ASSERTION_TYPE
from lockgate.adapters.identity_providers.tokens.signature import check_signature, ed25519_key
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText

PublicKeys = Callable[[datetime], Mapping[str, bytes]]
"""Ed25519 public keys (32 bytes) by key id, of those that verify at a time."""


class LocalVerifier:
    """A ``TokenVerifier`` for the built-in issuer: Ed25519 alone, short lives, every claim there.

    Whether the session is still open and the account enabled is for the state to say: whoever
    verifies asks it about the principal that comes out.
    """

    def __init__(self, issuer: str, audience: str, keys: PublicKeys, longest_seconds: int) -> None:
        self._issuer, self._audience = issuer, audience
        self._keys, self._longest = keys, longest_seconds

    def verify(self, token: SecretText, at: datetime) -> Principal:
        """Raises AuthenticationFailed."""
        return guarded(lambda: self._verified(take_apart(token), at))

    def _verified(self, token: Unverified, at: datetime) -> Principal:
        if token.typ != ACCESS_TOKEN:
            raise refused(TokenFault.TYPE)
        _check_ed25519(token, self._keys(at))
        return principal_of_local_claims(
            token.claims, self._issuer, self._audience, at, self._longest
        )


def verify_assertion(
    assertion: SecretText,
    *,
    keys_of: Callable[[str], Mapping[str, bytes]],
    audience: str,
    used: UsedTokens,
    at: datetime,
) -> str:
    """The service account that proved, once, that it holds its key (RFC 7523): ``service:NAME``.

    ``keys_of`` gives the account's public keys by key id, none for an account that may not log in.
    The assertion is marked as used in the transaction that is open, or in one of its own.
    Raises AuthenticationFailed.
    """

    def verified() -> str:
        token = take_apart(assertion)
        if token.typ != ASSERTION_TYPE:
            raise refused(TokenFault.TYPE)
        account = token.issuer
        _check_ed25519(token, keys_of(account))
        longest = DEFAULT_LIMITS.assertion_seconds
        times, token_id = check_assertion(token.claims, account, audience, at, longest)
        until = times.expires_at + timedelta(seconds=DEFAULT_LIMITS.token_skew_seconds)
        if not used.use(account, token_id, until, at):
            raise refused(TokenFault.REPLAYED)
        return account

    return guarded(verified)


def _check_ed25519(token: Unverified, keys: Mapping[str, bytes]) -> None:
    public_key = keys.get(token.key_id)
    if public_key is None:
        raise refused(TokenFault.KEY)
    check_signature(token, ed25519_key(public_key, token.key_id))
