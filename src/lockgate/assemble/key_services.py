"""The key service that a project's ``keys:`` asks for; there is never another to fall back to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from lockgate.adapters.key_services.aws import AwsRootKey
from lockgate.adapters.key_services.azure import AzureRootKey, key_client
from lockgate.adapters.key_services.envelope import EnvelopeKeyService, RootKey
from lockgate.adapters.key_services.google import GoogleRootKey, kms_client
from lockgate.adapters.key_services.local import LocalKeyService, UnsavedRootKey
from lockgate.adapters.key_services.passphrase import passphrase as find_passphrase
from lockgate.adapters.key_services.vault import VaultRootKey
from lockgate.adapters.private_files import exists
from lockgate.adapters.remote.aws import aws_session
from lockgate.adapters.remote.azure import azure_session
from lockgate.adapters.remote.google import google_session
from lockgate.adapters.remote.vault import vault_session
from lockgate.assemble.project_file import Project
from lockgate.assemble.project_file_keys import (
    AwsKeys,
    GoogleKeys,
    KeysSection,
    LocalKeys,
    RemoteKeys,
    VaultKeys,
)
from lockgate.keys.ports import KeyService
from lockgate.secrets.resolver import Secrets


def open_key_service(
    project: Project,
    keys: KeysSection,
    passphrase: Callable[[], str] | None,
    secrets: Secrets,
    *,
    root_is_lost: bool = False,
) -> KeyService:
    """The service that ``keys`` describes. A local root key is opened; no other is asked yet.

    With ``root_is_lost`` another is made in the place of a local one that is not there.

    Raises KeyUnavailable for a local root key that does not open.
    """
    if isinstance(keys, LocalKeys):
        path = project.hidden_folder / keys.root
        if root_is_lost and not exists(path):
            sealed = keys.protection == "passphrase"
            return UnsavedRootKey(path, find_passphrase(os.environ, passphrase) if sealed else None)
        return _local(keys, path, passphrase)
    return EnvelopeKeyService(_root_key(project.folder, keys, secrets), project.name)


def make_missing_root(project: Project, passphrase: Callable[[], str] | None) -> bool:
    """Make the local root key that keys are to be moved to, unless it is there; whether it was.

    Without a service to move from, a missing root key is a lost one, and stays missing.
    """
    keys = project.keys
    if not project.previous_keys or not isinstance(keys, LocalKeys):
        return False
    path = project.hidden_folder / keys.root
    if exists(path):
        return False
    if keys.protection == "passphrase":
        LocalKeyService.create_with_passphrase(path, find_passphrase(os.environ, passphrase))
    else:
        LocalKeyService.create(path)
    return True


def _root_key(folder: Path, keys: RemoteKeys, secrets: Secrets) -> RootKey:
    if isinstance(keys, VaultKeys):
        vault = vault_session(keys.settings(folder, secrets))
        return VaultRootKey(vault, keys.mount, keys.key, keys.namespace)
    if isinstance(keys, AwsKeys):
        return AwsRootKey(aws_session(keys.settings(folder, secrets), "kms"), keys.key)
    if isinstance(keys, GoogleKeys):
        google = google_session(keys.settings(folder, secrets), "Google Cloud KMS", kms_client)
        return GoogleRootKey(google, keys.key)
    azure = azure_session(keys.settings(folder, secrets), "Azure Key Vault", key_client)
    return AzureRootKey(azure, keys.vault, keys.key)


def _local(keys: LocalKeys, path: Path, passphrase: Callable[[], str] | None) -> LocalKeyService:
    if keys.protection != "passphrase":
        return LocalKeyService.open(path)
    return LocalKeyService.open_with_passphrase(path, find_passphrase(os.environ, passphrase))
