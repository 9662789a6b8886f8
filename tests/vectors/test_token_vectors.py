"""Published tokens and keys: RFC 7515 and RFC 8037."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from lockgate.adapters.identity_providers.tokens.compact import Unverified, take_apart
from lockgate.adapters.identity_providers.tokens.key_set import read_key_set
from lockgate.adapters.identity_providers.tokens.sign import key_id, public_key_of
from lockgate.adapters.identity_providers.tokens.signature import check_signature
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretBytes, SecretText

VECTORS = json.loads((Path(__file__).parent / "rfc7515_rfc8037_jws.json").read_text())
SIGNED = VECTORS["signed"]
NAMES = [one["name"] for one in SIGNED]


def token_of(vector: dict[str, Any]) -> str:
    """Its parts stand apart in the file, where no scanner takes them for somebody's token."""
    return ".".join((vector["header"], vector["payload"], vector["signature"]))


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check(vector: dict[str, Any], token: str, algorithm: str = "") -> None:
    """As a token with that key's id; the published ones name no key."""
    published = json.dumps({"keys": [vector["key"] | {"kid": "k"}]}).encode()
    unverified = Unverified(token, algorithm or vector["algorithm"], "k", "", {})
    check_signature(unverified, read_key_set(published)["k"])


@pytest.mark.parametrize("vector", SIGNED, ids=NAMES)
def test_a_published_signature_holds(vector: dict[str, Any]) -> None:
    check(vector, token_of(vector))


@pytest.mark.parametrize("vector", SIGNED, ids=NAMES)
def test_it_does_not_over_other_bytes_or_another_algorithm(vector: dict[str, Any]) -> None:
    head, body, signature = token_of(vector).split(".")
    last = unpadded(body)[:-1] + bytes([unpadded(body)[-1] ^ 1])
    other = base64.urlsafe_b64encode(last).rstrip(b"=").decode()

    with pytest.raises(AuthenticationFailed):
        check(vector, f"{head}.{other}.{signature}")
    with pytest.raises(AuthenticationFailed):
        check(vector, token_of(vector), "RS512" if vector["algorithm"] == "RS256" else "RS256")


@pytest.mark.parametrize("vector", SIGNED, ids=NAMES)
def test_without_a_key_id_a_published_token_is_none_of_ours(vector: dict[str, Any]) -> None:
    with pytest.raises(AuthenticationFailed) as failed:
        take_apart(SecretText(token_of(vector)))
    assert failed.value.reason in {"token-header", "token-malformed"}  # A.5's payload is a sentence


def test_the_published_seed_has_the_published_public_key_and_thumbprint() -> None:
    published = VECTORS["ed25519"]
    public = public_key_of(SecretBytes(unpadded(published["seed"])))

    assert public == unpadded(published["public"])
    assert key_id(public) == published["thumbprint"]
