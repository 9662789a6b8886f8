"""Putting a copy of keys back: what is missing is added, what contradicts the store is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from lockgate.errors import KeyUnavailable, UsageError
from lockgate.keys.copies import CopiedKey, KeyCopy
from lockgate.keys.keyring import Keyring
from lockgate.keys.placing import cannot_move, number_after_gap, placed
from lockgate.keys.ports import DOMAIN_USES, KeyState, KeyUse, KeyVersion

_NAMED = 5
"""How many contradictions a refusal names; the first ones say what kind of copy it is."""


@dataclass(frozen=True, slots=True)
class Restored:
    """Versions that came in, as they are here now; some are destroyed and have no key.

    ``resurrected`` are numbers that had been destroyed here, ``spared`` those that waited for
    their destruction when the copy was made, ``open_only`` those that had come back where the copy
    was made, after they had been destroyed there.
    """

    versions: tuple[KeyVersion, ...] = ()
    resurrected: tuple[int, ...] = ()
    spared: tuple[int, ...] = ()
    open_only: tuple[int, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The key numbers that came in with their keys."""
        return tuple(version.number for version in self.versions if version.wrapped)


def restore(
    keyring: Keyring,
    copy: KeyCopy,
    record: Callable[[Restored], None],
    *,
    unsafe_resurrect: bool = False,
) -> Restored:
    """Add what the keyring lacks of ``copy``, wrapped by its own service; all or nothing.

    A version that waited for its destruction comes in to open: a copy is as old as it is, and
    cannot know that the destruction was called off. A version whose place another key has here
    comes in as the next one, and a wide gap of numbers is left out (``keys.placing``). ``record``
    is called in the transaction.
    Raises UsageError, naming the keys, where the copy contradicts the keyring: a number, normaliser
    or index key that is another one here, a key of other bytes, one that the copy knows as
    destroyed, and, without ``unsafe_resurrect``, one that was destroyed here.
    """
    stored = keyring.versions()
    require_no_contradiction(keyring, copy, unsafe_resurrect=unsafe_resurrect)
    copy = placed(copy, stored)
    known = {version.number for version in stored}
    destroyed = {version.number for version in stored if version.state is KeyState.DESTROYED}
    new = [_wrapped(keyring, one) for one in copy.keys if one.version.number not in known]
    again = [
        _wrapped(keyring, one)
        for one in copy.keys
        if one.key is not None and one.version.number in destroyed
    ]
    with keyring.store.transaction():
        if list(keyring.versions()) != list(stored):
            raise KeyUnavailable("the keyring was changed meanwhile", hint="try again")
        _store(keyring, copy, new, again)
        returned = {one.version.number for one in copy.keys if one.open_only}
        restored = replace(
            _restored(keyring, new, again),
            open_only=tuple(v.number for v in new if v.number in returned),
        )
        record(restored)
    return restored


def require_no_contradiction(
    keyring: Keyring, copy: KeyCopy, *, unsafe_resurrect: bool = False
) -> None:
    """Raises UsageError, naming keys, where the copy contradicts the keyring; see ``restore``."""
    found = _contradictions(keyring, keyring.versions(), copy, unsafe_resurrect)
    if found:
        more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise UsageError(
            f"the copy contradicts the keyring: {'; '.join(found[:_NAMED])}{more}",
            hint="nothing was imported; see docs/reference/keys.md, sealed copies",
        )


def _contradictions(
    keyring: Keyring, stored: Sequence[KeyVersion], copy: KeyCopy, unsafe_resurrect: bool
) -> Sequence[str]:
    here = {domain.name: domain for domain in keyring.domains()}
    found = [
        f"{domain.name!r} has another normaliser"
        for domain in copy.domains
        if domain.name in here and here[domain.name] != domain
    ]
    numbered = {version.number: version for version in stored}
    places = {_place(version) for version in stored}
    for one in copy.keys:
        version = one.version
        name = f"key {version.number} ({version.domain} {version.use.value} v{version.version})"
        mine = numbered.get(version.number)
        if mine is None:
            if cannot_move(version) and _place(version) in places:
                found.append(f"{name} has another number here")
        elif (mine.domain, mine.use) != (version.domain, version.use):
            found.append(f"{name} is another key here")
        elif mine.state is KeyState.DESTROYED:
            if one.key is not None and not unsafe_resurrect:
                found.append(f"{name} was destroyed here")
        elif not keyring.wrapping.is_at_hand(mine):
            continue  # its root key is lost: there is nothing to compare with
        elif one.key is None:
            found.append(f"{name} is destroyed in the copy, and lives here")
        elif keyring.wrapping.open_stored(mine) != one.key:
            found.append(f"{name} has other bytes here")
    return found


def _store(
    keyring: Keyring, copy: KeyCopy, new: Sequence[KeyVersion], again: Sequence[KeyVersion]
) -> None:
    """Inside the transaction: domains, versions, one primary a use, and numbers used up."""
    store = keyring.store
    known = {domain.name for domain in store.domains()}
    for domain in copy.domains:
        if domain.name not in known:
            store.add_domain(domain, ())
    for version in again:
        store.rewrap(version.number, version.service, version.wrapped)
        store.set_state(version.number, KeyState.DECRYPT_ONLY, None)
    store.add_versions([_opening(version) for version in new])
    protected = {version.number for version in new if version.state is KeyState.PRIMARY}
    for domain_name, use in sorted({(v.domain, v.use) for v in new}):
        if use in DOMAIN_USES:
            _let_the_newest_protect(keyring, domain_name, use, protected)
    for version in new:
        if version.use not in DOMAIN_USES and version.state is KeyState.PRIMARY:
            _let_it_write(keyring, version)
    if new:
        last = max([store.last_number(), copy.last_number, *(v.number for v in new)])
        store.reserve_numbers(number_after_gap(last))


def _restored(keyring: Keyring, new: Sequence[KeyVersion], again: Sequence[KeyVersion]) -> Restored:
    came = {version.number for version in (*new, *again)}
    return Restored(
        tuple(version for version in keyring.store.versions() if version.number in came),
        tuple(version.number for version in again),
        tuple(v.number for v in new if v.state is KeyState.PENDING_DESTRUCTION),
    )


def _opening(version: KeyVersion) -> KeyVersion:
    """Which version protects is decided when all of them are there; none waits to be destroyed."""
    if version.state is KeyState.DESTROYED:
        return version
    return replace(version, state=KeyState.DECRYPT_ONLY, destroy_at=None)


def _let_it_write(keyring: Keyring, version: KeyVersion) -> None:
    """Make an imported key what its domain writes with, unless there is such a one already."""
    beside = keyring.store.versions(version.domain)
    if not any(v.use is version.use and v.state is KeyState.PRIMARY for v in beside):
        keyring.store.set_state(version.number, KeyState.PRIMARY, None)


def _let_the_newest_protect(
    keyring: Keyring, domain: str, use: KeyUse, protected: Set[int]
) -> None:
    """The newest version is the primary, whichever side it came from, and no older one.

    Where the newest waits for its destruction, is destroyed or only opens, none is: an older one
    that came back only opens, and what comes in protects only if it did so in its copy. What was
    destroyed here is never among ``protected``.
    """
    store = keyring.store
    versions = [version for version in store.versions(domain) if version.use is use]
    newest = max(versions, key=lambda version: version.version)
    for version in versions:
        if version.state is KeyState.PRIMARY and version is not newest:
            store.set_state(version.number, KeyState.DECRYPT_ONLY, None)
    if newest.state is KeyState.DECRYPT_ONLY and newest.number in protected:
        store.set_state(newest.number, KeyState.PRIMARY, None)


def _wrapped(keyring: Keyring, one: CopiedKey) -> KeyVersion:
    service = keyring.wrapping.service.id
    if one.key is None:
        return replace(one.version, service=service)
    version = one.version
    wrapped = keyring.wrapping.wrap(one.key, version.domain, version.use, version.version)
    return replace(version, service=service, wrapped=wrapped)


def _place(version: KeyVersion) -> tuple[str, KeyUse, int]:
    return version.domain, version.use, version.version
