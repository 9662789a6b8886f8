"""What is asked of a root key in Azure, and of checksums in Google Cloud KMS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from key_servers.http_server import Answer, Asked
from key_servers.kinds import Running, running
from lockgate.adapters.key_services.crc32c import crc32c
from lockgate.errors import KeyUnavailable
from lockgate.secret import SecretBytes

CONTEXT = {"project": "clinic", "domain": "email", "use": "index", "version": "1"}
KEY = SecretBytes(bytes(64))


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("azure-key-vault", tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("google-kms", tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture
def amazon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("aws-kms", tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.mark.parametrize(
    ("name", "bits", "kind", "exportable"),
    [("weak", 2048, "RSA", False), ("curve", 3072, "EC", False), ("out", 3072, "RSA", True)],
)
def test_a_weak_or_exportable_key_in_azure_is_refused(
    azure: Running, name: str, bits: int, kind: str, exportable: bool
) -> None:
    section = azure.section("any")
    azure.upstream.make_key(name, bits, kind)
    azure.upstream.exportable |= {name} if exportable else set()
    with pytest.raises(KeyUnavailable, match="the key in the vault"):
        azure.opened({**section, "key": name}).wrap(KEY, CONTEXT)


def test_an_older_version_in_azure_opens_what_it_wrapped(azure: Running) -> None:
    section = azure.section("turning")
    service = azure.opened(section)
    before = service.wrap(KEY, CONTEXT)
    azure.upstream.make_key("turning")
    after = service.wrap(KEY, CONTEXT)

    assert before[3:35] != after[3:35]
    assert service.unwrap(before, CONTEXT) == service.unwrap(after, CONTEXT) == KEY


@pytest.mark.parametrize("denied", ["get", "unwrapkey"])
def test_without_a_permission_azure_denies(azure: Running, denied: str) -> None:
    service = azure.service("permitted")
    azure.upstream.denied = {denied}
    try:
        with pytest.raises(KeyUnavailable, match="denies it"):
            service.check()
    finally:
        azure.upstream.denied = set()


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ("wrap", {"ciphertextCrc32c": "1"}),
        ("wrap", {"verifiedPlaintextCrc32c": False}),
        ("wrap", {"verifiedAdditionalAuthenticatedDataCrc32c": False}),
        ("unwrap", {"plaintextCrc32c": "1"}),
    ],
)
def test_bytes_damaged_on_the_way_to_google_or_back(
    google: Running, operation: str, changed: dict[str, object]
) -> None:
    service = google.service("damaged")

    def damage(asked: Asked, answer: Answer) -> Answer:
        damaged = google.is_call(asked, operation)
        return Answer.of({**answer.json(), **changed}) if damaged else answer

    google.front.meddle = damage
    with pytest.raises(KeyUnavailable, match="cannot be trusted"):
        service.check()


def test_an_older_version_in_google_opens_what_it_wrapped(google: Running) -> None:
    service = google.service("turning")
    before = service.wrap(KEY, CONTEXT)
    google.upstream.make_key("turning")
    after = service.wrap(KEY, CONTEXT)

    assert (before[3:4], after[3:4]) == (b"1", b"2")
    assert service.unwrap(before, CONTEXT) == service.unwrap(after, CONTEXT) == KEY


def test_a_disabled_key_is_called_so(google: Running) -> None:
    service = google.service("disabled")
    wrapped = service.wrap(KEY, CONTEXT)
    error = {"code": 400, "status": "FAILED_PRECONDITION", "message": "canary"}
    google.front.meddle = lambda asked, answer: Answer.of({"error": error}, 400)
    with pytest.raises(KeyUnavailable, match="disabled"):
        service.unwrap(wrapped, CONTEXT)


def test_a_disabled_key_of_aws_is_called_so(amazon: Running) -> None:
    """moto decrypts with a disabled key, so its answer is AWS's by hand; to encrypt it refuses."""
    section = amazon.section("disabled")
    service = amazon.opened(section)
    wrapped = service.wrap(KEY, CONTEXT)
    amazon.upstream.client("kms").disable_key(KeyId=section["key"].rpartition("/")[2])
    assert service.unwrap(wrapped, CONTEXT) == KEY
    amazon.front.meddle = lambda asked, answer: Answer.of({"__type": "DisabledException"}, 400)
    with pytest.raises(KeyUnavailable, match="disabled"):
        service.unwrap(wrapped, CONTEXT)


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"\0" * 32, 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(reversed(range(32))), 0x113FDB5C),
        (b"", 0),
    ],
)
def test_crc32c_has_the_values_of_rfc_3720_appendix_b_4(data: bytes, checksum: int) -> None:
    assert crc32c(data) == checksum
