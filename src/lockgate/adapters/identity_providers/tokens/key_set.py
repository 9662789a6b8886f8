"""An issuer's key set (RFC 7517): which of its keys verify tokens, and with which algorithms."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from lockgate.access.token_claims import is_word
from lockgate.adapters.identity_providers.tokens.signature import VerificationKey
from lockgate.adapters.identity_providers.tokens.strict_json import NotStrict, read_object
from lockgate.limits import DEFAULT_LIMITS

_RSA: Final = frozenset("RS256 RS384 RS512 PS256 PS384 PS512".split())
_CURVES: Final = {
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA", "Ed25519"}),
}
_PUBLIC: Final = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_PRIVATE: Final = frozenset("d p q dp dq qi oth k".split())
_EXPONENTS: Final = range(65_537, 1 << 32)


class KeySetRefused(ValueError):
    """It is no key set that can be trusted. Says nothing of what it was."""


def read_key_set(raw: bytes) -> Mapping[str, VerificationKey]:
    """The keys that verify signatures, by key id.

    Left out are keys without an id, for another use, of another kind, size or curve, and any whose
    private half was published: whoever reads it can sign. Raises KeySetRefused for what is no key
    set, is too large, or has two keys of one id, of which either could be meant.
    """
    given = _keys(raw)
    found: dict[str, VerificationKey] = {}
    for one in given:
        key = _usable(one) if isinstance(one, dict) else None
        if key is None:
            continue
        if key.key_id in found:
            raise KeySetRefused
        found[key.key_id] = key
    return MappingProxyType(found)


def _keys(raw: bytes) -> list[object]:
    given: object = None
    if len(raw) <= DEFAULT_LIMITS.key_set_bytes:
        try:
            given = read_object(raw).get("keys")
        except NotStrict:
            given = None
    if not isinstance(given, list) or len(given) > DEFAULT_LIMITS.key_set_keys:
        raise KeySetRefused
    return given


def _usable(jwk: dict[str, Any]) -> VerificationKey | None:
    key_id = jwk.get("kid")
    if not is_word(key_id) or jwk.keys() & _PRIVATE or not _for_signatures(jwk):
        return None
    algorithms = _algorithms(jwk)
    if not algorithms:
        return None
    key = _imported(jwk)
    return None if key is None else VerificationKey(str(key_id), algorithms, key)


def _for_signatures(jwk: dict[str, Any]) -> bool:
    """``use`` and ``key_ops`` (RFC 7517, sections 4.2 and 4.3), where they are there."""
    operations = jwk.get("key_ops", ["verify"])
    return bool(jwk.get("use", "sig") == "sig" and operations == ["verify"])


def _algorithms(jwk: dict[str, Any]) -> frozenset[str]:
    """Those that fit type and curve; if the key names one, that one alone."""
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if kind == "RSA":
        fitting = _RSA
    elif isinstance(kind, str) and isinstance(curve, str):
        fitting = _CURVES.get((kind, curve), frozenset())
    else:
        fitting = frozenset()
    if "alg" in jwk:
        named = jwk["alg"]
        return fitting & {named} if isinstance(named, str) else frozenset()
    return fitting


def _imported(jwk: dict[str, Any]) -> Any:
    """The key of its public members alone; None if it is none (a point off the curve, a size)."""
    from joserfc.errors import JoseError
    from joserfc.jwk import JWKRegistry

    kind = jwk["kty"]
    given = {name: jwk.get(name) for name in _PUBLIC[kind]}
    members = {name: value for name, value in given.items() if isinstance(value, str)}
    if len(members) != len(given):
        return None
    if kind == "RSA" and not _fits_rsa(members["n"], members["e"]):
        return None
    try:
        return JWKRegistry.import_key({"kty": kind, **members})
    except (JoseError, ValueError, TypeError):
        return None


def _fits_rsa(modulus: str, exponent: str) -> bool:
    """NIST SP 800-131A: 2048 bits or more; an odd exponent as FIPS 186-5, 5.4 asks, and short."""
    bits, e = _number(modulus).bit_length(), _number(exponent)
    sized = DEFAULT_LIMITS.rsa_bits_floor <= bits <= DEFAULT_LIMITS.rsa_bits
    return sized and e in _EXPONENTS and e % 2 == 1


def _number(text: str) -> int:
    try:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return 0
