"""AWS Secrets Manager: ``secret://NAME/SECRET#FIELD``, by the secret's name or ARN."""

from __future__ import annotations

from typing import Any

from lockgate.adapters.remote.aws import AwsSettings, aws_session
from lockgate.adapters.remote.faults import RemoteFailed
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.secret_stores.remote_faults import as_secret_error
from lockgate.errors import SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secrets.fields import secret_of, text_of
from lockgate.secrets.ports import Lease


class AwsSecretsManagerStore:
    """A ``SecretStore`` over the secrets of one account and region, at their stage AWSCURRENT."""

    def __init__(
        self,
        settings: AwsSettings,
        retries: Retries | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._session = aws_session(settings, "secretsmanager", retries)
        self._limits = limits

    def fetch(self, path: str, field: str) -> Lease:
        """The current version's text, or a field of it if it is a JSON object.

        Raises SecretMissing, SecretDenied, SecretUnavailable.
        """

        def read(client: Any) -> Any:
            return client.get_secret_value(SecretId=path, VersionStage="AWSCURRENT")

        try:
            answer = self._session.call(read, repeatable=True)
        except RemoteFailed as fault:
            failed = as_secret_error(fault)
        else:
            return self._lease(answer, field)
        raise failed

    def _lease(self, answer: Any, field: str) -> Lease:
        text = answer.get("SecretString")
        if text is None and isinstance(answer.get("SecretBinary"), bytes):
            text = text_of(answer["SecretBinary"], self._limits)
        version = answer.get("VersionId")
        if not isinstance(text, str) or not isinstance(version, str):
            raise SecretUnavailable("AWS Secrets Manager gave what is no secret")
        return Lease(secret_of(text, field, self._limits), version)
