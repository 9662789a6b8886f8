"""After a root key was lost: keys that a copy holds are wrapped anew, the others are given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lockgate.errors import KeyUnavailable
from lockgate.keys.copies import KeyCopy
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import KeyAction, KeyState, KeyVersion
from lockgate.keys.restoring import require_no_contradiction
from lockgate.secret import SecretBytes

GivenUp = tuple[KeyVersion, ...]


@dataclass(frozen=True, slots=True)
class RootReplaced:
    """Key numbers that are wrapped by the present service now, and the versions given up."""

    rewrapped: tuple[int, ...]
    given_up: GivenUp


def replace_root(
    keyring: Keyring,
    copy: KeyCopy,
    purpose: str,
    agree: Callable[[GivenUp], None],
    *,
    unsafe_resurrect: bool = False,
) -> RootReplaced:
    """Wrap every version whose service is lost with the copy's key; destroy what the copy lacks.

    What is given up nobody could open any more; as destroyed it no longer keeps the project shut,
    and is listed. ``agree`` is called with it before anything changes, and refuses by raising. One
    transaction; each change is told. Raises UsageError where the copy contradicts the keyring.
    """
    require_no_contradiction(keyring, copy, unsafe_resurrect=unsafe_resurrect)
    copied = {one.version.number: one.key for one in copy.keys}
    lost = [
        version
        for version in keyring.versions()
        if version.state is not KeyState.DESTROYED and not keyring.wrapping.is_at_hand(version)
    ]
    saved = [(v, key) for v in lost if (key := copied.get(v.number)) is not None]
    given_up = tuple(version for version in lost if copied.get(version.number) is None)
    agree(given_up)
    wrapped = [(version, _wrapped(keyring, version, key)) for version, key in saved]
    service, life = keyring.wrapping.service.id, keyring.life
    with keyring.store.transaction():
        if any(keyring.store.version(version.number) != version for version in lost):
            raise KeyUnavailable("the keyring was changed meanwhile", hint="try again")
        for version, content in wrapped:
            keyring.store.rewrap(version.number, service, content)
            life.tell(
                KeyAction.MOVED,
                version,
                purpose,
                from_service=version.service,
                to_service=service,
            )
        for version in given_up:
            keyring.store.destroy(version.number)
            life.tell(KeyAction.DESTROYED, version, purpose)
    return RootReplaced(tuple(version.number for version, _ in wrapped), given_up)


def _wrapped(keyring: Keyring, version: KeyVersion, key: SecretBytes) -> bytes:
    return keyring.wrapping.wrap(key, version.domain, version.use, version.version)
