"""Whether a principal may do something: the one seam every guarded action goes through.

Until roles and verified identities land, the rule is ownership: the operating
system's user who runs this process, and who owns the project's private folder,
may do everything, for a purpose they state. Whatever replaces the rule keeps
the signature of ``authorise``.
"""

from __future__ import annotations

import os
from pathlib import Path

from lockgate.access.action import Action
from lockgate.access.principal import Assurance, Principal, current_principal, is_somebody
from lockgate.errors import AuthorisationDenied


def authorise(
    principal: Principal,
    action: Action,
    resource: str,
    purpose: str,
    *,
    folder: Path | None = None,
) -> None:
    """Return if ``principal`` may do ``action`` to ``resource`` for ``purpose``, else raise.

    1. The purpose is not blank and the action is a known one.
    2. The principal is the system's user of this process, as the system says it.
    3. That user owns ``folder``, the project's private folder, if it is given. Nobody does with
       the uid that a user namespace gives to all whom it does not map.
       (Without it, opening the state has refused any other owner already.)

    Raises AuthorisationDenied, also when the check itself cannot be made.
    """
    if not isinstance(action, Action):
        raise AuthorisationDenied("an unknown action is denied")
    if not purpose.strip():
        raise AuthorisationDenied(
            f"{action.value} of {resource} needs a purpose", hint="say what it is for: --purpose"
        )
    operating_system = principal.assurance is Assurance.OPERATING_SYSTEM
    if not operating_system or principal != current_principal():
        raise AuthorisationDenied(f"{action.value} of {resource} is denied to {principal.id}")
    if folder is not None and not _owns(folder):
        raise AuthorisationDenied(
            f"{action.value} of {resource} is denied to {principal.id}",
            hint="only the user who owns the project's private folder may do this",
        )


def _owns(folder: Path) -> bool:
    try:
        if hasattr(os, "getuid"):
            uid = os.getuid()
            return is_somebody(uid) and folder.lstat().st_uid == uid
        return os.access(folder, os.W_OK)  # Windows: the folder's access list decides
    except OSError:
        return False
