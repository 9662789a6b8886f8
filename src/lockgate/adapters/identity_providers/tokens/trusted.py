"""Verifying tokens of those whom the project trusts, and choosing among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from lockgate.access import token_claims
from lockgate.access.ports import TokenVerifier
from lockgate.access.principal import Principal
from lockgate.access.settings import ProviderSpec
from lockgate.access.token_refusal import TokenFault, refused
from lockgate.access.token_rules import PLAIN, principal_of_claims
from lockgate.adapters.identity_providers.tokens.compact import Unverified, take_apart
from lockgate.adapters.identity_providers.tokens.guarded import guarded
from lockgate.adapters.identity_providers.tokens.key_cache import KeyCache
from lockgate.adapters.identity_providers.tokens.signature import check_signature
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretText

_ID_TOKEN_TYPES: Final = ("", PLAIN)
_UNDECIDED: Final = (TokenFault.KEY, TokenFault.KEYS_UNAVAILABLE, TokenFault.CHECK_FAILED)
"""Reasons that say nothing of the token: its issuer's keys are not there, or a check failed."""


class ProviderVerifier:
    """A ``TokenVerifier`` for one provider: its issuer, its keys, its audience, its kind."""

    def __init__(self, spec: ProviderSpec, keys: KeyCache) -> None:
        self._spec, self._keys = spec, keys

    @property
    def issuer(self) -> str:
        """The only issuer whose tokens it takes."""
        return self._spec.issuer

    def verify(self, token: SecretText, at: datetime) -> Principal:
        """Raises AuthenticationFailed."""
        return guarded(lambda: self._verified(take_apart(token), at))

    def verify_log_in(
        self, id_token: SecretText, at: datetime, *, nonce: str, longest_ago_seconds: int = 0
    ) -> Principal:
        """An ID token that has to answer this very log-in: its ``nonce`` is ours.

        With ``longest_ago_seconds`` (what was asked for as ``max_age``) the token says when the
        person authenticated, and that is no longer ago (OpenID Connect Core, section 3.1.3.7).
        Raises AuthenticationFailed.
        """

        def verified() -> Principal:
            token = take_apart(id_token)
            if token.typ not in _ID_TOKEN_TYPES:
                raise refused(TokenFault.TYPE)
            principal = self._verified(token, at)
            if not nonce or token_claims.word(token.claims, "nonce", TokenFault.NONCE) != nonce:
                raise refused(TokenFault.NONCE)
            if longest_ago_seconds:
                token_claims.check_age(token.claims, at, longest_ago_seconds)
            return principal

        return guarded(verified)

    def _verified(self, token: Unverified, at: datetime) -> Principal:
        if token.issuer != self._spec.issuer:
            raise refused(TokenFault.ISSUER)
        check_signature(token, self._keys.key(token.key_id))
        return principal_of_claims(self._spec, token.typ, token.claims, at)


class TrustedIssuers:
    """A ``TokenVerifier`` over those of several issuers.

    What a token claims as its issuer, unverified, chooses among the issuers that the project names,
    by exact comparison, and decides nothing else. Where two providers have one issuer, each is
    asked; a token that both take could stand for two principals, and stands for none. So does one
    that either could not look at: whether it would have taken it is not known.
    """

    def __init__(self, verifiers: Iterable[tuple[str, TokenVerifier]]) -> None:
        """Pairs of an issuer and who verifies its tokens."""
        found: dict[str, tuple[TokenVerifier, ...]] = {}
        for issuer, verifier in verifiers:
            found[issuer] = (*found.get(issuer, ()), verifier)
        self._by_issuer: Mapping[str, tuple[TokenVerifier, ...]] = found

    def verify(self, token: SecretText, at: datetime) -> Principal:
        """Raises AuthenticationFailed."""
        return guarded(lambda: self._verified(token, at))

    def _verified(self, token: SecretText, at: datetime) -> Principal:
        asked = self._by_issuer.get(take_apart(token).issuer, ())
        taken: list[Principal] = []
        undecided: AuthenticationFailed | None = None
        last = refused(TokenFault.ISSUER)
        for verifier in asked:
            try:
                taken.append(verifier.verify(token, at))
            except AuthenticationFailed as error:
                last = error
                undecided = undecided or (error if error.reason in _UNDECIDED else None)
        if undecided is not None:
            raise undecided
        if not taken:
            raise last
        if len(taken) > 1:
            raise refused(TokenFault.AMBIGUOUS)
        return taken[0]
