"""What other pages and programs send to a log-in that waits for its browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
import requests

from lockgate.access.settings import ProviderKind, ProviderSpec
from lockgate.adapters.identity_providers.oidc.code_flow import log_in_by_browser
from lockgate.adapters.identity_providers.oidc.discovery import ProviderMetadata
from lockgate.adapters.identity_providers.oidc.grants import Client
from lockgate.adapters.identity_providers.oidc.http import ProviderHttp
from lockgate.adapters.identity_providers.oidc.listener import LoopbackListener
from lockgate.errors import AuthenticationFailed
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText

ISSUER = "https://id.example"
STATE = "the-state-of-this-log-in"
SHORT = replace(DEFAULT_LIMITS, login_seconds=1, login_requests=3)


@pytest.fixture
def listener() -> Iterator[LoopbackListener]:
    with LoopbackListener(SecretText(STATE), SHORT) as opened:
        yield opened


def send(listener: LoopbackListener, query: str, **headers: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{listener.address}?{query}", headers=headers, timeout=5)


def test_the_answer_is_taken_and_nothing_of_it_reflected(listener: LoopbackListener) -> None:
    page = send(listener, f"code=canary<script>&state={STATE}&iss={ISSUER}")

    assert listener.wait() == {"code": "canary<script>", "iss": ISSUER}
    assert page.status_code == 200
    assert "canary" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "query",
    [
        "code=injected",
        "code=injected&state=",
        "code=injected&state=guessed",
        f"code=injected&state={STATE}x",
        f"code=injected&state={STATE}&state={STATE}",
        f"code=one&code=two&state={STATE}",
        f"code=%ff%fe&state={STATE}",
        "&".join(f"p{n}=x" for n in range(40)) + f"&state={STATE}",
    ],
)
def test_a_code_injected_by_another_page_is_not_taken(
    listener: LoopbackListener, query: str
) -> None:
    assert send(listener, query).status_code == 404

    with pytest.raises(AuthenticationFailed, match="did not come back in time"):
        listener.wait()


def test_a_name_that_points_at_this_machine_is_not_taken(listener: LoopbackListener) -> None:
    """DNS rebinding: a page's own name, resolved to 127.0.0.1."""
    assert send(listener, f"code=x&state={STATE}", Host="evil.example").status_code == 404


def test_another_path_is_not_taken(listener: LoopbackListener) -> None:
    address = listener.address.replace("/callback", "/callback/x")
    assert requests.get(f"{address}?code=x&state={STATE}", timeout=5).status_code == 404


def test_a_form_posted_by_another_page_is_not_taken(listener: LoopbackListener) -> None:
    posted = requests.post(listener.address, data={"code": "x", "state": STATE}, timeout=5)
    assert posted.status_code == 501
    assert "no answer that Lockgate waits for" in posted.text
    assert posted.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("line", [b"CANARY /callback HTTP/1.1", b"CANARY", b"GET / HTTP/canary"])
def test_a_request_that_is_none_is_not_reflected(listener: LoopbackListener, line: bytes) -> None:
    port = int(listener.authority.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
        asked.sendall(line + b"\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: asked.recv(4096), b""))

    assert b"no answer that Lockgate waits for" in answer
    assert b"canary" not in answer.lower()


def test_a_second_request_is_not_taken(listener: LoopbackListener) -> None:
    assert send(listener, f"code=first&state={STATE}").status_code == 200
    assert send(listener, f"code=second&state={STATE}").status_code == 404

    assert listener.wait()["code"] == "first"


def test_of_fifty_answers_at_once_one_is_taken(listener: LoopbackListener) -> None:
    taken = []
    threads = [
        threading.Thread(
            target=lambda n=n: taken.append(
                listener.take(listener.authority, f"/callback?code={n}&state={STATE}")
            )
        )
        for n in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert taken.count(True) == 1


def test_a_page_that_guesses_on_ends_the_log_in(listener: LoopbackListener) -> None:
    for guess in range(SHORT.login_requests):
        send(listener, f"code=x&state={guess}")

    with pytest.raises(AuthenticationFailed, match="something else"):
        listener.wait()
    assert send(listener, f"code=late&state={STATE}").status_code == 404


def test_a_connection_that_says_nothing_holds_nobody_up(listener: LoopbackListener) -> None:
    port = int(listener.authority.rpartition(":")[2])
    silent = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(10)]
    try:
        assert send(listener, f"code=real&state={STATE}").status_code == 200
    finally:
        for one in silent:
            one.close()


def test_nobody_listens_after_the_log_in() -> None:
    with LoopbackListener(SecretText(STATE), SHORT) as opened:
        port = int(opened.authority.rpartition(":")[2])

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_only_this_machine_is_listened_to(listener: LoopbackListener) -> None:
    assert listener._server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("answer", "names_issuer", "said"),
    [
        ({"code": "x", "iss": "https://evil.example"}, False, "another provider"),
        ({"code": "x", "iss": ISSUER + "/"}, True, "another provider"),
        ({"code": "x"}, True, "another provider"),
        ({"error": "access_denied", "iss": ISSUER}, True, "access_denied"),
        ({"error": "canary-<b>", "iss": ISSUER}, True, "unknown"),
        ({"iss": ISSUER}, True, "no code"),
        ({"code": "", "iss": ISSUER}, True, "no code"),
    ],
)
def test_an_answer_of_another_provider_sends_its_code_nowhere(
    answer: dict[str, str], names_issuer: bool, said: str
) -> None:
    """The mix-up attack (RFC 9207): the code would go to the wrong token endpoint."""
    posted: list[str] = []

    class Http(ProviderHttp):
        def post(self, address: str, *_: object) -> object:
            posted.append(address)
            raise AssertionError

    metadata = ProviderMetadata(
        ISSUER, f"{ISSUER}/token", f"{ISSUER}/auth", names_issuer=names_issuer
    )
    spec = ProviderSpec("corp", ProviderKind.PEOPLE, ISSUER, "lockgate", client_id="lockgate")

    def show(address: str) -> None:
        from urllib.parse import parse_qs, urlsplit

        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        back = {**answer, "state": asked["state"]}
        threading.Thread(
            target=lambda: requests.get(f"{asked['redirect_uri']}?{urlencode(back)}", timeout=5)
        ).start()

    with pytest.raises(AuthenticationFailed, match=said) as caught:
        log_in_by_browser(
            Client(spec, metadata, Http("corp")), show, SecretText("nonce"), DEFAULT_LIMITS
        )
    assert posted == []
    assert "canary" not in str(caught.value)
