"""The events of a key's life, and how what the keyring tells becomes one."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from lockgate.errors import IntegrityError
from lockgate.keys.ports import KeyAction, KeyNotice
from lockgate.ledger.event_base import EventBase


class _KeyEvent(EventBase):
    """One key version, by domain, use, number and version."""

    domain: str
    use: str
    key_number: int
    version: int


class KeyCreated(_KeyEvent):
    """A domain got its first key of this use."""

    kind: Literal["key.created"] = "key.created"


class KeyRotated(_KeyEvent):
    """A new version became primary; the old one only decrypts."""

    kind: Literal["key.rotated"] = "key.rotated"


class KeyDestructionScheduled(_KeyEvent):
    """A version opens nothing from now on, and is destroyed at ``destroy_at``."""

    kind: Literal["key.destruction-scheduled"] = "key.destruction-scheduled"
    destroy_at: AwareDatetime


class KeyDestructionCancelled(_KeyEvent):
    """A version that waited for its destruction does what it did before."""

    kind: Literal["key.destruction-cancelled"] = "key.destruction-cancelled"


class KeyDestroyed(_KeyEvent):
    """A version's wrapped bytes were erased: what it encrypted is gone."""

    kind: Literal["key.destroyed"] = "key.destroyed"


class KeyMoved(_KeyEvent):
    """A version was wrapped anew: under another key service, or the same one's newest key."""

    kind: Literal["key.moved"] = "key.moved"
    from_service: str
    to_service: str


class KeysExported(EventBase):
    """A sealed copy of keys was written: which key numbers are in it."""

    kind: Literal["keys.exported"] = "keys.exported"
    copy_id: str
    key_numbers: tuple[int, ...]


class ImportedKey(BaseModel):
    """A key version that came in, as it stood then; a destroyed one came without its key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    domain: str
    use: str
    version: int
    state: str
    created_at: AwareDatetime | None = None


class KeysImported(EventBase):
    """Keys came in from a sealed copy; ``resurrected`` had been destroyed here.

    ``spared`` waited in the copy for their destruction, and came in to open. ``open_only``
    had been destroyed where the copy was made, and came back there. ``keys`` says of every version
    what it is; entries that were written before it was there have none.
    """

    kind: Literal["keys.imported"] = "keys.imported"
    copy_id: str
    key_numbers: tuple[int, ...]
    resurrected: tuple[int, ...] = ()
    spared: tuple[int, ...] = ()
    open_only: tuple[int, ...] = ()
    keys: tuple[ImportedKey, ...] = ()


KeyEvent = (
    KeyCreated
    | KeyRotated
    | KeyDestructionScheduled
    | KeyDestructionCancelled
    | KeyDestroyed
    | KeyMoved
)

_PLAIN: dict[KeyAction, type[KeyCreated | KeyRotated | KeyDestructionCancelled | KeyDestroyed]] = {
    KeyAction.CREATED: KeyCreated,
    KeyAction.ROTATED: KeyRotated,
    KeyAction.DESTRUCTION_CANCELLED: KeyDestructionCancelled,
    KeyAction.DESTROYED: KeyDestroyed,
}


def key_event(notice: KeyNotice, principal: str, purpose: str) -> KeyEvent:
    """The event for a keyring's notice, under the principal it was done by.

    ``purpose`` stands where the notice has none of its own. Raises IntegrityError for a notice
    that says less than its event has to.
    """
    shared: dict[str, Any] = {
        "at": notice.at,
        "principal": principal,
        "purpose": notice.purpose or purpose,
        "domain": notice.domain,
        "use": notice.use.value,
        "key_number": notice.number,
        "version": notice.version,
    }
    if notice.action is KeyAction.DESTRUCTION_SCHEDULED:
        if notice.destroy_at is None:
            raise IntegrityError("a scheduled destruction says when")
        return KeyDestructionScheduled(**shared, destroy_at=notice.destroy_at)
    if notice.action is KeyAction.MOVED:
        return KeyMoved(**shared, from_service=notice.from_service, to_service=notice.to_service)
    return _PLAIN[notice.action](**shared)
