"""A copy of a keyring sealed under a passphrase, in one private file; bound to its project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lockgate.adapters.key_services.passphrase_seal import PassphraseSeal
from lockgate.adapters.private_files import read_private
from lockgate.keys.copies import KeyCopy
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretBytes

_WHAT = "keys"


class _SealedCopy(PassphraseSeal):
    lockgate_keys: Literal[1] = 1
    copy_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] = "0" * 32


def seal_copy(copy: KeyCopy, project: str, passphrase: SecretBytes) -> bytes:
    """The content of the copy's file. Raises UsageError for a short passphrase."""
    what = (_WHAT, project, copy.copy_id)
    sealed = _SealedCopy.seal(SecretBytes(copy.as_json()), passphrase, *what)
    return sealed.model_copy(update={"copy_id": copy.copy_id}).as_bytes()


def read_copy(path: Path, project: str, passphrase: SecretBytes) -> KeyCopy:
    """The copy in a file.

    Raises EnvironmentFailed for a file that is not private; KeyUnavailable, one error for all of
    it, for a wrong passphrase, another project's copy, and bytes that were cut or changed.
    """
    return open_copy(copy_bytes(path), project, passphrase)


def copy_bytes(path: Path) -> bytes:
    """What a copy's file holds, unopened. Raises EnvironmentFailed for one that is not private."""
    return read_private(path, DEFAULT_LIMITS.key_copy_bytes)


def open_copy(sealed: bytes, project: str, passphrase: SecretBytes) -> KeyCopy:
    """The copy in these bytes. Raises KeyUnavailable as ``read_copy`` does."""
    file = _SealedCopy.parse(sealed)
    content = file.open(passphrase, _WHAT, project, file.copy_id)
    return KeyCopy.from_json(content.reveal())
