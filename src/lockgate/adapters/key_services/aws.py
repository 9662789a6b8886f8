"""Root keys in AWS KMS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lockgate.adapters.key_services.envelope import Sealed
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.adapters.remote.session import RemoteSession
from lockgate.secret import SecretBytes

_ALGORITHM = "SYMMETRIC_DEFAULT"


class AwsRootKey:
    """A symmetric KMS key: it seals data keys under the context as EncryptionContext."""

    def __init__(self, session: RemoteSession[Any], key_arn: str) -> None:
        self._session = session
        self._arn = key_arn

    @property
    def id(self) -> str:
        """The key's ARN."""
        return f"aws-kms:{self._arn}"

    def seal(self, data_key: SecretBytes, context: Mapping[str, str]) -> Sealed:
        """Encrypt. Raises RemoteFailed, also if another key than this one did it."""
        answer = self._session.call(
            lambda client: client.encrypt(
                KeyId=self._arn,
                Plaintext=data_key.reveal(),
                EncryptionContext=dict(context),
                EncryptionAlgorithm=_ALGORITHM,
            ),
            repeatable=True,
        )
        return Sealed(self._arn, self._told(answer, "CiphertextBlob"))

    def open(self, sealed: Sealed, context: Mapping[str, str]) -> SecretBytes:
        """Decrypt, with this key only: what the ciphertext says of its key is not followed."""
        if sealed.version != self._arn:
            raise RemoteFailed(self._session.service, FaultKind.REFUSED)
        answer = self._session.call(
            lambda client: client.decrypt(
                KeyId=self._arn,
                CiphertextBlob=sealed.data,
                EncryptionContext=dict(context),
                EncryptionAlgorithm=_ALGORITHM,
            ),
            repeatable=True,
        )
        return SecretBytes(self._told(answer, "Plaintext"))

    def _told(self, answer: Mapping[str, Any], name: str) -> bytes:
        value = answer.get(name)
        if answer.get("KeyId") != self._arn or not isinstance(value, bytes) or not value:
            raise RemoteFailed(self._session.service, FaultKind.STRANGE)
        return value
