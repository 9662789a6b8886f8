"""Tokens of the built-in issuer: Ed25519 signatures over short-lived access tokens.

A JSON Web Token (RFC 7519) of the profile for access tokens (RFC 9068) in JWS compact form
(RFC 7515), ``alg`` Ed25519 (RFC 9864, which names what RFC 8037 called EdDSA by its curve).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from lockgate.access.local_token_rules import CLIENT, SUBJECT_PREFIXES
from lockgate.access.principal import PrincipalKind
from lockgate.secret import SecretBytes, SecretText

if TYPE_CHECKING:
    from joserfc.jwk import OKPKey

ALGORITHM = "Ed25519"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - RFC 9068's word for an access token
ASSERTION_TYPE = "client-authentication+jwt"
"""``typ`` of an assertion, so that it is never taken for a token, nor a token for one."""


def sign_token(  # noqa: PLR0913 - a parameter for each claim
    key: SecretBytes,
    *,
    issuer: str,
    subject: str,
    audience: str,
    issued_at: datetime,
    lifetime: timedelta,
    session: str,
    kind: PrincipalKind,
    methods: tuple[str, ...],
    authenticated_at: datetime,
    token_id: str,
) -> SecretText:
    """Sign an access token that stands for ``subject`` until ``issued_at + lifetime``.

    ``key`` is a 32-byte Ed25519 seed; ``subject`` is the id of the principal, ``user:NAME`` or
    ``service:NAME``; ``issued_at`` and ``authenticated_at`` are aware and count in whole seconds;
    ``methods`` are RFC 8176 words; ``session`` and ``token_id`` are no credentials.

    Raises ValueError for a seed of another length, a subject that does not fit its kind, a time
    without a zone, or a lifetime below one second.
    """
    if not subject.startswith(SUBJECT_PREFIXES.get(kind, "?")):
        raise ValueError("the subject does not fit its kind")
    if issued_at.tzinfo is None or authenticated_at.tzinfo is None:
        raise ValueError("a time without a time zone")
    begins = int(issued_at.timestamp())
    ends = int((issued_at + lifetime).timestamp())
    if ends <= begins:
        raise ValueError("a lifetime below one second")
    claims: dict[str, object] = {
        "iss": issuer,
        "sub": subject,
        "aud": audience,
        "client_id": CLIENT,
        "iat": begins,
        "nbf": begins,
        "exp": ends,
        "jti": token_id,
        "auth_time": int(authenticated_at.timestamp()),
        "amr": list(methods),
        "sid": session,
    }
    return _signed(key, TOKEN_TYPE, claims)


def sign_assertion(
    key: SecretBytes,
    *,
    account: str,
    audience: str,
    issued_at: datetime,
    lifetime: timedelta,
    token_id: str,
) -> SecretText:
    """What a service account (``service:NAME``) shows the built-in issuer to log in (RFC 7523).

    ``audience`` is that issuer. Raises ValueError for a seed of another length or a time without
    a zone.
    """
    if issued_at.tzinfo is None:
        raise ValueError("a time without a time zone")
    claims: dict[str, object] = {
        "iss": account,
        "sub": account,
        "aud": audience,
        "iat": int(issued_at.timestamp()),
        "exp": int((issued_at + lifetime).timestamp()),
        "jti": token_id,
    }
    return _signed(key, ASSERTION_TYPE, claims)


def _signed(seed: SecretBytes, typ: str, claims: dict[str, object]) -> SecretText:
    from joserfc import jws

    signing = _key(seed)
    header = {"typ": typ, "alg": ALGORITHM, "kid": signing.thumbprint()}
    payload = json.dumps(claims, separators=(",", ":"), allow_nan=False)
    return SecretText(jws.serialize_compact(header, payload, signing, algorithms=[ALGORITHM]))


def public_key_of(key: SecretBytes) -> bytes:
    """The 32 bytes that verify what ``sign_token`` signs with this seed."""
    return _key(key).public_key.public_bytes_raw()


@lru_cache(maxsize=64)
def key_id(public_key: bytes) -> str:
    """``kid`` of an Ed25519 public key: its RFC 7638 thumbprint (RFC 8037, appendix A.3)."""
    from joserfc.jwk import OKPKey

    return OKPKey.import_key(OKPKey.binding.from_public_bytes("Ed25519", public_key)).thumbprint()


def _key(seed: SecretBytes) -> OKPKey:
    from joserfc.jwk import OKPKey

    return OKPKey.import_key(OKPKey.binding.from_private_bytes("Ed25519", seed.reveal()))
