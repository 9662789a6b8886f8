"""A key service in memory, and the laws that every key service keeps.

A test runs each law in ``KEY_SERVICE_LAWS`` on two services of different root keys.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockgate.errors import KeyUnavailable
from lockgate.kernel.binding import bind
from lockgate.keys.ports import KeyService
from lockgate.keys.refusals import does_not_open
from lockgate.secret import SecretBytes


class MemoryKeyService:
    """A ``KeyService`` whose root key ends with the object. ``down`` makes every call fail."""

    def __init__(self, name: str = "memory") -> None:
        self._name = name
        self._cipher = AESGCM(secrets.token_bytes(32))
        self.down = False
        self.unwraps = 0

    @property
    def id(self) -> str:
        """``memory:`` and the name given."""
        return f"memory:{self._name}"

    def wrap(self, key: SecretBytes, context: Mapping[str, str]) -> bytes:
        """Nonce and sealed key."""
        self._check_up()
        nonce = secrets.token_bytes(12)
        return nonce + self._cipher.encrypt(nonce, key.reveal(), _bound(context))

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> SecretBytes:
        """Raises KeyUnavailable if root key, context or bytes are others."""
        self._check_up()
        self.unwraps += 1
        try:
            if len(wrapped) > 12:
                opened = self._cipher.decrypt(wrapped[:12], wrapped[12:], _bound(context))
                return SecretBytes(opened)
        except InvalidTag:
            pass
        raise does_not_open()

    def check(self) -> None:
        """Raises KeyUnavailable while it is down."""
        self._check_up()

    def _check_up(self) -> None:
        if self.down:
            raise KeyUnavailable("the key service does not answer")


def _bound(context: Mapping[str, str]) -> bytes:
    return bind(*(part for pair in sorted(context.items()) for part in pair))


_CONTEXT = {"project": "clinic", "domain": "email", "use": "index", "version": "1"}


def opens_what_it_wrapped(service: KeyService, other: KeyService) -> None:
    """Unwrap after wrap is identity, for keys of any length in use."""
    for length in (16, 32, 64):
        key = SecretBytes(secrets.token_bytes(length))
        _expect(service.unwrap(service.wrap(key, _CONTEXT), _CONTEXT) == key, "another key")


def never_wraps_alike(service: KeyService, other: KeyService) -> None:
    """Wrapping twice gives two wrappings, neither holding the key."""
    key = SecretBytes(secrets.token_bytes(64))
    first, second = service.wrap(key, _CONTEXT), service.wrap(key, _CONTEXT)
    _expect(first != second, "two equal wrappings")
    _expect(key.reveal()[:16] not in first, "the key in clear")


def refuses_another_context(service: KeyService, other: KeyService) -> None:
    """A wrapped key opens in its place only: any part changed, added or left out is refused."""
    wrapped = service.wrap(SecretBytes(secrets.token_bytes(64)), _CONTEXT)
    for name in _CONTEXT:
        _expect_refusal(service, wrapped, {**_CONTEXT, name: "other"})
        without = {key: value for key, value in _CONTEXT.items() if key != name}
        _expect_refusal(service, wrapped, without)
    _expect_refusal(service, wrapped, {**_CONTEXT, "more": ""})


def takes_context_in_any_order(service: KeyService, other: KeyService) -> None:
    """A context is a mapping: its order says nothing."""
    key = SecretBytes(secrets.token_bytes(64))
    turned = dict(reversed(_CONTEXT.items()))
    _expect(service.unwrap(service.wrap(key, _CONTEXT), turned) == key, "order decides")


def tells_contexts_apart(service: KeyService, other: KeyService) -> None:
    """Where one part ends and the next begins cannot be shifted."""
    wrapped = service.wrap(SecretBytes(secrets.token_bytes(64)), {"a": "bc", "d": "e"})
    _expect_refusal(service, wrapped, {"ab": "c", "d": "e"})


def refuses_changed_bytes(service: KeyService, other: KeyService) -> None:
    """A wrapped key with one byte changed, cut off or added is refused; so is nothing."""
    wrapped = service.wrap(SecretBytes(secrets.token_bytes(64)), _CONTEXT)
    for place in range(0, len(wrapped), 7):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        _expect_refusal(service, bytes(changed), _CONTEXT)
    for cut in (b"", wrapped[:1], wrapped[:-1], wrapped + b"\x00"):
        _expect_refusal(service, cut, _CONTEXT)


def refuses_another_root(service: KeyService, other: KeyService) -> None:
    """What one root key wrapped, another does not open, and their ids differ."""
    wrapped = service.wrap(SecretBytes(secrets.token_bytes(64)), _CONTEXT)
    _expect(service.id != other.id, "two root keys of one id")
    _expect_refusal(other, wrapped, _CONTEXT)


def says_that_it_works(service: KeyService, other: KeyService) -> None:
    """A service that wraps and unwraps passes its own check."""
    service.check()
    other.check()


KEY_SERVICE_LAWS: tuple[Callable[[KeyService, KeyService], None], ...] = (
    opens_what_it_wrapped,
    never_wraps_alike,
    refuses_another_context,
    takes_context_in_any_order,
    tells_contexts_apart,
    refuses_changed_bytes,
    refuses_another_root,
    says_that_it_works,
)


def _expect(kept: bool, otherwise: str) -> None:
    if not kept:
        raise AssertionError(otherwise)


def _expect_refusal(service: KeyService, wrapped: bytes, context: Mapping[str, str]) -> None:
    try:
        service.unwrap(wrapped, context)
    except KeyUnavailable:
        return
    raise AssertionError("it opened what it should refuse")
