"""What the built-in issuer signs: read back by the library alone, without our verifier."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from lockgate.access.principal import PrincipalKind
from lockgate.adapters.identity_providers.tokens.sign import key_id, public_key_of, sign_token
from lockgate.secret import SecretBytes, SecretText

SEED = SecretBytes(bytes(range(32)))
NOW = datetime(2030, 1, 2, 3, 4, 5, 600_000, UTC)


def signed(**changed: object) -> SecretText:
    given: dict[str, object] = {
        "issuer": "lockgate:shop",
        "subject": "user:ada",
        "audience": "lockgate:shop",
        "issued_at": NOW,
        "lifetime": timedelta(minutes=15),
        "session": "s-1",
        "kind": PrincipalKind.PERSON,
        "methods": ("pwd",),
        "authenticated_at": NOW - timedelta(hours=1),
        "token_id": "t-1",
    }
    return sign_token(SEED, **(given | changed))  # type: ignore[arg-type]


def test_a_token_says_who_until_when_and_how() -> None:
    public = OKPKey.import_key(OKPKey.binding.from_public_bytes("Ed25519", public_key_of(SEED)))

    read = jwt.decode(signed().reveal(), public, algorithms=["Ed25519"])

    at = int(NOW.timestamp())
    assert read.header == {
        "typ": "at+jwt",
        "alg": "Ed25519",
        "kid": key_id(public_key_of(SEED)),
    }
    assert read.claims == {
        "iss": "lockgate:shop",
        "sub": "user:ada",
        "aud": "lockgate:shop",
        "client_id": "lockgate",
        "iat": at,
        "nbf": at,
        "exp": at + 900,
        "jti": "t-1",
        "auth_time": at - 3600,
        "amr": ["pwd"],
        "sid": "s-1",
    }


def test_the_key_id_is_the_thumbprint_of_the_public_key() -> None:
    x = base64.urlsafe_b64encode(public_key_of(SEED)).rstrip(b"=").decode()
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    digest = hashlib.sha256(members.encode()).digest()

    assert key_id(public_key_of(SEED)) == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "service:etl"},
        {"subject": "ada"},
        {"kind": PrincipalKind.WORKLOAD},
        {"issued_at": NOW.replace(tzinfo=None)},
        {"authenticated_at": NOW.replace(tzinfo=None)},
        {"lifetime": timedelta(0)},
        {"lifetime": timedelta(seconds=-1)},
    ],
    ids=str,
)
def test_what_no_verifier_would_take_is_not_signed(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"subject|zone|lifetime"):
        signed(**changed)


def test_a_token_does_not_print() -> None:
    token = signed()

    assert repr(token) == "SecretText(***)"
    assert signed(token_id="t-2") != token
