"""The key that seals rows about who may: 32 random bytes in a private file beside the ledger's.

What seals is derived from it by HKDF-SHA256 (RFC 5869), so that the file may serve other
purposes of access later without one key doing two things.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lockgate.adapters.key_services.ledger_key import read_seed
from lockgate.adapters.private_files import exists, place_private
from lockgate.errors import KeyUnavailable
from lockgate.secret import SecretBytes

SEED_BYTES = 32
ROWS = b"lockgate access rows 1"


class AccessKeyFile:
    """``access.key``, made when it is first needed, and the key of one use derived from it."""

    def __init__(self, path: Path, sealed_rows: Callable[[], bool], use: bytes = ROWS) -> None:
        """``sealed_rows`` says whether anything was sealed already: then no file is a loss."""
        self._path = path
        self._sealed_rows = sealed_rows
        self._use = use
        self._derived: SecretBytes | None = None

    def __call__(self) -> SecretBytes:
        """The key of that use. Raises KeyUnavailable."""
        if self._derived is None:
            self._derived = _derive(self._seed(), self._use)
        return self._derived

    def _seed(self) -> SecretBytes:
        if not exists(self._path):
            self._make()
        return read_seed(self._path, "the key of grants and accounts")

    def _make(self) -> None:
        if self._sealed_rows():
            raise KeyUnavailable(
                f"{self._path} is missing, and grants or accounts in the state are sealed under it",
                hint="restore the file from a backup, or from a machine that shares the state",
            )
        seed = base64.b64encode(secrets.token_bytes(SEED_BYTES)) + b"\n"
        place_private(self._path, seed, replace=False)  # unless another process made it just now


def _derive(seed: SecretBytes, use: bytes) -> SecretBytes:
    return SecretBytes(HKDF(SHA256(), SEED_BYTES, None, use).derive(seed.reveal()))
