"""Secrets in Azure Key Vault: ``secret://NAME/SECRET#FIELD``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockgate.adapters.remote.azure import AzureSettings, azure_session
from lockgate.adapters.remote.faults import RemoteFailed
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.secret_stores.remote_faults import as_secret_error
from lockgate.errors import SecretMissing, SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secrets.fields import secret_of
from lockgate.secrets.ports import Lease

if TYPE_CHECKING:
    from azure.keyvault.secrets import KeyVaultSecret, SecretClient

_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")


class AzureKeyVaultStore:
    """A ``SecretStore`` over the secrets of one vault, each at its latest version."""

    def __init__(
        self,
        settings: AzureSettings,
        retries: Retries | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._session = azure_session(settings, "Azure Key Vault", _client, retries)
        self._limits = limits

    def fetch(self, path: str, field: str) -> Lease:
        """The latest version's text, or a field of it if it is a JSON object.

        The lease ends where the version does. Raises SecretMissing, SecretDenied,
        SecretUnavailable.
        """
        if not _NAME.fullmatch(path):
            raise SecretMissing("no secret can have this name", hint="letters, digits and hyphens")

        def read(client: SecretClient) -> KeyVaultSecret:
            return client.get_secret(path)

        try:
            found = self._session.call(read, repeatable=True)
        except RemoteFailed as fault:
            failed = as_secret_error(fault)
        else:
            return self._lease(found, field)
        raise failed

    def _lease(self, found: KeyVaultSecret, field: str) -> Lease:
        about = found.properties
        if not isinstance(found.value, str) or not about.version:
            raise SecretUnavailable("Azure Key Vault gave what is no secret")
        text = secret_of(found.value, field, self._limits)
        return Lease(text, about.version, about.expires_on)


def _client() -> type[SecretClient]:
    from azure.keyvault.secrets import SecretClient

    return SecretClient
