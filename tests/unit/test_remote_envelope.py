"""What a service answers ends as a key or as KeyUnavailable, whatever the answer is."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from lockgate.adapters.key_services.envelope import EnvelopeKeyService, Sealed
from lockgate.adapters.key_services.vault import VaultRootKey
from lockgate.adapters.remote.faults import FaultKind
from lockgate.adapters.remote.session import Connection, RemoteSession
from lockgate.errors import KeyUnavailable, LockgateError
from lockgate.secret import SecretBytes

CONTEXT = {"project": "clinic", "domain": "email", "use": "index", "version": "1"}
KEY = SecretBytes(bytes(range(64)))


class Transit:
    """Vault's transit engine without a cipher; ``ciphertext`` and ``plaintext`` are its lies."""

    ciphertext: str | None = None
    plaintext: str | None = None

    @property
    def secrets(self) -> Any:
        return self

    @property
    def transit(self) -> Any:
        return self

    def read_key(self, *_: object, **__: object) -> dict[str, Any]:
        return {"data": {"type": "aes256-gcm96", "exportable": False}}

    def encrypt_data(self, plaintext: str, **_: object) -> dict[str, Any]:
        told = self.ciphertext if self.ciphertext is not None else f"vault:v1:{plaintext}"
        return {"data": {"ciphertext": told}}

    def decrypt_data(self, ciphertext: str, **_: object) -> dict[str, Any]:
        told = self.plaintext if self.plaintext is not None else ciphertext.split(":")[2]
        return {"data": {"plaintext": told}}


def vault(client: Transit) -> EnvelopeKeyService:
    session: RemoteSession[Any] = RemoteSession(
        "the Vault server", lambda: Connection(client), lambda error: FaultKind.STRANGE
    )
    return EnvelopeKeyService(VaultRootKey(session, "transit", "root"), "clinic")


@pytest.mark.parametrize(
    "ciphertext",
    ["vault:v1:" + "A" * 25, "vault:v1:" + "A" * 26 + "=", ""],
)
def test_a_ciphertext_that_is_no_base64(ciphertext: str) -> None:
    client = Transit()
    client.ciphertext = ciphertext
    with pytest.raises(KeyUnavailable, match="cannot be trusted"):
        vault(client).wrap(KEY, CONTEXT)


@pytest.mark.parametrize("plaintext", ["é" * 44, "canary" * 5 + "!", "A" * 43, "\ud800" * 44])
def test_a_plaintext_that_is_no_base64(plaintext: str) -> None:
    client = Transit()
    service = vault(client)
    wrapped = service.wrap(KEY, CONTEXT)
    assert service.unwrap(wrapped, CONTEXT) == KEY

    client.plaintext = plaintext
    for ask in (lambda: service.unwrap(wrapped, CONTEXT), service.check):
        with pytest.raises(KeyUnavailable, match="cannot be trusted") as refused:
            ask()
        assert "canary" not in "".join(traceback.format_exception(refused.value))


class Surprising:
    """A root key on whose answers its adapter stumbles."""

    id = "vault:root"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def seal(self, data_key: SecretBytes, context: Mapping[str, str]) -> Sealed:
        raise self.error

    def open(self, sealed: Sealed, context: Mapping[str, str]) -> SecretBytes:
        raise self.error


WRAPPED = vault(Transit()).wrap(KEY, CONTEXT)
ASKED: list[Callable[[EnvelopeKeyService], object]] = [
    lambda service: service.wrap(KEY, CONTEXT),
    lambda service: service.unwrap(WRAPPED, CONTEXT),
    lambda service: service.check(),
]


@pytest.mark.parametrize("ask", ASKED, ids=["wrap", "unwrap", "check"])
@pytest.mark.parametrize("kind", [ValueError, KeyError, AttributeError, TypeError, OverflowError])
def test_an_answer_that_nothing_foresaw(
    ask: Callable[[EnvelopeKeyService], object], kind: type[Exception]
) -> None:
    held = base64.b64encode(KEY.reveal()).decode()
    with pytest.raises(KeyUnavailable, match="cannot be trusted") as refused:
        ask(EnvelopeKeyService(Surprising(kind(held)), "clinic"))

    assert held not in "".join(traceback.format_exception(refused.value))
    assert refused.value.__context__ is None


@pytest.mark.parametrize("ask", ASKED, ids=["wrap", "unwrap", "check"])
def test_an_error_of_our_own_stays_what_it_is(
    ask: Callable[[EnvelopeKeyService], object],
) -> None:
    said = LockgateError("the transit key may be exported")
    with pytest.raises(LockgateError) as refused:
        ask(EnvelopeKeyService(Surprising(said), "clinic"))

    assert refused.value is said
