"""Google Secret Manager: ``secret://NAME/SECRET#FIELD``, in one Google Cloud project."""

from __future__ import annotations

import re
from typing import Any

from lockgate.adapters.key_services.crc32c import crc32c
from lockgate.adapters.remote.faults import RemoteFailed
from lockgate.adapters.remote.google import ONE_TRY, GoogleSettings, google_session
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.secret_stores.remote_faults import as_secret_error
from lockgate.errors import SecretMissing, SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secrets.fields import secret_of, text_of
from lockgate.secrets.ports import Lease

_NAME = re.compile(r"[0-9A-Za-z_-]{1,255}")
_VERSION = re.compile(r"projects/[^/]+/secrets/(?P<secret>[^/]+)/versions/(?P<version>[0-9]+)")


class GoogleSecretManagerStore:
    """A ``SecretStore`` over the secrets of one project, each at its latest version."""

    def __init__(
        self,
        settings: GoogleSettings,
        project: str,
        retries: Retries | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._session = google_session(settings, "Google Secret Manager", _client, retries)
        self._project = project
        self._limits = limits

    def fetch(self, path: str, field: str) -> Lease:
        """The latest version's text, or a field of it if it is a JSON object.

        What came is compared with the checksum (CRC32C) beside it. Raises SecretMissing,
        SecretDenied, SecretUnavailable.
        """
        if not _NAME.fullmatch(path):
            raise SecretMissing(
                "no secret can have this name", hint="letters, digits, hyphens and _"
            )
        name = f"projects/{self._project}/secrets/{path}/versions/latest"

        def read(client: Any) -> Any:
            return client.access_secret_version(request={"name": name}, **ONE_TRY)

        try:
            answer = self._session.call(read, repeatable=True)
        except RemoteFailed as fault:
            failed = as_secret_error(fault)
        else:
            return self._lease(answer, path, field)
        raise failed

    def _lease(self, answer: Any, path: str, field: str) -> Lease:
        named = _VERSION.fullmatch(answer.name)
        payload = answer.payload
        whole = "data_crc32c" in payload and crc32c(payload.data) == payload.data_crc32c
        if named is None or named["secret"] != path or not whole:
            raise SecretUnavailable(
                "Google Secret Manager gave another secret, or a damaged one",
                hint="try again; look at what stands between",
            )
        text = text_of(payload.data, self._limits)
        return Lease(secret_of(text, field, self._limits), named["version"])


def _client() -> Any:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

    return SecretManagerServiceClient
