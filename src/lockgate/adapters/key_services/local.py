"""The local key service: a root key in a private file wraps domain keys.

Wrapping is AES-256-GCM (SP 800-38D) under a key derived from the root key, with
a random 96-bit nonce: a keyring holds at most 2**24 keys, far below the 2**32
at which random nonces would near their bound. The context is the associated
data, so a wrapped key moved to another place does not unwrap.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lockgate.adapters.key_services.ledger_key import read_seed
from lockgate.adapters.key_services.sealed_root import open_root, seal_root
from lockgate.adapters.private_files import create_private, read_private
from lockgate.errors import EnvironmentFailed, KeyUnavailable
from lockgate.kernel.binding import bind
from lockgate.keys.refusals import does_not_open
from lockgate.secret import SecretBytes

ROOT_BYTES = 32
_FORMAT = b"\x01"
_NONCE_BYTES = 12


class LocalKeyService:
    """A ``KeyService`` whose root key lives in this process and in its own file."""

    __slots__ = ("_cipher", "_id")

    def __init__(self, root: SecretBytes) -> None:
        """From 32 bytes of root key; see the four constructors for files."""
        if len(root) != ROOT_BYTES:
            raise KeyUnavailable("a root key has 32 bytes")
        self._cipher = AESGCM(_from_root(root, "wrap", 32))
        self._id = "local:" + _from_root(root, "id", 8).hex()

    @classmethod
    def create(cls, path: Path) -> LocalKeyService:
        """Make a root key in a new private file. Raises EnvironmentFailed if it exists."""
        root = secrets.token_bytes(ROOT_BYTES)
        create_private(path, base64.b64encode(root) + b"\n")
        return cls(SecretBytes(root))

    @classmethod
    def open(cls, path: Path) -> LocalKeyService:
        """The root key in ``path``. Raises KeyUnavailable if missing or reachable by others."""
        return cls(read_seed(path, "the root key"))

    @classmethod
    def create_with_passphrase(cls, path: Path, passphrase: SecretBytes) -> LocalKeyService:
        """Make a root key, sealed under a passphrase, in a new private file.

        Raises UsageError if the passphrase is too short, EnvironmentFailed if the file exists.
        """
        root = SecretBytes(secrets.token_bytes(ROOT_BYTES))
        create_private(path, seal_root(root, passphrase))
        return cls(root)

    @classmethod
    def open_with_passphrase(cls, path: Path, passphrase: SecretBytes) -> LocalKeyService:
        """The sealed root key in ``path``. Raises KeyUnavailable if the passphrase is wrong."""
        try:
            sealed = read_private(path)
        except EnvironmentFailed as error:
            raise KeyUnavailable(f"the root key: {error.message}", hint=error.hint) from None
        return cls(open_root(sealed, passphrase))

    @property
    def id(self) -> str:
        """``local:`` and eight bytes derived from the root key: another root key, another id."""
        return self._id

    def wrap(self, key: SecretBytes, context: Mapping[str, str]) -> bytes:
        """Format byte, 12-byte nonce, ciphertext, 16-byte tag of ``key``, bound to ``context``."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, key.reveal(), _bound(context))

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> SecretBytes:
        """Raises KeyUnavailable if root key, context or bytes are not those of the wrapping."""
        start = 1 + _NONCE_BYTES
        try:
            if wrapped[:1] == _FORMAT and len(wrapped) > start:
                nonce = wrapped[1:start]
                return SecretBytes(self._cipher.decrypt(nonce, wrapped[start:], _bound(context)))
        except InvalidTag:
            pass
        raise does_not_open()

    def check(self) -> None:
        """The root key was read when this was made, and works without asking anybody."""

    def __repr__(self) -> str:
        return f"LocalKeyService({self._id!r})"


class UnsavedRootKey:
    """A new root key in the place of a lost one; its file is made when it first wraps.

    Until then nothing depends on it: what is refused before leaves no file behind.
    """

    __slots__ = ("_content", "_path", "_service")

    def __init__(self, path: Path, passphrase: SecretBytes | None) -> None:
        """For ``path``, sealed if there is a passphrase. Raises UsageError if that is short."""
        root = SecretBytes(secrets.token_bytes(ROOT_BYTES))
        plain = base64.b64encode(root.reveal()) + b"\n"
        content = plain if passphrase is None else seal_root(root, passphrase)
        self._content: SecretBytes | None = SecretBytes(content)
        self._service = LocalKeyService(root)
        self._path = path

    @property
    def id(self) -> str:
        """The id that the root key has from its file too."""
        return self._service.id

    def wrap(self, key: SecretBytes, context: Mapping[str, str]) -> bytes:
        """As LocalKeyService, once the file is there. Raises EnvironmentFailed if it cannot be."""
        self.check()
        return self._service.wrap(key, context)

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> SecretBytes:
        """As LocalKeyService."""
        return self._service.unwrap(wrapped, context)

    def check(self) -> None:
        """Make the file, unless that is done: the key may be depended on from here."""
        if self._content is not None:
            create_private(self._path, self._content.reveal())
            self._content = None


def _from_root(root: SecretBytes, purpose: str, length: int) -> bytes:
    info = bind("lockgate", "1", "root", purpose)
    return HKDF(SHA256(), length, None, info).derive(root.reveal())


def _bound(context: Mapping[str, str]) -> bytes:
    pairs = (part for pair in sorted(context.items()) for part in pair)
    return bind("lockgate", "1", "wrap", *pairs)
