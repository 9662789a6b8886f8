"""What the keyring tells, as events of the ledger."""

from __future__ import annotations

from lockgate.keys.ports import KeyAction, KeyNotice
from lockgate.ledger.event import KeyCreated, KeyDestroyed, KeyRotated

_EVENTS: dict[KeyAction, type[KeyCreated | KeyRotated | KeyDestroyed]] = {
    KeyAction.CREATED: KeyCreated,
    KeyAction.ROTATED: KeyRotated,
    KeyAction.DESTROYED: KeyDestroyed,
}


def key_event(
    notice: KeyNotice, principal: str, purpose: str
) -> KeyCreated | KeyRotated | KeyDestroyed:
    """The event for a keyring's notice, under the principal and purpose it was done for."""
    return _EVENTS[notice.action](
        at=notice.at,
        principal=principal,
        purpose=purpose,
        domain=notice.domain,
        use=notice.use.value,
        key_number=notice.number,
        version=notice.version,
    )
