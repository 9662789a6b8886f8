"""How a service's client proves itself by its private key (RFC 7523, private_key_jwt)."""

from __future__ import annotations

import json
import secrets
import warnings
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from lockgate.errors import ConfigurationError
from lockgate.secret import SecretText

if TYPE_CHECKING:
    from joserfc.jwk import Key

LIFETIME_SECONDS = 60
_SMALLEST_RSA = 2048
_ALGORITHMS = {
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("Ed25519", "EdDSA"),  # RFC 9864 named by its curve what RFC 8037 called EdDSA
}
_KINDS: Final[tuple[Literal["RSA", "EC", "OKP"], ...]] = ("RSA", "EC", "OKP")
_RSA = ("PS256", "RS256")


def client_assertion(
    private_key: SecretText,
    key_id: str,
    client_id: str,
    audience: str,
    at: datetime,
    understood: tuple[str, ...] = (),
) -> SecretText:
    """An assertion for one use, of a minute, for ``audience`` alone.

    ``private_key`` is PEM (PKCS 8) or a JWK: RSA of 2048 bits or more, P-256, P-384, P-521 or
    Ed25519. The kind of the key decides the algorithm; where it leaves two, ``understood`` (by the
    provider) does, else the one that is understood most. ``key_id`` is what the provider knows the
    key by; without one its RFC 7638 thumbprint. Raises ConfigurationError for any other key.
    """
    from joserfc import jws

    key = _key(private_key)
    fitting = _fitting(key)
    algorithm = next((one for one in fitting if one in understood), fitting[-1])
    begins = int(at.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": begins,
        "exp": begins + LIFETIME_SECONDS,
        "jti": secrets.token_urlsafe(24),
    }
    header = {"typ": "JWT", "alg": algorithm, "kid": key_id or key.thumbprint()}
    payload = json.dumps(claims, separators=(",", ":"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of EdDSA's old name, which providers still go by
        return SecretText(jws.serialize_compact(header, payload, key, algorithms=[algorithm]))


def _key(text: SecretText) -> Key:
    """The first kind of key that the text is, and that can sign."""
    given = text.reveal().strip()
    for kind in _KINDS:
        key = _read(given, kind)
        if key is not None and key.is_private and _fitting(key):
            return key
    raise ConfigurationError(
        "the private key of a provider's client is none that can be used",
        hint="PEM or JWK: Ed25519, P-256, P-384, P-521, or RSA of 2048 bits or more",
    )


def _read(given: str, kind: Literal["RSA", "EC", "OKP"]) -> Key | None:
    """The text as a key of this kind; None if it is none."""
    from joserfc.jwk import import_key

    try:
        return import_key(json.loads(given) if given.startswith("{") else given, kind)
    except Exception:  # noqa: BLE001 - of joserfc or cryptography, whose words may hold the key
        return None


def _fitting(key: Key) -> tuple[str, ...]:
    if key.key_type == "RSA":
        return _RSA if key.private_key.key_size >= _SMALLEST_RSA else ()  # type: ignore[union-attr]
    return _ALGORITHMS.get(str(getattr(key, "curve_name", "")), ())
