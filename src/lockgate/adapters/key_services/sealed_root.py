"""A root key sealed under a passphrase: Argon2id (RFC 9106), then AES-256-GCM.

The file is JSON: format, Argon2id's parameters and salt, nonce, sealed key. All
that is not the sealed key is its associated data, so no parameter can be
weakened without the seal breaking; and the seal is what tells a wrong
passphrase, before anything else is read. The parameters for new files are RFC
9106's second recommended option: 64 MiB, three passes, four lanes.
"""

from __future__ import annotations

import secrets
import unicodedata
from typing import Annotated, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from lockgate.errors import UsageError
from lockgate.kernel.binding import bind
from lockgate.keys.refusals import does_not_open
from lockgate.secret import SecretBytes

MIN_PASSPHRASE_BYTES = 12
_KEY_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12


class _Sealed(BaseModel):
    """The file. Its bounds refuse what is less than safe, or more than a machine has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lockgate_root_key: Literal[1] = 1
    kdf: Literal["argon2id"] = "argon2id"
    memory_kib: Annotated[int, Field(ge=64 << 10, le=4 << 20)] = 64 << 10
    passes: Annotated[int, Field(ge=3, le=64)] = 3
    lanes: Annotated[int, Field(ge=1, le=64)] = 4
    salt: Base64Bytes
    nonce: Base64Bytes
    sealed: Base64Bytes

    def bound(self) -> bytes:
        numbers = (self.memory_kib, self.passes, self.lanes)
        return bind("lockgate", "1", "root", self.kdf, *map(str, numbers), self.salt)


def seal_root(root: SecretBytes, passphrase: SecretBytes) -> bytes:
    """The file's content. Raises UsageError for a passphrase of fewer than 12 bytes."""
    if len(passphrase) < MIN_PASSPHRASE_BYTES:
        raise UsageError(f"a passphrase has at least {MIN_PASSPHRASE_BYTES} characters")
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    empty = _Sealed.model_construct(salt=salt, nonce=nonce, sealed=b"")
    cipher = AESGCM(_stretch(empty, passphrase))
    sealed = cipher.encrypt(nonce, root.reveal(), empty.bound())
    full = _Sealed.model_construct(salt=salt, nonce=nonce, sealed=sealed)
    return full.model_dump_json(indent=1).encode() + b"\n"


def open_root(content: bytes, passphrase: SecretBytes) -> SecretBytes:
    """The root key. Raises KeyUnavailable for a wrong passphrase or a file that was changed."""
    file = _parse(content)
    try:
        cipher = AESGCM(_stretch(file, passphrase))
        return SecretBytes(cipher.decrypt(file.nonce, file.sealed, file.bound()))
    except InvalidTag:
        pass
    raise does_not_open()


def _parse(content: bytes) -> _Sealed:
    try:
        file = _Sealed.model_validate_json(content)
    except ValidationError:
        file = None
    if file is None or len(file.salt) != _SALT_BYTES or len(file.nonce) != _NONCE_BYTES:
        raise does_not_open()
    return file


def _stretch(file: _Sealed, passphrase: SecretBytes) -> bytes:
    argon2 = Argon2id(
        salt=file.salt,
        length=_KEY_BYTES,
        iterations=file.passes,
        lanes=file.lanes,
        memory_cost=file.memory_kib,
    )
    return argon2.derive(_normalised(passphrase))


def _normalised(passphrase: SecretBytes) -> bytes:
    """UTF-8 in Unicode form NFC, so that every keyboard gives the same bytes."""
    try:
        return unicodedata.normalize("NFC", passphrase.reveal().decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return passphrase.reveal()  # bytes that are no text stay as they are
