"""The one refusal of everything sealed that does not open, whatever the reason."""

from __future__ import annotations

from lockgate.errors import KeyUnavailable


def does_not_open() -> KeyUnavailable:
    """The error for a wrong passphrase or root key, another place, and bytes that were changed.

    One message for all of them: whoever tries learns that it failed, not how far they came.
    """
    return KeyUnavailable(
        "this key does not open here",
        hint="try the passphrase again; else this is not its root key or its project,"
        " or what is stored was cut or changed: restore it from a backup",
    )
