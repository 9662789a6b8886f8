"""Names of key domains: what a user may call one, and what is kept for Lockgate itself."""

from __future__ import annotations

import re

from lockgate.errors import UsageError

RESERVED_PREFIX = "lockgate."
SEAL_PREFIX = "lockgate.seal."
"""Of the domains that seal whole files: these rotate and are destroyed as a user's do."""
DIGESTS = "lockgate.digests"
"""Its index key makes the digests of files."""
_USER = re.compile(r"[a-z0-9][a-z0-9._-]{0,126}", re.ASCII)
_RESERVED = re.compile(r"lockgate\.[A-Za-z0-9][A-Za-z0-9._:/-]{0,245}", re.ASCII)


def is_reserved(name: str) -> bool:
    """Whether ``name`` belongs to Lockgate (digests, subjects, quarantines)."""
    return name.startswith(RESERVED_PREFIX)


def check_domain_name(name: str) -> None:
    """Raises UsageError unless ``name`` is well formed, as a user's or as a reserved name."""
    if not (_RESERVED if is_reserved(name) else _USER).fullmatch(name):
        raise UsageError(
            "a key domain's name is malformed",
            hint="1 to 127 of a-z, 0-9, dot, underscore, hyphen; first a letter or digit",
        )


def check_user_domain_name(name: str) -> None:
    """Raises UsageError for a malformed name and for one that is reserved."""
    check_domain_name(name)
    if is_reserved(name):
        raise UsageError(
            f"key domain names that begin with {RESERVED_PREFIX!r} are reserved",
            hint="choose another name",
        )
