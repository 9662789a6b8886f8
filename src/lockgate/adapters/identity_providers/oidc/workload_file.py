"""A token that the platform puts into a file and replaces: Kubernetes, CI services."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lockgate.errors import AuthenticationFailed
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secret import SecretText

_WRITE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def read_token_file(path: Path, limits: Limits = DEFAULT_LIMITS) -> SecretText:
    """The token in the file, as it stands now: platforms replace it long before it ends.

    A plain file, which Kubernetes links to, of at most ``token_file_bytes``, that nobody but its
    owner can write, and its owner is this user or root. Raises AuthenticationFailed without a word
    of the content.
    """
    why, content = "", b""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            why = _unsafe(os.fstat(handle))
            content = b"" if why else file.read(limits.token_file_bytes + 1)
    except OSError:
        why = "it cannot be read"
    if not why and len(content) > limits.token_file_bytes:
        why = f"it is longer than {limits.token_file_bytes} bytes"
    text = content.decode("ascii", "replace").strip()
    if not why and (not text or not text.isascii() or not text.isprintable() or " " in text):
        why = "it holds no token"
    if why:
        raise AuthenticationFailed(
            f"the token file is not used: {why}",
            hint="a plain file of this user or root that nobody else can write",
        )
    return SecretText(text)


def _unsafe(found: os.stat_result) -> str:
    if not stat.S_ISREG(found.st_mode):
        return "it is not a plain file"
    if not hasattr(os, "getuid"):
        return ""
    if found.st_uid not in (os.getuid(), 0):
        return "it belongs to another user"
    return "others can write it" if found.st_mode & _WRITE_BY_OTHERS else ""
