r"""Encrypted files of records: the quarantine and the subject-handle manifests at rest.

Layout: ``LGSEAL1\n`` | key number (3 bytes, big-endian) | salt (32 bytes), then records, each
a 4-byte big-endian length of its ciphertext and the ciphertext. The file key is
HKDF-SHA256(domain key's derived key, salt); each record is AES-256-GCM (SP 800-38D) with the
STREAM nonce (Hoang, Reyhanitabar, Rogaway, Vizar 2015): seven zero bytes, a 4-byte counter,
and one byte that is 1 only for the empty record that ends the file. So records cannot be cut,
reordered or exchanged between files unseen.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lockgate.errors import IntegrityError
from lockgate.kernel.binding import bind
from lockgate.secret import SecretBytes

MAGIC = b"LGSEAL1\n"
_SALT = 32
_HEADER = len(MAGIC) + 3 + _SALT
_LENGTH = struct.Struct(">I")
MAX_RECORD = 256 << 20
TAG = 16


class SealedWriter:
    """Appends records to a new 0600 file; ``close`` ends it and makes it durable.

    Without ``durable`` a power cut may lose it: for what does not outlive its run.
    """

    def __init__(
        self,
        path: Path,
        key: SecretBytes,
        key_number: int,
        kind: str,
        owner: str,
        *,
        durable: bool = True,
    ):
        salt = os.urandom(_SALT)
        self.path = path
        self._durable = durable
        self._cipher = _cipher(key, salt, kind, owner)
        self._file: BinaryIO = os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb"
        )
        self._file.write(MAGIC + key_number.to_bytes(3, "big") + salt)
        self._counter = 0

    def write(self, record: bytes | memoryview) -> None:
        """Append one record of at least one byte."""
        if not 0 < len(record) <= MAX_RECORD:
            raise IntegrityError("a sealed record has between 1 byte and 256 MiB")
        self._append(record, last=False)

    def close(self) -> None:
        """Write the closing record and, if durable, fsync. A file without it does not open."""
        if self._file.closed:
            return
        self._append(b"", last=True)
        self._file.flush()
        if self._durable:
            os.fsync(self._file.fileno())
        self._file.close()

    def abort(self) -> None:
        """Close and remove the unfinished file."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _append(self, record: bytes | memoryview, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._counter, last), record, None)
        self._file.write(_LENGTH.pack(len(sealed)))
        self._file.write(sealed)
        self._counter += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


def sealed_key_number(path: Path) -> int:
    """The number of the key that sealed the file. Raises IntegrityError if it is no sealed file."""
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if len(header) != _HEADER or not header.startswith(MAGIC):
        raise IntegrityError("not a sealed file, or its beginning is damaged")
    return int.from_bytes(header[len(MAGIC) : len(MAGIC) + 3], "big")


def read_sealed(
    path: Path, key_of: Callable[[int], SecretBytes], kind: str, owner: str
) -> Iterator[bytes]:
    """Yield the records in order. Raises IntegrityError if one was changed or is missing."""
    number = sealed_key_number(path)
    with path.open("rb") as file:
        header = file.read(_HEADER)
        cipher = _cipher(key_of(number), header[-_SALT:], kind, owner)
        counter = 0
        while True:
            sealed = _next(file)
            record, last = _open(cipher, counter, sealed)
            if last:
                if file.read(1):
                    raise IntegrityError("a sealed file has bytes after its end")
                return
            yield record
            counter += 1


def _open(cipher: AESGCM, counter: int, sealed: bytes) -> tuple[bytes, bool]:
    last = len(sealed) == TAG  # only the closing record is empty
    try:
        return cipher.decrypt(_nonce(counter, last), sealed, None), last
    except InvalidTag:
        raise IntegrityError("a sealed file was changed, or belongs to another run") from None


def _next(file: BinaryIO) -> bytes:
    prefix = file.read(_LENGTH.size)
    if len(prefix) != _LENGTH.size:
        raise IntegrityError("a sealed file ends too early")
    (size,) = _LENGTH.unpack(prefix)
    if size > MAX_RECORD + TAG:
        raise IntegrityError("a sealed file was changed: a record is longer than any can be")
    sealed = file.read(size)
    if len(sealed) != size:
        raise IntegrityError("a sealed file ends too early")
    return sealed


def _nonce(counter: int, last: bool) -> bytes:
    return bytes(7) + counter.to_bytes(4, "big") + bytes([last])


def _cipher(key: SecretBytes, salt: bytes, kind: str, owner: str) -> AESGCM:
    info = bind("lockgate", "1", "sealed", kind, owner)
    return AESGCM(HKDF(SHA256(), 32, salt, info).derive(key.reveal()))
