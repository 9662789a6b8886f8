"""Version 2 of the key-value engine of Vault and OpenBao: ``secret://NAME/PATH#FIELD``.

A secret there is a mapping of fields, so a field is named, unless the secret has one field only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lockgate.adapters.remote.faults import RemoteFailed
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.remote.vault import VaultClient, VaultSettings, vault_session
from lockgate.adapters.secret_stores.remote_faults import as_secret_error
from lockgate.errors import SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secrets.fields import field_of, secret_of
from lockgate.secrets.ports import Lease


class VaultStore:
    """A ``SecretStore`` over one KV version 2 mount."""

    def __init__(
        self,
        settings: VaultSettings,
        mount: str,
        retries: Retries | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._session = vault_session(settings, retries)
        self._mount = mount
        self._limits = limits

    def fetch(self, path: str, field: str) -> Lease:
        """The latest version's field. The lease ends where the version is due to be deleted.

        Raises SecretMissing, SecretDenied, SecretUnavailable.
        """

        def read(client: VaultClient) -> Any:
            return client.secrets.kv.v2.read_secret_version(
                path=path, mount_point=self._mount, raise_on_deleted_version=True
            )

        try:
            answer = self._session.call(read, repeatable=True)
        except RemoteFailed as fault:
            failed = as_secret_error(fault)
        else:
            return self._lease(answer, field)
        raise failed

    def _lease(self, answer: Any, field: str) -> Lease:
        try:
            fields, about = answer["data"]["data"], answer["data"]["metadata"]
            version, deleted = int(about["version"]), str(about["deletion_time"])
            expires = datetime.fromisoformat(deleted) if deleted else None
        except (KeyError, TypeError, ValueError):
            fields = None
        if not isinstance(fields, dict) or (expires is not None and expires.tzinfo is None):
            raise SecretUnavailable(
                "the Vault server gave what is no secret of the KV engine, version 2",
                hint="check that the mount is one: bao secrets list -detailed",
            )
        text = secret_of(_text(fields, field), "", self._limits)
        return Lease(text, str(version), None if expires is None else expires.astimezone(UTC))


def _text(fields: Mapping[str, object], field: str) -> str:
    if not field and len(fields) != 1:
        raise SecretUnavailable(
            f"the secret has {len(fields)} fields", hint="name one of them: #FIELD"
        )
    return field_of(fields, field or next(iter(fields)))
