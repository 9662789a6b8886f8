"""Only a keyring that the system protects is asked, and not for long."""

from __future__ import annotations

import threading

import keyring
import pytest
from keyring.backends import chainer, fail, null

from lockgate.adapters.secret_stores.os_keyring import KeyringStore, protected_backend
from lockgate.errors import SecretDenied, SecretUnavailable


class Backend:
    def __init__(self, found: object = None) -> None:
        self.found = found

    def get_password(self, service: str, user: str) -> object:
        if isinstance(self.found, BaseException):
            raise self.found
        return self.found


class ClearText(Backend):
    """As packages bring them that keep secrets in a file."""


class KeyringLocked(Exception):
    pass


def chosen(monkeypatch: pytest.MonkeyPatch, backend: object) -> None:
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)


@pytest.mark.parametrize("backend", [fail.Keyring(), null.Keyring(), ClearText()])
def test_a_keyring_that_the_system_does_not_protect_is_refused(
    monkeypatch: pytest.MonkeyPatch, backend: object
) -> None:
    chosen(monkeypatch, backend)
    with pytest.raises(SecretUnavailable, match="no keyring that the system protects"):
        KeyringStore("lockgate").fetch("warehouse", "")


def test_one_unprotected_keyring_in_a_chain_is_enough_to_refuse_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = type("Keyring", (Backend,), {"__module__": "keyring.backends.SecretService"})
    chain = type("Chain", (), {"__module__": chainer.__name__, "backends": [kind("x")]})()
    chosen(monkeypatch, chain)
    assert protected_backend() is chain
    chain.backends.append(ClearText("x"))
    with pytest.raises(SecretUnavailable):
        protected_backend()


@pytest.mark.parametrize(
    ("error", "expected"),
    [(KeyringLocked("canary"), SecretDenied), (RuntimeError("canary"), SecretUnavailable)],
)
def test_a_keyring_that_fails_tells_nothing_of_its_words(
    error: Exception, expected: type[SecretUnavailable]
) -> None:
    with pytest.raises(expected) as caught:
        KeyringStore("lockgate", Backend(error)).fetch("warehouse", "")
    assert "canary" not in str(caught.value)
    assert type(caught.value) is expected


def test_a_keyring_that_waits_for_somebody_is_not_waited_for() -> None:
    let_go = threading.Event()

    class Asking(Backend):
        def get_password(self, service: str, user: str) -> object:
            let_go.wait(20)
            return "too late"

    try:
        with pytest.raises(SecretUnavailable, match="does not answer"):
            KeyringStore("lockgate", Asking(), seconds=0.1).fetch("warehouse", "")
    finally:
        let_go.set()
