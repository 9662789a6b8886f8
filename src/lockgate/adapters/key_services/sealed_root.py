"""A root key sealed under a passphrase: what ``root.key`` holds with ``protection: passphrase``."""

from __future__ import annotations

from typing import Literal

from lockgate.adapters.key_services.passphrase_seal import MIN_PASSPHRASE_BYTES, PassphraseSeal
from lockgate.secret import SecretBytes

__all__ = ["MIN_PASSPHRASE_BYTES", "open_root", "seal_root"]

_WHAT = "root"


class _SealedRoot(PassphraseSeal):
    lockgate_root_key: Literal[1] = 1


def seal_root(root: SecretBytes, passphrase: SecretBytes) -> bytes:
    """The file's content. Raises UsageError for a passphrase of fewer than 12 bytes."""
    return _SealedRoot.seal(root, passphrase, _WHAT).as_bytes()


def open_root(content: bytes, passphrase: SecretBytes) -> SecretBytes:
    """The root key. Raises KeyUnavailable for a wrong passphrase or a file that was changed."""
    return _SealedRoot.parse(content).open(passphrase, _WHAT)
