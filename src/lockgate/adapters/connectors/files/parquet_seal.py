"""Parquet modular encryption under keys of the keyring: footer, statistics and every column.

The file's own key is random and wrapped under the keyring's; what wraps it is a key management
client as Parquet's key tools know them, so that every reader of Arrow can be given one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pyarrow.parquet.encryption as pe

from lockgate.errors import IntegrityError
from lockgate.run.sealing import unwrap_file_key, wrap_file_key
from lockgate.secret import SecretBytes

_NAME = re.compile(r"lockgate/1/([1-9][0-9]{0,7})/([A-Za-z0-9_.-]{1,128})/([A-Za-z0-9_.-]{1,128})")
KeyOf = Callable[[int], SecretBytes]
"""The sealing key of a key number. Raises LockgateError."""


class KeyringKms(pe.KmsClient):  # type: ignore[misc]  # pyarrow has no types
    """Wraps file keys under the key that a name tells: ``lockgate/1/NUMBER/RUN/FILE``.

    ``only`` are the run and the name of the only file that may be opened; None to seal.
    """

    def __init__(self, key_of: KeyOf, only: tuple[str, str] | None = None) -> None:
        super().__init__()
        self._key_of = key_of
        self._only = only

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        """Base64 of the file's key, bound to the name."""
        number, _ = _parsed(master_key_identifier)
        wrapped = wrap_file_key(key_bytes, self._key_of(number), master_key_identifier)
        return base64.b64encode(wrapped).decode()

    def unwrap_key(self, wrapped_key: bytes, master_key_identifier: str) -> bytes:
        """The file's key. Raises IntegrityError for another file's, or another key."""
        number, file = _parsed(master_key_identifier)
        if self._only != file:
            raise IntegrityError("the file is another one")
        wrapped = base64.b64decode(wrapped_key)
        return unwrap_file_key(wrapped, self._key_of(number), master_key_identifier)


def seal_properties(number: int, key: SecretBytes, run: str, file: str) -> Any:
    """What ``pq.ParquetWriter`` takes as ``encryption_properties`` of one new file."""
    configuration = pe.EncryptionConfiguration(
        footer_key=f"lockgate/1/{number}/{run}/{file}",
        uniform_encryption=True,
        plaintext_footer=False,
        encryption_algorithm="AES_GCM_V1",
        double_wrapping=False,  # one key a file: nothing to gain from another between
        internal_key_material=True,
        data_key_length_bits=256,
    )
    factory = pe.CryptoFactory(lambda _: KeyringKms(lambda _: key))
    return factory.file_encryption_properties(pe.KmsConnectionConfig(), configuration)


def open_properties(key_of: KeyOf, run: str, file: str) -> Any:
    """What ``pq.ParquetFile`` takes as ``decryption_properties`` of a run's sealed ``file``."""
    factory = pe.CryptoFactory(lambda _: KeyringKms(key_of, (run, file)))
    return factory.file_decryption_properties(pe.KmsConnectionConfig())


def _parsed(name: str) -> tuple[int, tuple[str, str]]:
    """Key number, and run and file."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise IntegrityError("the file was not sealed here")
    return int(found[1]), (found[2], found[3])
