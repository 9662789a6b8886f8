"""A provider, or who stands in its place, that lies, stalls, floods or sends us elsewhere."""

from __future__ import annotations

import gzip
import json
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from key_servers.http_server import CUT, Answer, Asked, HttpServer
from key_servers.tls import certify
from lockgate.access.settings import ProviderKind, ProviderSpec
from lockgate.adapters.identity_providers.oidc.discovery import ProviderMetadata, discover
from lockgate.adapters.identity_providers.oidc.grants import Client, client_credentials
from lockgate.adapters.identity_providers.oidc.http import ProviderHttp
from lockgate.adapters.remote.faults import RemoteFailed
from lockgate.adapters.remote.retries import Retries
from lockgate.errors import AuthenticationFailed, LockgateError
from lockgate.secret import SecretText

ONCE = Retries(attempts=1, seconds=2)
SECRET = "canary-client-secret"


class Provider(HttpServer):
    """Answers discovery and the token endpoint with what a test says."""

    def __init__(self, context: Any = None) -> None:
        super().__init__(context)
        self.document: Callable[[], Answer] = lambda: Answer.of(self.honest())
        self.token: Callable[[], Answer] = lambda: Answer.of({})

    def honest(self, **changed: Any) -> dict[str, Any]:
        found = {
            "issuer": self.address,
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "authorization_endpoint": f"{self.address}/auth",
            **changed,
        }
        return {name: value for name, value in found.items() if value is not None}

    def answer(self, asked: Asked) -> Answer:
        if asked.path.endswith("/.well-known/openid-configuration"):
            return self.document()
        return self.token() if asked.path == "/token" else Answer.of({}, 404)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


def discovered(provider: Provider, issuer: str = "") -> ProviderMetadata:
    http = ProviderHttp("corp", retries=ONCE)
    return discover(http.get, issuer or provider.address, http.service)


def test_an_honest_document_is_read(provider: Provider) -> None:
    assert discovered(provider).token_endpoint == f"{provider.address}/token"


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"issuer": ["http://127.0.0.1"]},
        {"token_endpoint": None},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": "https://user:pass@evil.example/"},  # pragma: allowlist secret
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "https://evil.example/#token"},
        {"token_endpoint": "https://evil.example/\r\nX: y"},
        {"token_endpoint": 7},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://evil.example/auth"},
        {"revocation_endpoint": "ftp://evil.example"},
        {"code_challenge_methods_supported": ["plain"]},
        {"token_endpoint_auth_methods_supported": "client_secret_basic"},
    ],
    ids=lambda changed: "-".join(changed) if isinstance(changed, dict) else None,
)
def test_a_lying_document_is_refused(provider: Provider, changed: dict[str, Any]) -> None:
    provider.document = lambda: Answer.of(provider.honest(**changed))

    with pytest.raises(RemoteFailed, match="cannot be trusted") as caught:
        discovered(provider)
    assert "evil" not in str(caught.value)


def test_another_issuers_document_is_refused_by_a_slash(provider: Provider) -> None:
    with pytest.raises(RemoteFailed, match="cannot be trusted"):
        discovered(provider, provider.address + "/")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>log in to the captive portal</html>",
        b"\xff\xfe",
        b'{"issuer": NaN}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    ],
    ids=["empty", "null", "list", "html", "bytes", "nan", "deep-list", "deep"],
)
def test_nonsense_in_place_of_a_document_is_refused(provider: Provider, body: bytes) -> None:
    provider.document = lambda: Answer(200, body)

    with pytest.raises(RemoteFailed, match="cannot be trusted"):
        discovered(provider)


def test_a_document_that_says_a_thing_twice_is_refused(provider: Provider) -> None:
    text = json.dumps(provider.honest())[:-1] + f', "issuer": "{provider.address}"}}'
    provider.document = lambda: Answer(200, text.encode())

    with pytest.raises(RemoteFailed, match="cannot be trusted"):
        discovered(provider)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(provider: Provider, status: int) -> None:
    with HttpServer() as elsewhere:
        provider.document = lambda: Answer(status, b"", {"Location": elsewhere.address})

        with pytest.raises(RemoteFailed, match="cannot be trusted"):
            discovered(provider)
        assert elsewhere.asked == []


def test_a_huge_document_is_given_up(provider: Provider) -> None:
    provider.document = lambda: Answer(200, b'{"a":"' + b"x" * (4 << 20) + b'"}')

    with pytest.raises(RemoteFailed, match="cannot be trusted"):
        discovered(provider)


def test_a_document_that_unpacks_into_a_huge_one_is_given_up(provider: Provider) -> None:
    packed = gzip.compress(b" " * (64 << 20))
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    provider.document = lambda: Answer(200, packed, headers)

    with pytest.raises(RemoteFailed, match="cannot be trusted"):
        discovered(provider)


def test_a_document_that_drips_is_given_up_in_time(provider: Provider) -> None:
    let_go = threading.Event()

    def slow() -> Answer:
        let_go.wait(20)
        return Answer.of(provider.honest())

    provider.document = slow
    began = time.monotonic()
    try:
        with pytest.raises(RemoteFailed, match="does not answer"):
            discovered(provider)
    finally:
        let_go.set()
    assert time.monotonic() - began < 5


def test_a_connection_cut_in_the_middle_is_no_document(provider: Provider) -> None:
    provider.document = lambda: CUT

    with pytest.raises(RemoteFailed, match="does not answer"):
        discovered(provider)


def test_an_authority_that_the_project_does_not_name_is_not_trusted(tmp_path: Path) -> None:
    ca_file, context = certify(tmp_path / "one")
    other, _ = certify(tmp_path / "other")
    with Provider(context) as provider:
        trusting = ProviderHttp("corp", ca_file, ONCE)
        assert discover(trusting.get, provider.address, "corp").issuer == provider.address
        for wrong in (None, other):
            with pytest.raises(RemoteFailed, match="does not answer"):
                ProviderHttp("corp", wrong, ONCE).get(provider.address + "/x")


def test_an_issuer_elsewhere_cannot_send_secrets_to_a_port_of_this_machine() -> None:
    issuer = "https://id.example"
    honest = {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/keys",
    }
    assert discover(lambda url: json.dumps(honest).encode(), issuer, "corp").issuer == issuer
    for local in ("http://127.0.0.1:9/token", "https://127.0.0.1/token", "https://localhost/t"):
        lying = json.dumps({**honest, "token_endpoint": local}).encode()
        with pytest.raises(RemoteFailed, match="cannot be trusted"):
            discover(lambda url, lying=lying: lying, issuer, "corp")


def test_the_environment_decides_nothing(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No proxy, no .netrc, no bundle of certificates that a variable names."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login canary password canary\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nowhere.pem"))

    discovered(provider)
    assert "Authorization" not in provider.asked[0].headers


def service(provider: Provider) -> Client:
    spec = ProviderSpec(
        "corp",
        ProviderKind.SERVICES,
        provider.address,
        "https://lockgate.example",
        client_id="loader",
        scopes=("run",),
    )
    http = ProviderHttp("corp", retries=ONCE)
    return Client(
        spec, discover(http.get, provider.address, "corp"), http, lambda: SecretText(SECRET)
    )


GOOD = {"access_token": "canary-token", "token_type": "Bearer", "expires_in": 60}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"canary"),
        Answer.of([GOOD]),
        Answer.of({**GOOD, "token_type": "mac"}),
        Answer.of({**GOOD, "token_type": None}),
        Answer.of({**GOOD, "access_token": {"canary": 1}}),
        Answer.of({**GOOD, "access_token": "canary\nX"}),
        Answer.of({**GOOD, "access_token": "canary" * 10_000}),
        Answer.of({**GOOD, "expires_in": -1}),
        Answer.of({**GOOD, "expires_in": 1e308}),
        Answer.of({**GOOD, "expires_in": True}),
        Answer(302, b"", {"Location": "http://127.0.0.1:9/"}),
        Answer(200, b"", {}),
        Answer(418, b"canary"),
        Answer(500, b"canary"),
        CUT,
    ],
)
def test_a_token_endpoint_that_answers_nonsense_logs_nobody_in(
    provider: Provider, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    client = service(provider)
    provider.token = lambda: answer

    with pytest.raises(RemoteFailed) as caught:
        client_credentials(client)

    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "canary" not in told
    assert sum(asked.path == "/token" for asked in provider.asked) == 1


def test_words_of_a_refusal_are_not_repeated(provider: Provider) -> None:
    client = service(provider)
    words = {"error": "canary\x1b[2J", "error_description": "canary " + SECRET}
    provider.token = lambda: Answer.of(words, 400)

    with pytest.raises(AuthenticationFailed, match="unknown") as caught:
        client_credentials(client)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_a_secret_goes_in_the_header_as_a_form_encodes_it(provider: Provider) -> None:
    client = service(provider)
    provider.token = lambda: Answer.of(GOOD)

    client_credentials(client)

    asked = provider.asked[-1]
    assert asked.headers["Authorization"].startswith("Basic ")
    assert SECRET.encode() not in asked.body
    assert SECRET not in asked.path


def test_no_error_of_ours_is_anothers(provider: Provider) -> None:
    provider.document = lambda: Answer(200, b"\x00" * 10)
    with pytest.raises(LockgateError) as caught:
        discovered(provider)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
