"""Root keys in Azure Key Vault and Azure Managed HSM."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from lockgate.adapters.key_services.envelope import Sealed
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.adapters.remote.session import RemoteSession
from lockgate.errors import KeyUnavailable
from lockgate.secret import SecretBytes

_VERSION = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_LEAST_BITS = 3072


def key_client() -> Callable[..., Any]:
    """Azure's client of keys; imported when it is needed."""
    from azure.keyvault.keys import KeyClient

    return KeyClient


class AzureRootKey:
    """An RSA key of 3072 bits or more: it seals data keys by RSA-OAEP-256 (RFC 8017).

    RSA takes no associated data, so the context is bound by the envelope alone.
    """

    def __init__(self, session: RemoteSession[Any], vault: str, key: str) -> None:
        self._session = session
        self._vault = (urlsplit(vault).netloc or vault).lower()
        self._key = key

    @property
    def id(self) -> str:
        """The vault's name, which nobody else can take, and the key's."""
        return f"azure-key-vault:{self._vault}/{self._key}"

    def seal(self, data_key: SecretBytes, context: Mapping[str, str]) -> Sealed:
        """Wrap with the newest version of the key. Raises RemoteFailed, KeyUnavailable."""
        key = self._session.call(lambda client: client.get_key(self._key), repeatable=True)
        version = str(key.properties.version or "")
        if key.name != self._key or not _VERSION.fullmatch(version):
            raise self._strange()
        _check_kind(key)
        answer = self._ask(version, "wrap_key", data_key.reveal())
        return Sealed(version, self._told(answer.encrypted_key))

    def open(self, sealed: Sealed, context: Mapping[str, str]) -> SecretBytes:
        """Unwrap with the version that wrapped it. Raises RemoteFailed."""
        if not _VERSION.fullmatch(sealed.version):
            raise RemoteFailed(self._session.service, FaultKind.REFUSED)
        return SecretBytes(self._told(self._ask(sealed.version, "unwrap_key", sealed.data).key))

    def _ask(self, version: str, operation: str, data: bytes) -> Any:
        from azure.keyvault.keys.crypto import KeyWrapAlgorithm

        def asked(client: Any) -> Any:
            crypto = client.get_cryptography_client(self._key, key_version=version)
            return getattr(crypto, operation)(KeyWrapAlgorithm.rsa_oaep_256, data)

        return self._session.call(asked, repeatable=True)

    def _told(self, value: object) -> bytes:
        if not isinstance(value, bytes) or not value:
            raise self._strange()
        return value

    def _strange(self) -> RemoteFailed:
        return RemoteFailed(self._session.service, FaultKind.STRANGE)


def _check_kind(key: Any) -> None:
    modulus = key.key.n or b""
    if key.key_type not in ("RSA", "RSA-HSM") or len(modulus.lstrip(b"\0")) * 8 < _LEAST_BITS:
        raise KeyUnavailable(
            "the key in the vault is not an RSA key of 3072 bits or more",
            hint="make one of type RSA-HSM or RSA with 3072 or 4096 bits",
        )
    if key.properties.exportable:
        raise KeyUnavailable(
            "the key in the vault may be exported: a root key never leaves its service",
            hint="make another key that is not exportable",
        )
