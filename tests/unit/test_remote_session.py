"""Sessions connect late, renew in time, connect again when denied, and keep a vendor's words."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lockgate.adapters.remote.addresses import check_address
from lockgate.adapters.remote.answers import AnswerTooLong, read_bounded
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed, kind_of_status
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.remote.session import Connection, RemoteSession
from lockgate.errors import ConfigurationError
from lockgate.limits import DEFAULT_LIMITS

QUICK = Retries(attempts=2, seconds=5, sleep=lambda seconds: None)
CANARY = "hvs.canaryCANARY0123456789"


class VendorError(Exception):
    """As a vendor's: its text holds what it should not."""

    def __init__(self, kind: FaultKind) -> None:
        super().__init__(f"permission denied for {CANARY}")
        self.kind = kind


def kind_of(error: Exception) -> FaultKind:
    return error.kind if isinstance(error, VendorError) else FaultKind.STRANGE


class Server:
    """Hands out credentials, and takes the newest only."""

    def __init__(self) -> None:
        self.logins = 0
        self.valid = 1

    def connect(self) -> Connection[int]:
        self.logins += 1
        return Connection(self.valid)

    def read(self, credential: int) -> str:
        if credential != self.valid:
            raise VendorError(FaultKind.DENIED)
        return "read"


def session(connect: Callable[[], Connection[int]]) -> RemoteSession[int]:
    return RemoteSession("the server", connect, kind_of, QUICK)


def test_it_connects_at_the_first_call_and_once() -> None:
    server = Server()
    made = session(server.connect)
    assert server.logins == 0

    assert [made.call(server.read, repeatable=True) for _ in range(3)] == ["read"] * 3
    assert server.logins == 1


def test_rotated_credentials_are_taken_up_without_a_restart() -> None:
    server = Server()
    made = session(server.connect)
    made.call(server.read, repeatable=True)
    server.valid = 2

    assert made.call(server.read, repeatable=True) == "read"
    assert server.logins == 2


def test_what_is_denied_to_new_credentials_is_denied() -> None:
    server = Server()
    made = session(server.connect)

    def denied(credential: int) -> str:
        raise VendorError(FaultKind.DENIED)

    for logins in (1, 2):
        with pytest.raises(RemoteFailed) as refused:
            made.call(denied, repeatable=True)
        assert refused.value.kind is FaultKind.DENIED
        assert server.logins == logins


def test_a_connection_is_renewed_before_its_time_is_up() -> None:
    renewed = []

    def renew() -> float:
        renewed.append(1)
        return time.monotonic() + 60

    made = session(lambda: Connection(1, time.monotonic() - 1, renew))
    made.call(lambda client: client, repeatable=True)
    made.call(lambda client: client, repeatable=True)
    made.call(lambda client: client, repeatable=True)

    assert renewed == [1]


def test_one_that_cannot_be_renewed_is_made_anew() -> None:
    made_of = iter((1, 2))

    def renew() -> float:
        raise VendorError(FaultKind.DENIED)

    made = session(lambda: Connection(next(made_of), time.monotonic() - 1, renew))

    assert made.call(lambda client: client, repeatable=True) == 1
    assert made.call(lambda client: client, repeatable=True) == 2


def test_a_child_process_connects_for_itself() -> None:
    server = Server()
    made = session(server.connect)
    made.call(server.read, repeatable=True)
    made._process = os.getpid() + 1

    made.call(server.read, repeatable=True)
    assert server.logins == 2


def test_no_word_of_the_vendor_comes_out() -> None:
    made = session(Server().connect)

    def failing(client: int) -> str:
        raise VendorError(FaultKind.REFUSED)

    with pytest.raises(RemoteFailed) as refused:
        made.call(failing, repeatable=True)
    told = "".join(traceback.format_exception(refused.value)) + repr(refused.value) + repr(made)

    assert CANARY not in told
    assert "VendorError" not in told


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, "busy"),
        (503, "busy"),
        (500, "unreachable"),
        (504, "unreachable"),
        (403, "denied"),
        (404, "missing"),
        (400, "refused"),
        (307, "strange"),
    ],
)
def test_statuses_of_http_have_their_kinds(status: int, kind: str) -> None:
    assert kind_of_status(status) == kind


@pytest.mark.parametrize(
    "address",
    ["https://vault.example.org", "https://10.0.0.1:8200/", "http://127.0.0.1:8200"],
)
def test_an_address_where_a_secret_may_go(address: str) -> None:
    assert check_address(address) == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "http://vault.example.org",
        "http://127.0.0.1.example.org",
        "http://localhost@example.org",
        "https://user" + ":canary@vault.example.org",
        "https://vault.example.org/v1",
        "https://vault.example.org?token=canary",
        "https://vault.example.org:99999",
        "https://vault.example.org:0",
        "https://vault\n.example.org",
        "https://",
        "ftp://127.0.0.1",
        "vault.example.org",
        "https://[::1",
        "",
    ],
)
def test_an_address_where_no_secret_may_go_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_address(address)

    assert "canary" not in str(refused.value)


def test_threads_share_one_login() -> None:
    server = Server()

    def slowly() -> Connection[int]:
        time.sleep(0.05)
        return server.connect()

    made = session(slowly)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: made.call(server.read, repeatable=True), range(8)))

    assert answers == ["read"] * 8
    assert server.logins == 1


def test_an_endless_answer_is_given_up_at_the_limit() -> None:
    most, given = DEFAULT_LIMITS.remote_bytes, 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        while True:
            given += 1 << 16
            yield bytes(1 << 16)

    with pytest.raises(AnswerTooLong):
        read_bounded(endless())

    assert given == most + (1 << 16)
    assert len(read_bounded([bytes(most - 1), b"!"])) == most
