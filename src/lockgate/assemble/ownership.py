"""Whose files a project is made of: what somebody else can write decides nothing and runs nothing.

A project file decides the policy, and a model named in it is code. Found in a folder above, either
could have been left there by another user of the machine.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lockgate.errors import ConfigurationError, Position

_ROOT = 0


def require_owned(path: Path) -> None:
    """Refuse a file or folder of another user (but root), or one that everybody may write.

    A folder with the sticky bit counts as unwritable: nobody can replace another's file there.
    Raises ConfigurationError. On systems without owners it returns.
    """
    if not hasattr(os, "getuid"):
        return
    try:
        found = path.stat()
    except OSError:
        return  # whoever opens it says what is wrong
    where = Position(str(path))
    if found.st_uid not in (os.getuid(), _ROOT):
        raise ConfigurationError(
            "it belongs to another user, who could decide what is released and run code as you",
            where=where,
            hint="run as its owner, or take a copy of your own",
        )
    if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        raise ConfigurationError(
            "everybody on this machine may write it", where=where, hint=f"chmod o-w {path}"
        )
