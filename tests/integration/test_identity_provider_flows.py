"""Each way to log in, at a real OpenID provider."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc.jwk import ECKey

from identity_provider.running import (
    AUDIENCE,
    PERSON,
    RealProvider,
    fill_forms,
    real_provider,
    service_client,
)
from lockgate.access.settings import ProviderKind, ProviderSpec
from lockgate.adapters.identity_providers.oidc.code_flow import log_in_by_browser, random_text
from lockgate.adapters.identity_providers.oidc.device_flow import DevicePrompt, log_in_by_device
from lockgate.adapters.identity_providers.oidc.discovery import discover
from lockgate.adapters.identity_providers.oidc.grants import (
    Client,
    client_credentials,
    refreshed,
    revoke,
)
from lockgate.adapters.identity_providers.oidc.http import ProviderHttp
from lockgate.adapters.identity_providers.tokens.client_assertion import client_assertion
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretText

SECRET = "a made-up secret with signs: +/&%="
KEY = ECKey.generate_key("P-256", {"kid": "ours"}, private=True)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    clients = [
        PERSON,
        service_client("loader", "client_secret_basic", client_secret=SECRET),
        service_client("poster", "client_secret_post", client_secret=SECRET),
        service_client(
            "signer",
            "private_key_jwt",
            jwks={"keys": [KEY.as_dict(private=False)]},
            token_endpoint_auth_signing_alg="ES256",
        ),
    ]
    with real_provider(tmp_path_factory.mktemp("provider"), clients=clients) as started:
        yield started


def client(provider: RealProvider, client_id: str = "lockgate", **more: Any) -> Client:
    http = ProviderHttp("corp")
    metadata = discover(http.get, provider.issuer, http.service)
    person = client_id == "lockgate"
    spec = ProviderSpec(
        "corp",
        ProviderKind.PEOPLE if person else ProviderKind.SERVICES,
        provider.issuer,
        AUDIENCE,
        client_id=client_id,
        scopes=("openid", "offline_access") if person else ("run",),
    )
    return Client(spec, metadata, http, **more)


def claims(token: SecretText | None) -> dict[str, Any]:
    import base64

    assert token is not None
    part = token.reveal().split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


class Person:
    """Opens the address it is shown, on a thread of its own, as a browser would."""

    def __init__(self) -> None:
        self.page: requests.Response | None = None

    def __call__(self, address: str) -> None:
        threading.Thread(target=self._go, args=(address,), daemon=True).start()

    def _go(self, address: str) -> None:
        back = fill_forms(address).headers["Location"]
        self.page = requests.get(back, timeout=10)


def test_a_person_logs_in_by_code_and_pkce(provider: RealProvider) -> None:
    nonce = random_text()
    person = Person()

    tokens = log_in_by_browser(client(provider), person, nonce)

    assert claims(tokens.identity)["nonce"] == nonce.reveal()
    assert claims(tokens.identity)["aud"] == "lockgate"
    assert claims(tokens.access)["aud"] == AUDIENCE
    assert tokens.refresh is not None


def test_a_person_logs_in_by_a_code_typed_elsewhere(provider: RealProvider) -> None:
    shown: list[DevicePrompt] = []

    def show(prompt: DevicePrompt) -> None:
        shown.append(prompt)
        page = fill_forms(prompt.page, code=prompt.code)
        assert page.status_code == 200

    tokens = log_in_by_device(client(provider), show, sleep=lambda _: time.sleep(0.01))

    assert claims(tokens.identity)["sub"] == "anna"
    assert shown[0].page.startswith(provider.issuer)


def test_a_code_that_nobody_types_ends(provider: RealProvider) -> None:
    ticks = iter(range(0, 10_000, 100))
    slept: list[float] = []

    with pytest.raises(AuthenticationFailed, match="nobody typed the code"):
        log_in_by_device(client(provider), lambda _: None, slept.append, lambda: float(next(ticks)))

    assert slept


@pytest.mark.parametrize("name", ["loader", "poster"])
def test_a_service_logs_in_by_its_secret(provider: RealProvider, name: str) -> None:
    tokens = client_credentials(client(provider, name, secret=lambda: SecretText(SECRET)))

    assert claims(tokens.access)["sub"] == name
    assert claims(tokens.access)["aud"] == AUDIENCE


def test_a_wrong_secret_is_refused_without_a_word_of_it(provider: RealProvider) -> None:
    with pytest.raises(AuthenticationFailed, match="invalid_client") as caught:
        client_credentials(client(provider, "loader", secret=lambda: SecretText("canary-wrong")))

    assert "canary" not in repr(caught.value) + str(caught.value)


def assertion(issuer: str) -> SecretText:
    private = SecretText(KEY.as_pem(private=True).decode())
    return client_assertion(private, "ours", "signer", issuer, datetime.now(UTC))


def test_a_service_logs_in_by_its_private_key(provider: RealProvider) -> None:
    signer = client(provider, "signer", assertion=lambda metadata: assertion(metadata.issuer))

    first, second = client_credentials(signer), client_credentials(signer)

    assert claims(first.access)["sub"] == claims(second.access)["sub"] == "signer"


def test_an_assertion_that_somebody_saw_is_of_no_use(provider: RealProvider) -> None:
    seen = assertion(provider.issuer)
    signer = client(provider, "signer", assertion=lambda _: seen)
    client_credentials(signer)

    with pytest.raises(AuthenticationFailed, match="invalid_client"):
        client_credentials(signer)


def test_an_assertion_for_another_audience_is_refused(provider: RealProvider) -> None:
    signer = client(provider, "signer", assertion=lambda _: assertion("https://other.example"))

    with pytest.raises(AuthenticationFailed, match="invalid_client"):
        client_credentials(signer)


def test_a_refresh_token_is_good_for_one_use(provider: RealProvider) -> None:
    asking = client(provider)
    first = log_in_by_browser(asking, Person(), random_text())
    assert first.refresh is not None

    second = refreshed(asking, first.refresh)
    assert second.refresh is not None
    assert second.refresh != first.refresh
    with pytest.raises(AuthenticationFailed, match="invalid_grant"):
        refreshed(asking, first.refresh)
    with pytest.raises(AuthenticationFailed, match="invalid_grant"):
        refreshed(asking, second.refresh)  # its reuse ends the whole log-in


def test_a_revoked_refresh_token_gives_nothing(provider: RealProvider) -> None:
    asking = client(provider)
    tokens = log_in_by_browser(asking, Person(), random_text())
    assert tokens.refresh is not None

    assert revoke(asking, tokens.refresh, "refresh_token")
    with pytest.raises(AuthenticationFailed, match="invalid_grant"):
        refreshed(asking, tokens.refresh)


def test_a_code_without_its_verifier_gives_nothing(provider: RealProvider) -> None:
    """Who sees the code in the browser's address lacks what PKCE binds it to."""
    asking = client(provider)
    caught: dict[str, str] = {}

    def steal(address: str) -> None:
        back = fill_forms(address).headers["Location"]
        query = parse_qs(urlsplit(back).query)
        caught.update(code=query["code"][0], redirect_uri=back.partition("?")[0])
        requests.get(f"{caught['redirect_uri']}?{urlsplit(back).query}", timeout=10)

    stolen = threading.Event()

    def show(address: str) -> None:
        threading.Thread(target=lambda: (steal(address), stolen.set()), daemon=True).start()

    class Late(ProviderHttp):
        def post(self, address: str, form: Any, basic: Any = None) -> Any:
            guess = {**form, "code_verifier": random_text()}
            return super().post(address, guess, basic)

    with pytest.raises(AuthenticationFailed, match="invalid_grant"):
        log_in_by_browser(Client(asking.spec, asking.metadata, Late("corp")), show, random_text())
    assert stolen.wait(10)
    assert caught["code"]


def test_no_token_is_in_any_log(
    provider: RealProvider, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(0)

    tokens = client_credentials(client(provider, "loader", secret=lambda: SecretText(SECRET)))

    assert tokens.access is not None
    assert tokens.access.reveal() not in caplog.text
    assert SECRET not in caplog.text
    assert tokens.access.reveal() not in repr(tokens)
