"""A project's ``secrets:`` as a resolver: which adapter stands behind each store's name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from lockgate.assemble.project_file import Project
from lockgate.assemble.project_file_secrets import (
    AwsStoreSection,
    AzureStoreSection,
    DotenvSection,
    EnvironmentSection,
    FilesSection,
    GoogleStoreSection,
    KeyringSection,
    VaultStoreSection,
)
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secrets.ports import SecretStore
from lockgate.secrets.resolver import Secrets

_Here = EnvironmentSection | FilesSection | DotenvSection | KeyringSection
_Elsewhere = VaultStoreSection | AwsStoreSection | GoogleStoreSection | AzureStoreSection
_HERE = (EnvironmentSection, FilesSection, DotenvSection, KeyringSection)


def open_secrets(
    project: Project, clock: Callable[[], datetime], limits: Limits = DEFAULT_LIMITS
) -> Secrets:
    """The project's resolver. No store is opened, and no vendor's library loaded, before use."""
    openers: dict[str, Callable[[], SecretStore]] = {}
    secrets: Secrets
    for name, section in project.secrets.items():
        if isinstance(section, _HERE):
            openers[name] = partial(_here, section, project.folder, limits)
        else:
            openers[name] = partial(_elsewhere, section, project.folder, lambda: secrets, limits)
    secrets = Secrets(openers, clock, limits)
    return secrets


def _here(section: _Here, folder: Path, limits: Limits) -> SecretStore:
    """A store of this machine."""
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


def _elsewhere(
    section: _Elsewhere, folder: Path, secrets: Callable[[], Secrets], limits: Limits
) -> SecretStore:
    """A store behind a network, opened with credentials from stores of this machine."""
    if isinstance(section, VaultStoreSection):
        from lockgate.adapters.secret_stores.vault_kv import VaultStore

        return VaultStore(section.settings(folder, secrets()), section.mount, limits=limits)
    if isinstance(section, AwsStoreSection):
        from lockgate.adapters.secret_stores.aws_secrets_manager import AwsSecretsManagerStore

        return AwsSecretsManagerStore(section.settings(folder, secrets()), limits=limits)
    if isinstance(section, GoogleStoreSection):
        from lockgate.adapters.secret_stores.google_secret_manager import GoogleSecretManagerStore

        google = section.settings(folder, secrets())
        return GoogleSecretManagerStore(google, section.project, limits=limits)
    from lockgate.adapters.secret_stores.azure_key_vault import AzureKeyVaultStore

    return AzureKeyVaultStore(section.settings(folder, secrets()), limits=limits)
