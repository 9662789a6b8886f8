"""Whether a signature holds, by the one key that the token names: joserfc decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from lockgate.access.token_refusal import TokenFault, refused
from lockgate.adapters.identity_providers.tokens.compact import Unverified
from lockgate.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, OKPKey, RSAKey
    from joserfc.jws import JWSRegistry


@dataclass(frozen=True, slots=True, repr=False)
class VerificationKey:
    """A public key and the only algorithms it may verify (RFC 8725, sections 3.1 and 3.2)."""

    key_id: str
    algorithms: frozenset[str]
    key: RSAKey | ECKey | OKPKey

    def __repr__(self) -> str:
        return f"VerificationKey({sorted(self.algorithms)})"


@lru_cache(maxsize=64)
def ed25519_key(public_key: bytes, key_id: str) -> VerificationKey:
    """Of 32 bytes; for ``Ed25519`` and its older name ``EdDSA``. Raises ValueError for others."""
    from joserfc.jwk import OKPKey

    key = OKPKey.import_key(OKPKey.binding.from_public_bytes("Ed25519", public_key))
    return VerificationKey(key_id, frozenset({"Ed25519", "EdDSA"}), key)


def check_signature(token: Unverified, key: VerificationKey) -> None:
    """Return if the token is signed by ``key`` with an algorithm that this key is for.

    Raises AuthenticationFailed.
    """
    from joserfc import jws
    from joserfc.errors import JoseError

    if token.algorithm not in key.algorithms:
        raise refused(TokenFault.ALGORITHM)
    try:
        jws.deserialize_compact(token.text, key.key, registry=_registry(token.algorithm))
        holds = True
    except (JoseError, ValueError):
        holds = False
    if not holds:
        raise refused(TokenFault.SIGNATURE)


@cache
def _registry(algorithm: str) -> JWSRegistry:
    """One algorithm, one header allow-list, our bounds; silent where the library warns of a name.

    ``EdDSA`` is deprecated (RFC 9864) since it leaves the curve open; here the key fixes it.
    """
    from joserfc.jws import JWSRegistry

    class _OneAlgorithm(JWSRegistry):
        max_header_length = DEFAULT_LIMITS.token_bytes
        max_payload_length = DEFAULT_LIMITS.token_bytes
        max_signature_length = DEFAULT_LIMITS.rsa_bits // 6 + 4

        def get_alg(self, name: str) -> Any:
            if name != algorithm:
                raise ValueError
            return self.algorithms[name]

    return _OneAlgorithm(algorithms=[algorithm])
