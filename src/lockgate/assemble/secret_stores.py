"""A project's ``secrets:`` as a resolver: which adapter stands behind each store's name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from lockgate.assemble.project_file import Project
from lockgate.assemble.project_file_secrets import (
    DotenvSection,
    EnvironmentSection,
    FilesSection,
    StoreSection,
)
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secrets.ports import SecretStore
from lockgate.secrets.resolver import Secrets


def open_secrets(
    project: Project, clock: Callable[[], datetime], limits: Limits = DEFAULT_LIMITS
) -> Secrets:
    """The project's resolver. No store is opened, and no vendor's library loaded, before use."""
    openers = {
        name: partial(_open, section, project.folder, limits)
        for name, section in project.secrets.items()
    }
    return Secrets(openers, clock, limits)


def _open(section: StoreSection, folder: Path, limits: Limits) -> SecretStore:
    if isinstance(section, EnvironmentSection):
        from lockgate.adapters.secret_stores.environment import EnvironmentStore

        return EnvironmentStore(section.prefix, limits=limits)
    if isinstance(section, FilesSection):
        from lockgate.adapters.secret_stores.mounted_files import MountedFileStore

        return MountedFileStore(folder / section.folder, limits)
    if isinstance(section, DotenvSection):
        from lockgate.adapters.secret_stores.dotenv_file import DotenvStore

        return DotenvStore(folder / section.file, limits)
    from lockgate.adapters.secret_stores.os_keyring import KeyringStore

    return KeyringStore(section.service, limits=limits)
