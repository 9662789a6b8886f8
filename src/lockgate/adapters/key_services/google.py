"""Root keys in Google Cloud KMS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lockgate.adapters.key_services.crc32c import crc32c
from lockgate.adapters.key_services.envelope import Sealed
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.adapters.remote.google import ONE_TRY
from lockgate.adapters.remote.session import RemoteSession
from lockgate.kernel.binding import bind
from lockgate.secret import SecretBytes

_VERSION = re.compile(r"/cryptoKeyVersions/([1-9][0-9]{0,9})", re.ASCII)


def kms_client() -> type[Any]:
    """Google's client of KMS; imported when it is needed."""
    from google.cloud.kms_v1 import KeyManagementServiceClient

    client: type[Any] = KeyManagementServiceClient
    return client


class GoogleRootKey:
    """A symmetric crypto key: it seals data keys with the context as authenticated data.

    What either side received is proven to the other by CRC-32C.
    """

    def __init__(self, session: RemoteSession[Any], key: str) -> None:
        self._session = session
        self._key = key

    @property
    def id(self) -> str:
        """The crypto key's resource name."""
        return f"google-kms:{self._key}"

    def seal(self, data_key: SecretBytes, context: Mapping[str, str]) -> Sealed:
        """Encrypt with the primary version. Raises RemoteFailed."""
        plain, bound = data_key.reveal(), _associated(context)
        request = {
            "name": self._key,
            "plaintext": plain,
            "plaintext_crc32c": crc32c(plain),
            "additional_authenticated_data": bound,
            "additional_authenticated_data_crc32c": crc32c(bound),
        }
        answer = self._session.call(
            lambda client: client.encrypt(request=request, **ONE_TRY), repeatable=True
        )
        version = _VERSION.fullmatch(answer.name.removeprefix(self._key))
        arrived = (
            answer.verified_plaintext_crc32c
            and answer.verified_additional_authenticated_data_crc32c
            and answer.ciphertext_crc32c == crc32c(answer.ciphertext)
        )
        if version is None or not arrived:
            raise RemoteFailed(self._session.service, FaultKind.STRANGE)
        return Sealed(version[1], answer.ciphertext)

    def open(self, sealed: Sealed, context: Mapping[str, str]) -> SecretBytes:
        """Decrypt; the service finds the version in the ciphertext. Raises RemoteFailed."""
        bound = _associated(context)
        request = {
            "name": self._key,
            "ciphertext": sealed.data,
            "ciphertext_crc32c": crc32c(sealed.data),
            "additional_authenticated_data": bound,
            "additional_authenticated_data_crc32c": crc32c(bound),
        }
        answer = self._session.call(
            lambda client: client.decrypt(request=request, **ONE_TRY), repeatable=True
        )
        if answer.plaintext_crc32c != crc32c(answer.plaintext):
            raise RemoteFailed(self._session.service, FaultKind.STRANGE)
        return SecretBytes(answer.plaintext)


def _associated(context: Mapping[str, str]) -> bytes:
    pairs = (part for pair in sorted(context.items()) for part in pair)
    return bind("lockgate", "1", "data-key", *pairs)
