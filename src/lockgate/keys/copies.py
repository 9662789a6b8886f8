"""A copy of a keyring for the day its store is lost: taken, and put back where keys are missing.

A copy holds every domain and version. A destroyed version is in it without its key, so that a
restored keyring knows that it was destroyed and hands its number to nobody.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from lockgate.kernel.interface import Normaliser
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import Domain, KeyState, KeyUse, KeyVersion
from lockgate.keys.refusals import does_not_open
from lockgate.secret import SecretBytes


@dataclass(frozen=True, slots=True)
class CopiedKey:
    """A version and its unwrapped key; a destroyed one has none. ``version.wrapped`` is empty.

    ``open_only``: it had been destroyed and came back, to open and never to protect.
    """

    version: KeyVersion
    key: SecretBytes | None
    open_only: bool = False


@dataclass(frozen=True, slots=True)
class KeyCopy:
    """Domains, versions, and the last key number that was ever handed out."""

    domains: tuple[Domain, ...]
    keys: tuple[CopiedKey, ...]
    last_number: int
    copy_id: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The key numbers whose keys are in the copy."""
        return tuple(one.version.number for one in self.keys if one.key is not None)

    def as_json(self) -> bytes:
        """The copy with its keys in clear: to be sealed, and never to be written."""
        document = {
            "copy_id": self.copy_id,
            "last_number": self.last_number,
            "domains": [{"name": d.name, "normaliser": d.normaliser.value} for d in self.domains],
            "keys": [_dumped(one) for one in self.keys],
        }
        return json.dumps(document).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """The copy that ``as_json`` wrote. Raises KeyUnavailable for anything else."""
        try:
            document = json.loads(content)
            return cls(
                tuple(Domain(d["name"], Normaliser(d["normaliser"])) for d in document["domains"]),
                tuple(_loaded(one) for one in document["keys"]),
                int(document["last_number"]),
                str(document["copy_id"]),
            )
        except (ValueError, KeyError, TypeError, binascii.Error):
            pass
        raise does_not_open()


def take_copy(keyring: Keyring, open_only: Set[int] = frozenset()) -> KeyCopy:
    """Everything in the keyring, unwrapped. Raises KeyUnavailable if a key does not open.

    ``open_only`` are numbers of keys that came back after they had been destroyed.
    """
    store = keyring.store
    copied = []
    for version in store.versions():
        gone = version.state is KeyState.DESTROYED
        key = None if gone else keyring.wrapping.open_stored(version)
        copied.append(CopiedKey(version, key, version.number in open_only))
    domains = {one.version.domain for one in copied}
    return KeyCopy(
        tuple(domain for domain in store.domains() if domain.name in domains),
        tuple(copied),
        store.last_number(),
    )


def _dumped(one: CopiedKey) -> dict[str, Any]:
    version = one.version
    return {
        "number": version.number,
        "domain": version.domain,
        "use": version.use.value,
        "version": version.version,
        "state": version.state.value,
        "created_at": version.created_at.isoformat(),
        "destroy_at": version.destroy_at.isoformat() if version.destroy_at else None,
        "open_only": one.open_only,
        "key": None if one.key is None else base64.b64encode(one.key.reveal()).decode(),
    }


def _loaded(data: dict[str, Any]) -> CopiedKey:
    due = data["destroy_at"]
    version = KeyVersion(
        number=int(data["number"]),
        domain=str(data["domain"]),
        use=KeyUse(data["use"]),
        version=int(data["version"]),
        state=KeyState(data["state"]),
        created_at=datetime.fromisoformat(data["created_at"]),
        service="",
        wrapped=b"",
        destroy_at=datetime.fromisoformat(due) if due else None,
    )
    encoded = data["key"]
    key = None if encoded is None else SecretBytes(base64.b64decode(encoded, validate=True))
    if (key is None) is not (version.state is KeyState.DESTROYED):
        raise ValueError("a copy holds the key of every version that is not destroyed")
    return CopiedKey(version, key, data.get("open_only", False) is True)
