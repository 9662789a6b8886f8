"""An issuer of the tests: its keys, the documents it serves, and tokens it signs, however wrong.

Everything is made of raw parts, so that a case changes one thing of a good token and no library
stands in its way.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.jwk import ECKey, OKPKey, RSAKey

from lockgate.access.settings import ProviderKind, ProviderSpec
from lockgate.adapters.identity_providers.tokens.key_cache import KeyCache
from lockgate.adapters.identity_providers.tokens.trusted import ProviderVerifier, TrustedIssuers
from lockgate.errors import EnvironmentFailed
from lockgate.secret import SecretText

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER = "https://id.example.org"
KEY_SET = ISSUER + "/keys"
AUDIENCE = "https://shop.example.org/lockgate"
CLIENT = "lockgate-cli"


def b64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact_json(value: object) -> bytes:
    """As an issuer writes it."""
    return json.dumps(value, separators=(",", ":")).encode()


@functools.cache
def rsa_key(bits: int = 2048, which: int = 0) -> rsa.RSAPrivateKey:
    """Made once a process; ``which`` tells keys of a size apart."""
    del which
    return rsa.generate_private_key(65_537, bits)


@functools.cache
def ec_key(curve: str, which: int = 0) -> ec.EllipticCurvePrivateKey:
    """Made once a process."""
    del which
    curves = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}
    return ec.generate_private_key(curves[curve]())


@functools.cache
def ed_key(which: int = 0) -> Ed25519PrivateKey:
    """The same in every process."""
    return Ed25519PrivateKey.from_private_bytes(bytes([which]) * 32)


def jwk(private: Any, kid: str, **more: object) -> dict[str, Any]:
    """The public half, as a key set lists it."""
    kinds = {rsa.RSAPrivateKey: RSAKey, ec.EllipticCurvePrivateKey: ECKey}
    kind = next((kinds[base] for base in kinds if isinstance(private, base)), OKPKey)
    return {**kind.import_key(private.public_key()).as_dict(), "kid": kid, **more}


def sign(algorithm: str, key: Any, message: bytes) -> bytes:
    """As RFC 7518, section 3, and RFC 8037 say; ``key`` is bytes for a MAC."""
    digests = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
    digest = digests.get(algorithm[-3:], hashes.SHA256)()
    if algorithm == "none":
        return b""
    if algorithm.startswith("HS"):
        return hmac.new(key, message, getattr(hashlib, f"sha{algorithm[2:]}")).digest()
    if algorithm.startswith("RS"):
        return key.sign(message, padding.PKCS1v15(), digest)
    if algorithm.startswith("PS"):
        pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
        return key.sign(message, pss, digest)
    if algorithm.startswith("ES"):
        length = (key.curve.key_size + 7) // 8
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(digest)))
        return r.to_bytes(length) + s.to_bytes(length)
    return key.sign(message)


ACCESS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "00u-ada",
    "aud": AUDIENCE,
    "client_id": CLIENT,
    "iat": AT,
    "exp": AT + 300,
    "jti": "t-7391",
    "sid": "s-1",
    "auth_time": AT - 60,
    "amr": ["pwd", "otp"],
    "groups": ["analysts", "Privacy Büro"],
}
ID_TOKEN: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "00u-ada",
    "aud": CLIENT,
    "iat": AT,
    "exp": AT + 300,
    "nonce": "n-1",
    "auth_time": AT - 60,
}
HEADER = {"typ": "at+jwt", "alg": "RS256", "kid": "rsa-1"}
ID_HEADER = {"typ": "JWT", "alg": "RS256", "kid": "rsa-1"}


def signed(
    header: dict[str, Any] | bytes,
    claims: dict[str, Any] | bytes,
    key: Any = None,
    algorithm: str | None = None,
) -> str:
    """A token of these parts, signed truly: by the issuer's RSA key unless another is given.

    Without an algorithm of its own it is the header's.
    """
    head = header if isinstance(header, bytes) else compact_json(header)
    body = claims if isinstance(claims, bytes) else compact_json(claims)
    named = algorithm or (header["alg"] if isinstance(header, dict) else "RS256")
    message = f"{b64(head)}.{b64(body)}"
    return f"{message}.{b64(sign(named, key or rsa_key(), message.encode()))}"


def good(**changed: object) -> str:
    """A good access token with some claims changed; a claim of ``...`` is left out."""
    return signed(HEADER, changed_claims(ACCESS, changed))


def good_id(**changed: object) -> str:
    """A good ID token with some claims changed."""
    return signed(ID_HEADER, changed_claims(ID_TOKEN, changed))


def changed_claims(claims: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """``claims`` with others; ``...`` leaves one out."""
    return {name: value for name, value in (claims | changed).items() if value is not ...}


def with_header(**changed: object) -> str:
    """A good access token with some header parameters changed."""
    return signed(changed_claims(HEADER, changed), ACCESS)


@dataclass
class Served:
    """An ``HttpGet`` over documents in memory, which counts and can fail or wait."""

    documents: dict[str, bytes]
    asked: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda url: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, url: str) -> bytes:
        """The document, or EnvironmentFailed."""
        with self._lock:
            self.asked.append(url)
        self.before(url)
        if url not in self.documents:
            raise EnvironmentFailed("the provider does not answer")
        return self.documents[url]

    def times(self, url: str) -> int:
        """How often it was asked for."""
        return self.asked.count(url)


@functools.cache
def all_keys() -> tuple[dict[str, Any], ...]:
    """What the issuer publishes: a key of each kind."""
    return (
        jwk(rsa_key(), "rsa-1", use="sig"),
        jwk(ec_key("P-256"), "p256", use="sig", key_ops=["verify"]),
        jwk(ec_key("P-384"), "p384"),
        jwk(ec_key("P-521"), "p521", alg="ES512"),
        jwk(ed_key(), "ed"),
    )


def serving(*keys: dict[str, Any], **discovery: object) -> Served:
    """An issuer with these keys, or all of its own."""
    document = {
        "issuer": ISSUER,
        "jwks_uri": KEY_SET,
        "token_endpoint": ISSUER + "/token",
        **discovery,
    }
    return Served(
        {
            ISSUER + "/.well-known/openid-configuration": compact_json(document),
            KEY_SET: compact_json({"keys": list(keys or all_keys())}),
        }
    )


def spec(**changed: object) -> ProviderSpec:
    """People of the issuer."""
    given: dict[str, Any] = {
        "name": "okta",
        "kind": ProviderKind.PEOPLE,
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "client_id": CLIENT,
        "groups_claim": "groups",
    }
    return ProviderSpec(**(given | changed))


@dataclass
class Clock:
    """Seconds that the test moves."""

    seconds: float = 1_000.0

    def __call__(self) -> float:
        """Now."""
        return self.seconds


@dataclass
class World:
    """A project that trusts the issuer, and the issuer."""

    served: Served
    clock: Clock
    verifier: ProviderVerifier
    trusted: TrustedIssuers

    def verify(self, token: str, at: datetime = NOW) -> Any:
        """Through the chooser, as a project does."""
        return self.trusted.verify(SecretText(token), at)


def world(served: Served | None = None, **changed: object) -> World:
    """A fresh one."""
    served = served or serving()
    clock = Clock()
    chosen = spec(**changed)
    verifier = ProviderVerifier(chosen, KeyCache(chosen.issuer, served, clock))
    return World(served, clock, verifier, TrustedIssuers([(chosen.issuer, verifier)]))


def later(seconds: float) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(seconds=seconds)
