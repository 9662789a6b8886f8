"""Bytes sealed under a passphrase: Argon2id (RFC 9106), then AES-256-GCM (SP 800-38D).

All that is not the sealed content is its associated data, so no parameter can be weakened without
the seal breaking; and the seal is what tells a wrong passphrase, before anything else is read. The
parameters of new seals are RFC 9106's second recommended option: 64 MiB, three passes, four lanes.
"""

from __future__ import annotations

import secrets
import unicodedata
from typing import Annotated, Literal, Self

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


class PassphraseSeal(BaseModel):
    """The file, as JSON. Its bounds refuse what is less than safe, or more than a machine has.

    A subclass adds the field that says what is sealed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kdf: Literal["argon2id"] = "argon2id"
    memory_kib: Annotated[int, Field(ge=64 << 10, le=4 << 20)] = 64 << 10
    passes: Annotated[int, Field(ge=3, le=64)] = 3
    lanes: Annotated[int, Field(ge=1, le=64)] = 4
    salt: Base64Bytes
    nonce: Base64Bytes
    sealed: Base64Bytes

    @classmethod
    def seal(cls, content: SecretBytes, passphrase: SecretBytes, *what: str) -> Self:
        """Seal ``content``, bound to ``what`` it is. Raises UsageError for a short passphrase."""
        if len(passphrase) < MIN_PASSPHRASE_BYTES:
            raise UsageError(f"a passphrase has at least {MIN_PASSPHRASE_BYTES} characters")
        salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
        empty = cls.model_construct(salt=salt, nonce=nonce, sealed=b"")
        cipher = AESGCM(empty._stretch(passphrase))
        sealed = cipher.encrypt(nonce, content.reveal(), empty._bound(what))
        return cls.model_construct(salt=salt, nonce=nonce, sealed=sealed)

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """The seal that a file's bytes are. Raises KeyUnavailable, the same as ``open``."""
        try:
            file = cls.model_validate_json(content)
        except ValidationError:
            file = None
        if file is None or len(file.salt) != _SALT_BYTES or len(file.nonce) != _NONCE_BYTES:
            raise does_not_open()
        return file

    def open(self, passphrase: SecretBytes, *what: str) -> SecretBytes:
        """The content. Raises KeyUnavailable, one error for every reason."""
        try:
            cipher = AESGCM(self._stretch(passphrase))
            return SecretBytes(cipher.decrypt(self.nonce, self.sealed, self._bound(what)))
        except InvalidTag:
            pass
        raise does_not_open()

    def as_bytes(self) -> bytes:
        """The file's content."""
        return self.model_dump_json(indent=1).encode() + b"\n"

    def _bound(self, what: tuple[str, ...]) -> bytes:
        numbers = (self.memory_kib, self.passes, self.lanes)
        return bind("lockgate", "1", *what, self.kdf, *map(str, numbers), self.salt)

    def _stretch(self, passphrase: SecretBytes) -> bytes:
        argon2 = Argon2id(
            salt=self.salt,
            length=_KEY_BYTES,
            iterations=self.passes,
            lanes=self.lanes,
            memory_cost=self.memory_kib,
        )
        return argon2.derive(_normalised(passphrase))


def _normalised(passphrase: SecretBytes) -> bytes:
    """UTF-8 in Unicode form NFC, so that every keyboard gives the same bytes."""
    try:
        return unicodedata.normalize("NFC", passphrase.reveal().decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return passphrase.reveal()  # bytes that are no text stay as they are
