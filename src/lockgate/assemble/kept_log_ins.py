"""The log-ins to a project that this user keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockgate.assemble.project_file import Project

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.kept_sessions import KeptSessions

BUILT_IN: Final = "@built-in"
"""Where a provider's name stands: no provider of a project can be called that."""


def kept_sessions(project: Project) -> KeptSessions:
    """Nothing is opened, and no keyring asked, before it is used."""
    from lockgate.adapters.identity_providers.kept_sessions import KeptSessions, sessions_folder
    from lockgate.adapters.secret_stores.os_keyring import KeyringStore

    return KeptSessions(sessions_folder(project.folder), KeyringStore("lockgate"))
