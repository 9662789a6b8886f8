"""Tokens of a real OpenID provider, verified: each kind, keys that come and go, other clocks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from identity_provider.running import (
    AUDIENCE,
    PERSON,
    RealProvider,
    fill_forms,
    real_provider,
    service_client,
    signing_key,
)
from lockgate.access.principal import PrincipalKind
from lockgate.access.settings import ProviderKind, ProviderSpec
from lockgate.adapters.identity_providers.oidc.code_flow import log_in_by_browser, random_text
from lockgate.adapters.identity_providers.oidc.discovery import discover
from lockgate.adapters.identity_providers.oidc.grants import Client, TokenSet, client_credentials
from lockgate.adapters.identity_providers.oidc.http import ProviderHttp
from lockgate.adapters.identity_providers.tokens.key_cache import KeyCache
from lockgate.adapters.identity_providers.tokens.trusted import ProviderVerifier
from lockgate.errors import AuthenticationFailed
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText
from token_cases import Clock

SECRET = "a made-up secret for a service"
TTL, COOLDOWN = DEFAULT_LIMITS.key_set_seconds, DEFAULT_LIMITS.key_set_cooldown_seconds


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[RealProvider]:
    clients = [PERSON, service_client("loader", "client_secret_basic", client_secret=SECRET)]
    with real_provider(tmp_path, clients=clients) as started:
        yield started


def spec_of(provider: RealProvider, kind: ProviderKind, **more: Any) -> ProviderSpec:
    person = kind is ProviderKind.PEOPLE
    return ProviderSpec(
        "corp",
        kind,
        provider.issuer,
        AUDIENCE,
        client_id="lockgate" if person else "loader",
        scopes=("openid",) if person else ("run",),
        groups_claim="groups",
        **more,
    )


def client_of(spec: ProviderSpec, **more: Any) -> Client:
    http = ProviderHttp("corp")
    return Client(spec, discover(http.get, spec.issuer, http.service), http, **more)


def verifier_of(spec: ProviderSpec, clock: Clock | None = None) -> ProviderVerifier:
    get = ProviderHttp("corp").get
    return ProviderVerifier(spec, KeyCache(spec.issuer, get, clock or Clock()))


def service_token(provider: RealProvider) -> SecretText:
    spec = spec_of(provider, ProviderKind.SERVICES)
    tokens = client_credentials(client_of(spec, secret=lambda: SecretText(SECRET)))
    assert tokens.access is not None
    return tokens.access


def person_logs_in(provider: RealProvider) -> tuple[TokenSet, str]:
    """With the nonce that was sent along."""

    def go(address: str) -> None:
        requests.get(fill_forms(address).headers["Location"], timeout=10)

    def show(address: str) -> None:
        threading.Thread(target=go, args=(address,), daemon=True).start()

    nonce = random_text()
    client = client_of(spec_of(provider, ProviderKind.PEOPLE))
    return log_in_by_browser(client, show, nonce), nonce.reveal()


def now() -> datetime:
    return datetime.now(UTC)


def reason(verifier: ProviderVerifier, token: SecretText, at: datetime | None = None) -> str:
    with pytest.raises(AuthenticationFailed) as failed:
        verifier.verify(token, at or now())
    return failed.value.reason


def test_a_service_of_the_provider(provider: RealProvider) -> None:
    spec = spec_of(provider, ProviderKind.SERVICES)
    found = verifier_of(spec).verify(service_token(provider), now())

    assert (found.id, found.kind) == ("corp/loader", PrincipalKind.SERVICE)
    assert found.groups == ("corp/analysts",)
    assert reason(verifier_of(spec_of(provider, ProviderKind.PEOPLE)), service_token(provider)) in {
        "token-client",
        "token-subject",
    }


def test_a_person_of_the_provider_by_either_token(provider: RealProvider) -> None:
    tokens, nonce = person_logs_in(provider)
    assert tokens.access is not None
    assert tokens.identity is not None
    verifier = verifier_of(spec_of(provider, ProviderKind.PEOPLE))

    access = verifier.verify(tokens.access, now())
    identity = verifier.verify_log_in(tokens.identity, now(), nonce=nonce)

    assert (access.id, access.kind) == ("corp/anna", PrincipalKind.PERSON)
    assert access.groups == ("corp/analysts",)
    assert identity.id == "corp/anna"
    with pytest.raises(AuthenticationFailed) as failed:
        verifier.verify_log_in(tokens.identity, now(), nonce=nonce + "x")
    assert failed.value.reason == "token-nonce"
    services = verifier_of(spec_of(provider, ProviderKind.SERVICES))
    assert reason(services, tokens.identity) == "token-type"


def test_a_key_that_the_provider_removed_stops_verifying_within_the_stated_time(
    provider: RealProvider,
) -> None:
    clock = Clock()
    verifier = verifier_of(spec_of(provider, ProviderKind.SERVICES), clock)
    token = service_token(provider)
    assert verifier.verify(token, now()).id == "corp/loader"

    provider.keys = [signing_key("second")]
    provider.configure()
    clock.seconds += TTL - 1
    assert verifier.verify(token, now()).id == "corp/loader"
    clock.seconds += 1
    assert reason(verifier, token) == "token-key-unknown"
    assert verifier.verify(service_token(provider), now()).id == "corp/loader"


def test_a_key_that_the_provider_added_verifies_at_once(provider: RealProvider) -> None:
    clock = Clock()
    verifier = verifier_of(spec_of(provider, ProviderKind.SERVICES), clock)
    old = service_token(provider)
    assert verifier.verify(old, now()).id == "corp/loader"

    provider.keys = [signing_key("second"), *provider.keys]
    provider.configure()
    clock.seconds += COOLDOWN
    assert verifier.verify(service_token(provider), now()).id == "corp/loader"
    assert verifier.verify(old, now()).id == "corp/loader"


def test_clocks_may_differ_by_a_minute(provider: RealProvider) -> None:
    verifier = verifier_of(spec_of(provider, ProviderKind.SERVICES))
    token, given = service_token(provider), now()

    assert verifier.verify(token, given - timedelta(seconds=55)).id == "corp/loader"
    assert reason(verifier, token, given - timedelta(seconds=70)) == "token-not-yet-valid"
    assert verifier.verify(token, given + timedelta(seconds=355)).id == "corp/loader"
    assert reason(verifier, token, given + timedelta(seconds=362)) == "token-expired"
