"""Sections about services elsewhere: how to log in, for key services and secret stores alike.

What is secret in them is a reference; where a service is must be an address that a secret may
travel to.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from lockgate.adapters.remote.addresses import check_address
from lockgate.adapters.remote.aws import AwsAccessKey, AwsSettings
from lockgate.adapters.remote.azure import AzureClientSecret, AzureSettings
from lockgate.adapters.remote.google import GoogleSettings
from lockgate.adapters.remote.vault import (
    SERVICE_ACCOUNT_TOKEN,
    Credential,
    VaultAppRole,
    VaultKubernetes,
    VaultSettings,
    VaultToken,
)
from lockgate.assemble.project_file_model import Line, PathText, Reference, Section
from lockgate.errors import ConfigurationError
from lockgate.secrets.reference import SecretReference
from lockgate.secrets.resolver import Secrets


def _address(text: str) -> str:
    try:
        return check_address(text)
    except ConfigurationError:
        pass
    raise PydanticCustomError("service_address", "an address of a service")


Address = Annotated[str, Field(max_length=500), AfterValidator(_address)]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}$")]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}[a-z-]{0,20}-[0-9]{1,2}$")]


class AppRoleSection(Section):
    """A role of Vault's AppRole method."""

    role_id: Line
    secret_id: Reference
    mount: Word = "approle"


class KubernetesSection(Section):
    """A role of Vault's Kubernetes method."""

    role: Line
    mount: Word = "kubernetes"
    token_file: PathText = str(SERVICE_ACCOUNT_TOKEN)


class VaultAuthSection(Section):
    """How to log in at Vault: exactly one of the three."""

    token: Reference | None = None
    approle: AppRoleSection | None = None
    kubernetes: KubernetesSection | None = None


class VaultPlace(Section):
    """A Vault or OpenBao server, and how to log in there."""

    address: Address
    auth: VaultAuthSection
    namespace: Annotated[str, Field(pattern=r"^([A-Za-z0-9._-]{1,64}/?){0,8}$")] = ""
    ca_file: PathText | None = None

    def settings(self, folder: Path, secrets: Secrets) -> VaultSettings:
        """For a session; credentials are resolved at each login. Raises ConfigurationError."""
        auth = self.auth
        if sum(one is not None for one in (auth.token, auth.approle, auth.kubernetes)) != 1:
            raise ConfigurationError(
                "auth names one way to log in", hint="write token, approle or kubernetes"
            )
        way: VaultToken | VaultAppRole | VaultKubernetes
        if auth.token is not None:
            way = VaultToken(credential(secrets, auth.token))
        elif auth.approle is not None:
            role = auth.approle
            way = VaultAppRole(role.role_id, credential(secrets, role.secret_id), role.mount)
        elif auth.kubernetes is not None:
            pod = auth.kubernetes
            way = VaultKubernetes(pod.role, folder / pod.token_file, pod.mount)
        return VaultSettings(self.address, way, self.namespace, _beside(folder, self.ca_file))


class AccessKeySection(Section):
    """An AWS access key. Without one, the workload's own identity is used."""

    id: Annotated[str, Field(pattern=r"^[A-Z0-9]{16,128}$")]
    secret: Reference
    session_token: Reference | None = None


class AwsPlace(Section):
    """An AWS region, and as whom."""

    region: Region
    access_key: AccessKeySection | None = None
    profile: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,64}$")] = ""
    endpoint: Address | None = None
    ca_file: PathText | None = None

    def settings(self, folder: Path, secrets: Secrets) -> AwsSettings:
        """For a session; credentials are resolved when it connects."""
        key = self.access_key
        given = None
        if key is not None:
            token = key.session_token
            given = AwsAccessKey(
                key.id,
                credential(secrets, key.secret),
                None if token is None else credential(secrets, token),
            )
        ca_file = _beside(folder, self.ca_file)
        return AwsSettings(self.region, given, self.profile, self.endpoint or "", ca_file)


class GooglePlace(Section):
    """Google Cloud, as the workload itself or as a service account whose JSON is a secret."""

    credentials: Reference | None = None
    endpoint: Address | None = None

    def settings(self, folder: Path, secrets: Secrets) -> GoogleSettings:
        """For a session; credentials are resolved when it connects."""
        given = None if self.credentials is None else credential(secrets, self.credentials)
        return GoogleSettings(given, self.endpoint or "")


class ClientSecretSection(Section):
    """An application of Entra ID. Without one, the workload's own identity is used."""

    tenant_id: Word
    client_id: Word
    secret: Reference
    authority: Address | None = None


class AzurePlace(Section):
    """An Azure Key Vault, and as whom."""

    vault: Address
    client_secret: ClientSecretSection | None = None
    ca_file: PathText | None = None

    def settings(self, folder: Path, secrets: Secrets) -> AzureSettings:
        """For a session; credentials are resolved when it connects."""
        given = None
        if self.client_secret is not None:
            client = self.client_secret
            given = AzureClientSecret(
                client.tenant_id,
                client.client_id,
                credential(secrets, client.secret),
                client.authority or "",
            )
        return AzureSettings(self.vault, given, _beside(folder, self.ca_file))


def credential(secrets: Secrets, reference: SecretReference) -> Credential:
    """Reads the secret anew each time: a login after a refusal must not use the old one."""
    return lambda: secrets.refresh(reference)


def _beside(folder: Path, path: str | None) -> Path | None:
    return None if path is None else folder / path
