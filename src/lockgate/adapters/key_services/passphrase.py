"""Where a passphrase comes from: a file descriptor, or whoever can be asked.

Never from a variable's value: that shows in process listings and crash reports.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from lockgate.errors import KeyUnavailable
from lockgate.secret import SecretBytes

DESCRIPTOR_VARIABLE = "LOCKGATE_PASSPHRASE_FD"
_MAX_BYTES = 4_096


def passphrase(environment: Mapping[str, str], ask: Callable[[], str] | None = None) -> SecretBytes:
    """The passphrase as UTF-8.

    Taken from the descriptor that LOCKGATE_PASSPHRASE_FD numbers (one line), else
    by calling ``ask``. Raises KeyUnavailable if neither gives one.
    """
    if DESCRIPTOR_VARIABLE in environment:
        return _clean(_from_descriptor(environment[DESCRIPTOR_VARIABLE]))
    if ask is not None:
        return _clean(ask())
    raise KeyUnavailable(
        "the root key is protected by a passphrase, and none was given",
        hint=f"set {DESCRIPTOR_VARIABLE} to the number of an open descriptor, or give a way to ask",
    )


def _from_descriptor(number: str) -> str:
    content: bytes | None = None
    try:
        with os.fdopen(int(number), "rb") as file:
            content = file.readline(_MAX_BYTES)
        return content.decode("utf-8").rstrip("\r\n")
    except (OSError, ValueError):
        pass
    raise KeyUnavailable(f"no passphrase can be read from what {DESCRIPTOR_VARIABLE} numbers")


def _clean(text: str) -> SecretBytes:
    if not text:
        raise KeyUnavailable("the passphrase is empty")
    try:
        return SecretBytes(text.encode("utf-8"))
    except UnicodeEncodeError:
        pass
    raise KeyUnavailable("the passphrase is not valid Unicode")
