"""The built-in issuer's tokens and assertions, verified."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.adapters.identity_providers.tokens.local import LocalVerifier, verify_assertion
from lockgate.adapters.identity_providers.tokens.sign import (
    key_id,
    public_key_of,
    sign_assertion,
    sign_token,
)
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretBytes, SecretText
from lockgate.testing.memory_state import MemoryStateStore

SEED, OTHER = SecretBytes(bytes(range(32))), SecretBytes(bytes(range(1, 33)))
PUBLIC = public_key_of(SEED)
KEYS = {key_id(PUBLIC): PUBLIC}
ISSUER = "lockgate:shop"
NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def token(seed: SecretBytes = SEED, issuer: str = ISSUER, minutes: int = 15) -> SecretText:
    return sign_token(
        seed,
        issuer=issuer,
        subject="user:ada",
        audience=ISSUER,
        issued_at=NOW,
        lifetime=timedelta(minutes=minutes),
        session="s-1",
        kind=PrincipalKind.PERSON,
        methods=("pwd",),
        authenticated_at=NOW - timedelta(hours=1),
        token_id="t-1",
    )


def verifier() -> LocalVerifier:
    return LocalVerifier(ISSUER, ISSUER, lambda at: KEYS, longest_seconds=900)


def reason(act: object) -> str:
    with pytest.raises(AuthenticationFailed) as failed:
        act()  # type: ignore[operator]
    return failed.value.reason


def test_a_token_of_our_own_names_a_local_principal() -> None:
    assert verifier().verify(token(), NOW) == Principal(
        id="user:ada",
        assurance=Assurance.TOKEN,
        counted="user:ada",
        kind=PrincipalKind.PERSON,
        issuer=ISSUER,
        methods=("pwd",),
        authenticated_at=NOW - timedelta(hours=1),
        expires_at=NOW + timedelta(minutes=15),
        session="s-1",
    )


def test_what_another_key_or_project_signed_is_refused() -> None:
    assert reason(lambda: verifier().verify(token(OTHER), NOW)) == "token-key-unknown"
    foreign = token(issuer="lockgate:other")
    assert reason(lambda: verifier().verify(foreign, NOW)) == "token-issuer"


def test_a_token_ends_and_lives_no_longer_than_is_allowed() -> None:
    end = NOW + timedelta(minutes=16)
    assert verifier().verify(token(), end - timedelta(seconds=1)).id == "user:ada"
    assert reason(lambda: verifier().verify(token(), end)) == "token-expired"
    assert reason(lambda: verifier().verify(token(minutes=16), NOW)) == "token-times"
    assert reason(lambda: verifier().verify(token(), NOW - timedelta(seconds=61))) == (
        "token-not-yet-valid"
    )


def assertion(seconds: int = 60, audience: str = ISSUER, account: str = "service:etl"):
    return sign_assertion(
        SEED,
        account=account,
        audience=audience,
        issued_at=NOW,
        lifetime=timedelta(seconds=seconds),
        token_id="a-1",
    )


def log_in(state: MemoryStateStore, shown: SecretText, at: datetime = NOW) -> str:
    keys = {"service:etl": KEYS}
    return verify_assertion(
        shown,
        keys_of=lambda account: keys.get(account, {}),
        audience=ISSUER,
        used=state.used_tokens,
        at=at,
    )


def test_an_assertion_logs_its_account_in_once() -> None:
    state, shown = MemoryStateStore(), assertion()

    assert log_in(state, shown) == "service:etl"
    assert reason(lambda: log_in(state, shown)) == "token-replayed"


def test_an_assertion_is_for_one_issuer_one_account_and_minutes() -> None:
    state = MemoryStateStore()

    assert reason(lambda: log_in(state, assertion(audience="lockgate:x"))) == "token-audience"
    assert reason(lambda: log_in(state, assertion(account="service:b"))) == "token-key-unknown"
    assert reason(lambda: log_in(state, assertion(301))) == "token-times"
    late = NOW + timedelta(seconds=121)
    assert reason(lambda: log_in(state, assertion(), late)) == "token-expired"
    assert log_in(state, assertion()) == "service:etl", "no refusal used it up"


def test_an_assertion_is_no_token_and_a_token_no_assertion() -> None:
    assert reason(lambda: verifier().verify(assertion(), NOW)) == "token-type"
    assert reason(lambda: log_in(MemoryStateStore(), token())) == "token-type"


def test_an_error_in_a_check_refuses() -> None:
    def broken(at: datetime) -> dict[str, bytes]:
        raise ZeroDivisionError

    refusing = LocalVerifier(ISSUER, ISSUER, broken, longest_seconds=900)
    with pytest.raises(AuthenticationFailed) as failed:
        refusing.verify(token(), NOW)
    assert failed.value.reason == "token-check-failed"
    assert failed.value.__context__ is None
