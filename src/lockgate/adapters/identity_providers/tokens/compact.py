"""A token taken apart, bounded and strictly, before anything of it is believed."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Any, Final

from lockgate.access.token_claims import is_word
from lockgate.access.token_refusal import TokenFault, refused
from lockgate.adapters.identity_providers.tokens.strict_json import NotStrict, read_object
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText

ALGORITHMS: Final = frozenset(
    "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split()
)
"""Signatures by a private key. None is ``none``, and none is a MAC, whose key the verifier has."""
_TAKEN: Final = frozenset({"alg", "kid", "typ"})
_IGNORED: Final = frozenset({"x5t", "x5t#S256"})
"""Digests of a certificate: they lead nowhere and choose nothing."""
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_PREFIX: Final = "application/"


@dataclass(frozen=True, slots=True, repr=False)
class Unverified:
    """A token's parts. Nothing here is true yet; it does not print.

    ``typ`` is in lower case and without ``application/`` (RFC 7515, section 4.1.9), "" for none.
    """

    text: str = field()
    algorithm: str = field()
    key_id: str = field()
    typ: str = field()
    claims: dict[str, Any] = field()

    @property
    def issuer(self) -> str:
        """What ``iss`` claims; "" if it is no text."""
        issuer = self.claims.get("iss")
        return issuer if isinstance(issuer, str) else ""

    def __repr__(self) -> str:
        return "Unverified(***)"


def take_apart(token: SecretText) -> Unverified:
    """The parts of a JWS in compact form (RFC 7515, section 7.1); no other form is taken.

    Its header may hold ``alg``, ``kid`` and ``typ`` and nothing that points anywhere: a parameter
    that names a key, an address, an extension or a compression refuses the token.
    Raises AuthenticationFailed.
    """
    text = token.reveal()
    if len(text) > DEFAULT_LIMITS.token_bytes:
        raise refused(TokenFault.TOO_LARGE)
    if not _COMPACT.fullmatch(text):
        raise refused(TokenFault.MALFORMED)
    head, body, signature = text.split(".")
    header, claims = _object(head), _object(body)
    _decoded(signature)
    return Unverified(text, _algorithm(header), _key_id(header), _typ(header), claims)


def _object(segment: str) -> dict[str, Any]:
    try:
        return read_object(_decoded(segment))
    except NotStrict:
        pass
    raise refused(TokenFault.MALFORMED)


def _decoded(segment: str) -> bytes:
    """Base64url without padding, of which only one text gives the same bytes."""
    if len(segment) % 4 == 1:
        raise refused(TokenFault.MALFORMED)
    raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != segment.encode():
        raise refused(TokenFault.MALFORMED)
    return raw


def _algorithm(header: dict[str, Any]) -> str:
    if not header.keys() <= _TAKEN | _IGNORED:
        raise refused(TokenFault.HEADER)
    if any(not is_word(header[name]) for name in _IGNORED & header.keys()):
        raise refused(TokenFault.HEADER)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise refused(TokenFault.ALGORITHM)
    return algorithm


def _key_id(header: dict[str, Any]) -> str:
    if not is_word(header.get("kid")):
        raise refused(TokenFault.HEADER)
    return str(header["kid"])


def _typ(header: dict[str, Any]) -> str:
    typ = header.get("typ", "")
    if typ and not is_word(typ):
        raise refused(TokenFault.HEADER)
    if not isinstance(typ, str) or ("typ" in header and not typ):
        raise refused(TokenFault.HEADER)
    return typ.lower().removeprefix(_PREFIX)
