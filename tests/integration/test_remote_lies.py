"""A key service that lies, denies or answers nonsense is noticed before anything is stored."""

from __future__ import annotations

import base64
import gzip
import secrets
import traceback
import tracemalloc
from collections.abc import Iterator

import pytest

from key_servers.http_server import CUT, Answer, Asked, Meddle
from key_servers.kinds import NAMES, Running, running
from lockgate.errors import KeyUnavailable
from lockgate.keys.ports import KeyUse
from lockgate.keys.wrapping import Wrapping
from lockgate.secret import SecretBytes

CONTEXT = {"project": "clinic", "domain": "email", "use": "index", "version": "1"}
ELSEWHERE = {**CONTEXT, "domain": "phone"}
WITHOUT_AZURE = [name for name in NAMES if name != "azure-key-vault"]  # which wraps on our side


@pytest.fixture(scope="module", params=NAMES)
def one(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with running(request.param, tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture
def remote(one: Running) -> Iterator[Running]:
    yield one
    one.front.meddle = lambda asked, answer: answer


def key() -> SecretBytes:
    return SecretBytes(secrets.token_bytes(64))


def lying(remote: Running, operation: str, lie: Meddle) -> Meddle:
    """Only this operation is lied about."""
    return lambda asked, answer: lie(asked, answer) if remote.is_call(asked, operation) else answer


def plaintexts(remote: Running, answer: Answer, become: bytes) -> Answer:
    """The answer to ``unwrap`` with other bytes in it, checksums and all."""
    from lockgate.adapters.key_services.crc32c import crc32c

    data, text = answer.json(), base64.b64encode(become).decode()
    if remote.kind == "vault":
        data["data"]["plaintext"] = text
    elif remote.kind == "aws-kms":
        data["Plaintext"] = text
    elif remote.kind == "google-kms":
        data |= {"plaintext": text, "plaintextCrc32c": str(crc32c(become))}
    else:
        data["value"] = base64.urlsafe_b64encode(become).decode().rstrip("=")
    return Answer.of(data)


@pytest.mark.parametrize("length", [0, 16, 31, 32, 33, 64])
def test_other_bytes_for_a_wrapped_key(remote: Running, length: int) -> None:
    service = remote.service("other-bytes")
    wrapped = service.wrap(key(), CONTEXT)
    other = secrets.token_bytes(length)
    remote.front.meddle = lying(
        remote, "unwrap", lambda asked, answer: plaintexts(remote, answer, other)
    )
    with pytest.raises(KeyUnavailable):
        service.unwrap(wrapped, CONTEXT)


def test_another_keys_ciphertext_accepted(remote: Running) -> None:
    """A service that binds no context opens any data key anywhere; the envelope does not."""
    service = remote.service("another-place")
    here, there = service.wrap(key(), CONTEXT), service.wrap(key(), ELSEWHERE)
    opened: list[Answer] = []

    def remember(asked: Asked, answer: Answer) -> Answer:
        opened.append(answer)
        return answer

    remote.front.meddle = lying(remote, "unwrap", remember)
    service.unwrap(there, ELSEWHERE)
    remote.front.meddle = lying(remote, "unwrap", lambda asked, answer: opened[-1])

    with pytest.raises(KeyUnavailable):
        service.unwrap(here, CONTEXT)
    with pytest.raises(KeyUnavailable):
        service.unwrap(there, CONTEXT)


def test_a_wrap_that_does_not_unwrap_is_never_stored(remote: Running) -> None:
    wrapping = Wrapping(remote.service("never-opens"), "clinic")
    remote.front.meddle = lying(
        remote, "unwrap", lambda asked, answer: plaintexts(remote, answer, secrets.token_bytes(32))
    )
    with pytest.raises(KeyUnavailable):
        wrapping.wrap_new("email", KeyUse.INDEX, 1)


def test_a_service_that_wraps_nothing(remote: Running) -> None:
    """It gives back what it was given, or nothing, as if that were a ciphertext."""
    service = remote.service("wraps-nothing")

    def nothing(asked: Asked, answer: Answer) -> Answer:
        data = answer.json()
        if remote.kind == "vault":
            data["data"]["ciphertext"] = "vault:v1:"
        elif remote.kind == "aws-kms":
            data["CiphertextBlob"] = ""
        elif remote.kind == "google-kms":
            data |= {"ciphertext": "", "ciphertextCrc32c": "0"}
        else:
            data["key"]["n"] = "AQ"
        return Answer.of(data)

    remote.front.meddle = lying(remote, "wrap", nothing)
    with pytest.raises(KeyUnavailable):
        service.wrap(key(), CONTEXT)


def test_another_key_than_the_one_that_was_named(remote: Running) -> None:
    service = remote.service("named")

    def another(asked: Asked, answer: Answer) -> Answer:
        data = answer.json()
        if remote.kind == "vault":
            data["data"]["ciphertext"] = data["data"]["ciphertext"].replace("vault:v1:", "v2:")
        elif remote.kind == "aws-kms":
            data["KeyId"] = data["KeyId"][:-4] + "0000"
        elif remote.kind == "google-kms":
            data["name"] = data["name"].replace("named", "other")
        else:
            data["key"]["kid"] = data["key"]["kid"].replace("named", "other")
        return Answer.of(data)

    remote.front.meddle = lying(remote, "wrap", another)
    with pytest.raises(KeyUnavailable):
        service.wrap(key(), CONTEXT)


@pytest.mark.parametrize(
    "answer",
    [
        Answer.of([]),
        Answer.of(None),
        Answer.of({"data": "canary"}),
        Answer(200, b"<html>a proxy's page</html>"),
        Answer(200, b""),
        Answer(204, b""),
        Answer(307, b"", {"Location": "http://127.0.0.1:9/"}),
        Answer(200, b'{"data": {"canary', {"Content-Length": "900"}),
    ],
    ids=["list", "null", "other", "html", "empty", "no-content", "redirect", "half"],
)
def test_nonsense_for_an_answer(remote: Running, answer: Answer) -> None:
    service = remote.service("nonsense")
    wrapped = service.wrap(key(), CONTEXT)
    remote.front.meddle = lambda asked, told: answer
    with pytest.raises(KeyUnavailable) as refused:
        service.unwrap(wrapped, CONTEXT)

    assert "canary" not in "".join(traceback.format_exception(refused.value))


def test_no_redirect_is_followed(remote: Running) -> None:
    """A request with a data key in it goes to the service that is named, and nowhere else."""
    service = remote.service("redirect")
    wrapped = service.wrap(key(), CONTEXT)
    seen: list[str] = []

    def redirect(asked: Asked, answer: Answer) -> Answer:
        seen.append(asked.path)
        where = f"{remote.front.address}/stolen"
        return Answer(307, b"", {"Location": where})

    remote.front.meddle = redirect
    with pytest.raises(KeyUnavailable):
        service.unwrap(wrapped, CONTEXT)

    assert "/stolen" not in seen


def test_throttled_once_or_twice_it_is_asked_again(remote: Running) -> None:
    service = remote.service("busy")
    wrapped, left = service.wrap(key(), CONTEXT), [remote.busy, remote.busy]
    remote.front.meddle = lying(
        remote, "unwrap", lambda asked, answer: left.pop() if left else answer
    )

    assert len(service.unwrap(wrapped, CONTEXT)) == 64
    assert left == []


@pytest.mark.parametrize("fault", ["throttled", "cut"])
def test_a_service_that_stays_down_is_given_up(remote: Running, fault: str) -> None:
    service = remote.service("down")
    wrapped = service.wrap(key(), CONTEXT)
    answer = remote.busy if fault == "throttled" else CUT
    remote.front.meddle = lambda asked, told: answer
    before = len(remote.front.asked)
    with pytest.raises(KeyUnavailable) as refused:
        service.unwrap(wrapped, CONTEXT)
    told = "".join(traceback.format_exception(refused.value))

    assert 5 <= len(remote.front.asked) - before <= 10
    assert "canary" not in told
    assert refused.value.hint
    assert not any(secret in told for secret in remote.variables.values())


def test_denied_is_said_and_not_repeated(remote: Running) -> None:
    service = remote.service("denied")
    wrapped = service.wrap(key(), CONTEXT)
    remote.front.meddle = lying(
        remote, "unwrap", lambda asked, answer: Answer.of({"errors": ["canary"]}, 403)
    )
    before = len(remote.calls("unwrap"))
    with pytest.raises(KeyUnavailable, match="denies it") as refused:
        service.unwrap(wrapped, CONTEXT)

    assert len(remote.calls("unwrap")) - before <= 2  # once with a new login
    assert "canary" not in "".join(traceback.format_exception(refused.value))


def test_no_domain_key_travels(remote: Running) -> None:
    """The service sees data keys only: its log, and whoever breaks TLS, gain nothing without the
    state."""
    service, domain_key = remote.service("sees"), key()
    before = len(remote.front.asked)
    service.unwrap(service.wrap(domain_key, CONTEXT), CONTEXT)
    raw = domain_key.reveal()
    forms = (
        raw,
        base64.b64encode(raw)[:80],
        base64.urlsafe_b64encode(raw)[:80],
        raw.hex().encode(),
    )
    sent = [asked.body for asked in remote.front.asked[before:]]

    assert sent
    assert not any(form in body for form in forms for body in sent)


FLOOD = b'{"data": {"ciphertext": "' + bytes(48 << 20)
SQUEEZED = gzip.compress(FLOOD, 1)
GZIP = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize("squeezed", [False, True], ids=["long", "long when decompressed"])
def test_an_answer_that_would_fill_the_memory(remote: Running, status: int, squeezed: bool) -> None:
    service = remote.service("flood")
    wrapped = service.wrap(key(), CONTEXT)
    flood = Answer(status, SQUEEZED, GZIP) if squeezed else Answer(status, FLOOD)
    remote.front.meddle = lambda asked, answer: flood
    before = len(remote.front.asked)
    tracemalloc.start()
    try:
        with pytest.raises(KeyUnavailable):
            service.unwrap(wrapped, CONTEXT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 16 << 20
    assert len(remote.front.asked) - before <= 2  # nobody asks a liar again


def test_a_login_that_would_fill_the_memory(remote: Running) -> None:
    service = remote.service("flood-at-login")
    remote.front.meddle = lambda asked, answer: Answer(200, FLOOD)
    tracemalloc.start()
    try:
        with pytest.raises(KeyUnavailable):
            service.check()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 16 << 20
