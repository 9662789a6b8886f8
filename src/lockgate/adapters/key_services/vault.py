"""Root keys in Vault's or OpenBao's transit engine."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from lockgate.adapters.key_services.envelope import Sealed
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.adapters.remote.session import RemoteSession
from lockgate.errors import KeyUnavailable
from lockgate.kernel.binding import bind
from lockgate.secret import SecretBytes

TYPES = frozenset({"aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305"})
"""Types of keys that authenticate associated data, with 256 bits."""

_CIPHERTEXT = re.compile(r"vault:(v[1-9][0-9]{0,9}):([A-Za-z0-9+/]{24,4096}={0,2})", re.ASCII)


class VaultRootKey:
    """A transit key: it seals data keys with the context as associated data.

    The key is looked at before its first use: a type that binds no context, or one that may be
    exported, is refused, and a key that does not exist is never made.
    """

    def __init__(
        self, session: RemoteSession[Any], mount: str, key: str, namespace: str = ""
    ) -> None:
        self._session = session
        self._mount = mount
        self._key = key
        self._id = "vault:" + "/".join(filter(None, (namespace.strip("/"), mount, key)))
        self._looked = False

    @property
    def id(self) -> str:
        """Namespace, mount and key: a server that moves keeps it."""
        return self._id

    def seal(self, data_key: SecretBytes, context: Mapping[str, str]) -> Sealed:
        """Encrypt with the newest version of the key. Raises RemoteFailed, KeyUnavailable."""
        self._look()
        answer = self._session.call(
            lambda client: client.secrets.transit.encrypt_data(
                name=self._key,
                mount_point=self._mount,
                plaintext=base64.b64encode(data_key.reveal()).decode(),
                associated_data=_associated(context),
            ),
            repeatable=True,
        )
        found = _CIPHERTEXT.fullmatch(self._told(answer, "ciphertext"))
        if found is None:
            raise self._strange()
        return Sealed(found[1], self._bytes(found[2]))

    def open(self, sealed: Sealed, context: Mapping[str, str]) -> SecretBytes:
        """Decrypt with the version that sealed it. Raises RemoteFailed, KeyUnavailable."""
        self._look()
        ciphertext = f"vault:{sealed.version}:{base64.b64encode(sealed.data).decode()}"
        if not _CIPHERTEXT.fullmatch(ciphertext):
            raise RemoteFailed(self._session.service, FaultKind.REFUSED)
        answer = self._session.call(
            lambda client: client.secrets.transit.decrypt_data(
                name=self._key,
                mount_point=self._mount,
                ciphertext=ciphertext,
                associated_data=_associated(context),
            ),
            repeatable=True,
        )
        return SecretBytes(self._bytes(self._told(answer, "plaintext")))

    def _look(self) -> None:
        if self._looked:
            return
        answer = self._session.call(
            lambda client: client.secrets.transit.read_key(self._key, mount_point=self._mount),
            repeatable=True,
        )
        kind, exportable = self._told(answer, "type"), answer["data"].get("exportable")
        if kind not in TYPES:
            raise KeyUnavailable(
                "the transit key is of a type that binds no context",
                hint="make one of type aes256-gcm96: see docs/reference/key-services.md",
            )
        if exportable is not False or answer["data"].get("allow_plaintext_backup"):
            raise KeyUnavailable(
                "the transit key may be exported: a root key never leaves its service",
                hint="make another key without exportable and allow_plaintext_backup",
            )
        self._looked = True

    def _told(self, answer: object, name: str) -> str:
        """A text in an answer's data. A redirect is no answer."""
        data = answer.get("data") if isinstance(answer, dict) else None
        value = data.get(name) if isinstance(data, dict) else None
        if not isinstance(value, str):
            raise self._strange()
        return value

    def _bytes(self, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:  # a binascii.Error too; not raised from, as it may hold the text
            pass
        raise self._strange()

    def _strange(self) -> RemoteFailed:
        return RemoteFailed(self._session.service, FaultKind.STRANGE)


def _associated(context: Mapping[str, str]) -> str:
    pairs = (part for pair in sorted(context.items()) for part in pair)
    return base64.b64encode(bind("lockgate", "1", "data-key", *pairs)).decode()
