"""Wrapping under a root key elsewhere: a fresh data key a wrapping, which alone travels there.

The domain key is sealed here with AES-256-GCM (SP 800-38D) under a data key of its own, and the
service seals that data key under its root key. So the service, its log, and whoever reads the
connection never see a domain key; and what a domain key is bound to is checked here too, whatever
the service says.

A wrapped key::

    0x02 | length (2) | version of the root key | length (2) | sealed data key
         | nonce (12) | AES-256-GCM ciphertext | tag (16)

Lengths are big-endian. The associated data is ``bind("lockgate", "1", "wrap", id, version,
sealed data key, name, value, ...)``, context sorted by name: every byte is authenticated.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.errors import KeyUnavailable, LockgateError
from lockgate.kernel.binding import bind
from lockgate.keys.refusals import does_not_open
from lockgate.secret import SecretBytes

T = TypeVar("T")

_FORMAT = b"\x02"
_DATA_KEY_BYTES = 32
_NONCE_BYTES = 12
_LENGTH_BYTES = 2
_MOST = (1 << 8 * _LENGTH_BYTES) - 1


@dataclass(frozen=True, slots=True)
class Sealed:
    """A data key sealed by a root key, and the service's name of the version that sealed it."""

    version: str
    data: bytes


class RootKey(Protocol):
    """A root key in a service: it seals and opens data keys, bound to a context.

    Both calls may be repeated. They raise RemoteFailed.
    """

    @property
    def id(self) -> str:
        """Stable name of service and key, without a credential."""
        ...

    def seal(self, data_key: SecretBytes, context: Mapping[str, str]) -> Sealed:
        """Seal 32 bytes."""
        ...

    def open(self, sealed: Sealed, context: Mapping[str, str]) -> SecretBytes:
        """Open what it sealed; REFUSED if version, bytes or context are not its own."""
        ...


class EnvelopeKeyService:
    """A ``KeyService`` over a root key elsewhere; the keyring sees that a wrapping opens again."""

    def __init__(self, root: RootKey, project: str) -> None:
        """``project`` is named in the context of ``check``, as it is in every other."""
        self._root = root
        self._project = project

    @property
    def id(self) -> str:
        """The root key's."""
        return self._root.id

    def wrap(self, key: SecretBytes, context: Mapping[str, str]) -> bytes:
        """Wrap ``key`` bound to ``context``. Raises KeyUnavailable."""
        data_key = SecretBytes(secrets.token_bytes(_DATA_KEY_BYTES))
        sealed = self._told(lambda: self._root.seal(data_key, context))
        version = sealed.version.encode()
        if not 0 < len(version) <= _MOST or not 0 < len(sealed.data) <= _MOST:
            raise self._strange()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        bound = self._bound(sealed, context)
        body = AESGCM(data_key.reveal()).encrypt(nonce, key.reveal(), bound)
        return _FORMAT + _sized(version) + _sized(sealed.data) + nonce + body

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> SecretBytes:
        """Unwrap; raises KeyUnavailable if root key, context or bytes are others."""
        sealed, nonce, body = _taken_apart(wrapped)
        data_key = self._opened(lambda: self._root.open(sealed, context))
        if len(data_key) != _DATA_KEY_BYTES:
            raise does_not_open()
        try:
            bound = self._bound(sealed, context)
            return SecretBytes(AESGCM(data_key.reveal()).decrypt(nonce, body, bound))
        except InvalidTag:
            pass
        raise does_not_open()

    def check(self) -> None:
        """Wrap and unwrap a key made up for it. Raises KeyUnavailable if the service refuses."""
        context = {"domain": "lockgate.check", "use": "check", "version": "0"}
        probe = SecretBytes(secrets.token_bytes(_DATA_KEY_BYTES))
        sealed = self._told(lambda: self._root.seal(probe, {"project": self._project, **context}))
        opened = self._told(lambda: self._root.open(sealed, {"project": self._project, **context}))
        if opened != probe:
            raise self._strange()

    def _bound(self, sealed: Sealed, context: Mapping[str, str]) -> bytes:
        pairs = (part for pair in sorted(context.items()) for part in pair)
        return bind("lockgate", "1", "wrap", self.id, sealed.version, sealed.data, *pairs)

    def _told(self, ask: Callable[[], T]) -> T:
        """What the root key says, or KeyUnavailable with what is wrong."""
        try:
            return ask()
        except RemoteFailed as failed:
            error = failed.as_key_unavailable()
        except LockgateError:
            raise
        except Exception:  # noqa: BLE001 - an answer that nothing foresaw, and none of its words
            error = self._strange()
        raise error

    def _opened(self, ask: Callable[[], T]) -> T:
        """The same, but one error for all that does not open."""

        def asked() -> T:
            try:
                return ask()
            except RemoteFailed as failed:
                if failed.kind is not FaultKind.REFUSED:
                    raise
            raise does_not_open()

        return self._told(asked)

    def _strange(self) -> KeyUnavailable:
        return RemoteFailed(self.id, FaultKind.STRANGE).as_key_unavailable()

    def __repr__(self) -> str:
        return f"EnvelopeKeyService({self.id!r})"


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(_LENGTH_BYTES, "big") + part


def _taken_apart(wrapped: bytes) -> tuple[Sealed, bytes, bytes]:
    if wrapped[:1] != _FORMAT:
        raise does_not_open()
    parts, rest = [], wrapped[1:]
    for _ in range(2):
        end = _LENGTH_BYTES + int.from_bytes(rest[:_LENGTH_BYTES], "big")
        if not _LENGTH_BYTES < end < len(rest):
            raise does_not_open()
        parts.append(rest[_LENGTH_BYTES:end])
        rest = rest[end:]
    if len(rest) <= _NONCE_BYTES:
        raise does_not_open()
    try:
        sealed = Sealed(parts[0].decode(), parts[1])
    except UnicodeDecodeError:
        raise does_not_open() from None
    return sealed, rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
