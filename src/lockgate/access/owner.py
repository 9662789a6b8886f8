"""Whether the system's user who runs this process owns the project's private folder."""

from __future__ import annotations

import os
from pathlib import Path

from lockgate.access.principal import Assurance, Principal, current_principal, is_somebody


def is_owner(principal: Principal, folder: Path) -> bool:
    """Whether ``principal`` is this process's user, as the system says, and owns ``folder``.

    Nobody does with the uid that a user namespace gives to all whom it does not map. What cannot
    be looked at is nobody's.
    """
    operating_system = principal.assurance is Assurance.OPERATING_SYSTEM
    if not operating_system or principal != current_principal():
        return False
    try:
        if hasattr(os, "getuid"):
            uid = os.getuid()
            return is_somebody(uid) and folder.lstat().st_uid == uid
        return os.access(folder, os.W_OK)  # Windows: the folder's access list decides
    except OSError:
        return False
