"""Attacks on what service accounts sign to log in, and on the built-in issuer's own tokens.

Each is a good one with a single thing changed, truly signed unless that is what is changed.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lockgate.access.principal import PrincipalKind
from lockgate.access.token_refusal import HINT, MESSAGE
from lockgate.adapters.identity_providers.tokens.local import LocalVerifier, verify_assertion
from lockgate.adapters.identity_providers.tokens.sign import (
    key_id,
    public_key_of,
    sign_assertion,
    sign_token,
)
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.errors import AuthenticationFailed
from lockgate.run.state_ports import StateStore
from lockgate.secret import SecretBytes, SecretText
from lockgate.testing.memory_state import MemoryStateStore
from token_cases import (
    AT,
    NOW,
    all_keys,
    changed_claims,
    compact_json,
    ec_key,
    ed_key,
    rsa_key,
    signed,
)

SEED = SecretBytes(bytes(32))  # of ed_key(0)
PUBLIC = public_key_of(SEED)
KID = key_id(PUBLIC)
ISSUER = "lockgate:shop"
ACCOUNT = "service:etl"
HEADER = {"typ": "client-authentication+jwt", "alg": "Ed25519", "kid": KID}
CLAIMS: dict[str, Any] = {
    "iss": ACCOUNT,
    "sub": ACCOUNT,
    "aud": ISSUER,
    "iat": AT,
    "exp": AT + 60,
    "jti": "a-1",
}
TOKEN_HEADER = {"typ": "at+jwt", "alg": "Ed25519", "kid": KID}
TOKEN_CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "user:ada",
    "aud": ISSUER,
    "client_id": "lockgate",
    "iat": AT,
    "nbf": AT,
    "exp": AT + 900,
    "jti": "t-1",
    "auth_time": AT - 60,
    "amr": ["pwd"],
    "sid": "s-1",
}


def log_in(state: StateStore, assertion: str) -> str:
    keys = {ACCOUNT: {KID: PUBLIC}, "service:other": {KID: public_key_of(SecretBytes(b"x" * 32))}}
    return verify_assertion(
        SecretText(assertion),
        keys_of=lambda account: keys.get(account, {}),
        audience=ISSUER,
        used=state.used_tokens,
        at=NOW,
    )


def verify(token: str) -> str:
    verifier = LocalVerifier(ISSUER, ISSUER, lambda at: {KID: PUBLIC}, longest_seconds=900)
    return verifier.verify(SecretText(token), NOW).id


def reason(act: Any) -> str:
    with pytest.raises(AuthenticationFailed) as failed:
        act()
    assert failed.value.__context__ is None
    assert (failed.value.message, failed.value.hint) == (MESSAGE, HINT)
    return failed.value.reason


def assertion(**changed: object) -> str:
    return signed(HEADER, changed_claims(CLAIMS, changed), ed_key())


def token(**changed: object) -> str:
    return signed(TOKEN_HEADER, changed_claims(TOKEN_CLAIMS, changed), ed_key())


def test_what_the_attacks_start_from_is_what_is_really_signed() -> None:
    made = sign_assertion(
        SEED,
        account=ACCOUNT,
        audience=ISSUER,
        issued_at=NOW,
        lifetime=timedelta(seconds=60),
        token_id="a-1",
    )
    given = sign_token(
        SEED,
        issuer=ISSUER,
        subject="user:ada",
        audience=ISSUER,
        issued_at=NOW,
        lifetime=timedelta(minutes=15),
        session="s-1",
        kind=PrincipalKind.PERSON,
        methods=("pwd",),
        authenticated_at=NOW - timedelta(seconds=60),
        token_id="t-1",
    )
    assert made.reveal() == assertion()
    assert given.reveal() == token()
    assert log_in(MemoryStateStore(), assertion()) == ACCOUNT
    assert verify(token()) == "user:ada"


ASSERTIONS: dict[str, tuple[dict[str, object], str]] = {
    "for another account": ({"sub": "service:admin"}, "token-subject"),
    "by another account": ({"iss": "service:other"}, "token-signature"),
    "by an account that there is not": ({"iss": "service:none"}, "token-key-unknown"),
    "by nobody": ({"iss": ...}, "token-key-unknown"),
    "by a list": ({"iss": [ACCOUNT]}, "token-key-unknown"),
    "for another project": ({"aud": "lockgate:other"}, "token-audience"),
    "for two": ({"aud": [ISSUER, "lockgate:other"]}, "token-audience"),
    "for nobody": ({"aud": ...}, "token-audience"),
    "without an id": ({"jti": ...}, "token-claim"),
    "with an empty id": ({"jti": ""}, "token-claim"),
    "with an endless id": ({"jti": "j" * 256}, "token-claim"),
    "with a number for an id": ({"jti": 1}, "token-claim"),
    "without an end": ({"exp": ...}, "token-times"),
    "without a begin": ({"iat": ...}, "token-times"),
    "of six minutes": ({"exp": AT + 360}, "token-times"),
    "expired": ({"iat": AT - 200, "exp": AT - 60}, "token-expired"),
    "from the future": ({"iat": AT + 61, "exp": AT + 120}, "token-not-yet-valid"),
}


@pytest.mark.parametrize("name", ASSERTIONS)
def test_an_assertion(name: str) -> None:
    changed, expected = ASSERTIONS[name]
    state = MemoryStateStore()

    assert reason(lambda: log_in(state, assertion(**changed))) == expected
    assert log_in(state, assertion()) == ACCOUNT, "nothing was used up"


LOCAL: dict[str, tuple[dict[str, object], str]] = {
    "of another project": ({"iss": "lockgate:other"}, "token-issuer"),
    "for another project": ({"aud": "lockgate:other"}, "token-audience"),
    "for two projects": ({"aud": [ISSUER, "lockgate:other"]}, "token-audience"),
    "for another client": ({"client_id": "x"}, "token-client"),
    "without a client": ({"client_id": ...}, "token-client"),
    "for the system's user": ({"sub": "os:root@host"}, "token-subject"),
    "for a provider's subject": ({"sub": "okta/ada"}, "token-subject"),
    "for a user whose name looks like a provider's": ({"sub": "user:okta/ada"}, "token-subject"),
    "for a user of two prefixes": ({"sub": "user:service:etl"}, "token-subject"),
    "for a nameless user": ({"sub": "user:"}, "token-subject"),
    "for a user in capitals": ({"sub": "USER:ada"}, "token-subject"),
    "for nobody": ({"sub": ...}, "token-subject"),
    "without a session": ({"sid": ...}, "token-claim"),
    "without an id": ({"jti": ...}, "token-claim"),
    "without nbf": ({"nbf": ...}, "token-times"),
    "without auth_time": ({"auth_time": ...}, "token-times"),
    "without exp": ({"exp": ...}, "token-times"),
    "of sixteen minutes": ({"exp": AT + 960}, "token-times"),
    "expired": ({"iat": AT - 900, "nbf": AT - 900, "exp": AT - 60}, "token-expired"),
    "nbf in the future": ({"nbf": AT + 61}, "token-not-yet-valid"),
}


@pytest.mark.parametrize("name", LOCAL)
def test_a_token_of_our_own(name: str) -> None:
    changed, expected = LOCAL[name]

    assert reason(lambda: verify(token(**changed))) == expected


SIGNED: dict[str, tuple[dict[str, object], Any, str]] = {
    "another key": ({}, ed_key(1), "token-signature"),
    "another kid": (
        {"kid": key_id(public_key_of(SecretBytes(b"y" * 32)))},
        None,
        "token-key-unknown",
    ),
    "a MAC under the public key": ({"alg": "HS256"}, PUBLIC, "token-algorithm"),
    "RS256": ({"alg": "RS256"}, rsa_key(), "token-algorithm"),
    "ES256": ({"alg": "ES256"}, ec_key("P-256"), "token-algorithm"),
    "a key of its own": ({"jwk": all_keys()[4]}, None, "token-header"),
    "an address of a key": ({"jku": "https://canary.example.net"}, None, "token-header"),
    "no type": ({"typ": ...}, None, "token-type"),
    "a plain type": ({"typ": "JWT"}, None, "token-type"),
}


@pytest.mark.parametrize("name", SIGNED)
def test_a_token_and_an_assertion_signed_with(name: str) -> None:
    header, key, expected = SIGNED[name]
    forged = signed(changed_claims(TOKEN_HEADER, header), TOKEN_CLAIMS, key or ed_key())
    shown = signed(changed_claims(HEADER, header), CLAIMS, key or ed_key())

    assert reason(lambda: verify(forged)) == expected
    assert reason(lambda: log_in(MemoryStateStore(), shown)) == expected


def test_an_assertion_shown_by_fifty_at_once_logs_in_once(tmp_path: Path) -> None:
    shown, start = assertion(), threading.Barrier(50)
    with open_state("sqlite", tmp_path / ".lockgate") as state:

        def attack(_: int) -> str:
            start.wait()
            try:
                return log_in(state, shown)
            except AuthenticationFailed as error:
                return error.reason

        with ThreadPoolExecutor(50) as pool:
            told = sorted(pool.map(attack, range(50)))
    assert told == [ACCOUNT] + ["token-replayed"] * 49


def test_the_same_id_in_other_words_is_the_same_id() -> None:
    state = MemoryStateStore()
    assert log_in(state, assertion()) == ACCOUNT

    assert reason(lambda: log_in(state, assertion(exp=AT + 61))) == "token-replayed"
    escaped = compact_json(CLAIMS).replace(b'"a-1"', b'"\\u0061-1"')
    assert json.loads(escaped) == CLAIMS
    assert reason(lambda: log_in(state, signed(HEADER, escaped, ed_key()))) == "token-replayed"


def test_a_store_that_fails_lets_nobody_in() -> None:
    class Failing:
        def use(self, *given: object) -> bool:
            raise OSError("canary")

    with pytest.raises(AuthenticationFailed) as failed:
        verify_assertion(
            SecretText(assertion()),
            keys_of=lambda account: {KID: PUBLIC},
            audience=ISSUER,
            used=Failing(),
            at=NOW,
        )
    assert failed.value.reason == "token-check-failed"
    assert "canary" not in repr(failed.value)
