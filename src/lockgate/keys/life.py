"""A key version's life: made, rotated, set to be destroyed, destroyed. Each change is told.

What a key service has to do is done before a transaction begins: a slow service keeps nobody else
from the store. In the transaction it is seen whether somebody else was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from lockgate.errors import KeyUnavailable, UsageError
from lockgate.keys.ports import (
    DOMAIN_USES,
    Domain,
    KeyAction,
    KeyNotice,
    KeyState,
    KeyStore,
    KeyUse,
    KeyVersion,
)
from lockgate.keys.schedule import is_due_to_be_destroyed
from lockgate.keys.versions import Versions
from lockgate.keys.wrapping import Wrapping
from lockgate.secret import SecretBytes

MAX_KEY_NUMBER = 2**24 - 1
"""A frame holds a key number in three bytes."""

_ATTEMPTS = 4
_ENDED = (KeyState.PENDING_DESTRUCTION, KeyState.DESTROYED)


@dataclass(frozen=True, slots=True)
class KeyLife:
    """What changes keys. ``record`` is called in each change's transaction; raising undoes it."""

    store: KeyStore
    wrapping: Wrapping
    now: Callable[[], datetime]
    record: Callable[[KeyNotice], None] | None = None

    @property
    def versions(self) -> Versions:
        """The versions as they are stored now."""
        return Versions(self.store)

    def create(self, domains: Sequence[Domain]) -> tuple[KeyVersion, ...]:
        """Version 1 of both keys of each domain, all or none. Raises UsageError if one exists."""
        wrapped = [
            (domain, use, self.wrapping.wrap_new(domain.name, use, 1))
            for domain in domains
            for use in DOMAIN_USES
        ]
        with self.store.transaction():
            for domain in domains:
                if self.store.domain(domain.name) is not None:
                    raise UsageError(f"key domain {domain.name!r} exists already")
            made = [self._made(domain.name, use, 1, key) for domain, use, key in wrapped]
            for domain in domains:
                self.store.add_domain(domain, [v for v in made if v.domain == domain.name])
            for version in made:
                self.tell(KeyAction.CREATED, version)
        return tuple(made)

    def rotate(
        self, domain: str, purpose: str = "", *, seen: KeyVersion | None = None
    ) -> KeyVersion | None:
        """A new primary encryption key of the domain; the one before decrypts only.

        With ``seen``, None if that version is no longer the primary: somebody rotated already.
        Where the newest was destroyed and the domain lives, this gives it one that encrypts.
        Raises KeyUnavailable.
        """
        for _ in range(_ATTEMPTS):
            before = self.versions.to_rotate(domain)
            if seen is not None and before.number != seen.number:
                return None
            key = self.wrapping.wrap_new(domain, KeyUse.ENCRYPTION, before.version + 1)
            with self.store.transaction():
                if self.versions.to_rotate(domain).number != before.number:
                    continue
                new = self._made(domain, KeyUse.ENCRYPTION, before.version + 1, key)
                self.store.rotate(new)
                self.tell(KeyAction.ROTATED, new, purpose)
            return new
        raise KeyUnavailable(f"{domain!r} is being rotated by others", hint="try again")

    def renew(self, newest: KeyVersion, purpose: str) -> KeyVersion | None:
        """A new primary version of a use whose versions all ended; None if others were faster.

        What is made under it joins with nothing made before. Raises KeyUnavailable.
        """
        domain, use, version = newest.domain, newest.use, newest.version + 1
        key = self.wrapping.wrap_new(domain, use, version)
        with self.store.transaction():
            if self.versions.of_use(domain, use)[-1] != newest:
                return None
            new = self._made(domain, use, version, key)
            self.store.rotate(new)
            self.tell(KeyAction.ROTATED, new, purpose)
        return new

    def import_fernet(
        self, domain: str, material: SecretBytes, purpose: str, *, writes: bool
    ) -> KeyVersion:
        """Take over a Fernet key; with ``writes`` the one that wrote before opens only.

        Raises KeyUnavailable, also if no key of the domain protects: it waits to be destroyed.
        """
        for _ in range(_ATTEMPTS):
            self.versions.domain(domain)
            if writes:
                self.versions.primary(domain, KeyUse.INDEX)
            number = len(self.versions.of_use(domain, KeyUse.FERNET))
            wrapped = self.wrapping.wrap(material, domain, KeyUse.FERNET, number + 1)
            with self.store.transaction():
                if len(self.versions.of_use(domain, KeyUse.FERNET)) != number:
                    continue
                new = self._made(domain, KeyUse.FERNET, number + 1, wrapped)
                if writes:
                    self.store.rotate(new)
                else:
                    new = replace(new, state=KeyState.DECRYPT_ONLY)
                    self.store.add_versions([new])
                self.tell(KeyAction.CREATED, new, purpose)
            return new
        raise KeyUnavailable(f"others import keys into {domain!r}", hint="try again")

    def schedule(
        self, versions: Sequence[KeyVersion], destroy_at: datetime, purpose: str
    ) -> tuple[KeyVersion, ...]:
        """Let versions wait for their destruction; until then they open nothing.

        Raises UsageError for one that waits or is destroyed already.
        """
        with self.store.transaction():
            for version in versions:
                now = self.versions.numbered(version.number)
                if now.state in _ENDED:
                    raise UsageError(
                        f"version {now.version} of {now.domain!r} is {now.state.value} already",
                        hint=f"lockgate keys list {now.domain}",
                    )
                self.store.set_state(now.number, KeyState.PENDING_DESTRUCTION, destroy_at)
                self.tell(KeyAction.DESTRUCTION_SCHEDULED, now, purpose, destroy_at=destroy_at)
        for version in versions:
            self.wrapping.forget(version.number)
        return tuple(self.versions.numbered(version.number) for version in versions)

    def cancel(
        self, versions: Sequence[KeyVersion], purpose: str, *, open_only: Set[int] = frozenset()
    ) -> tuple[KeyVersion, ...]:
        """Give versions that wait for their destruction back the state they had.

        Those numbered in ``open_only`` open, and never protect. Raises UsageError for one
        that does not wait.
        """
        with self.store.transaction():
            for version in versions:
                now = self.versions.numbered(version.number)
                if now.state is not KeyState.PENDING_DESTRUCTION:
                    raise UsageError(f"version {now.version} of {now.domain!r} does not wait")
                before = self.versions.state_before(now)
                if now.number in open_only:
                    before = KeyState.DECRYPT_ONLY
                self.store.set_state(now.number, before, None)
                self.tell(KeyAction.DESTRUCTION_CANCELLED, now, purpose)
        return tuple(self.versions.numbered(version.number) for version in versions)

    def destroy(self, number: int, purpose: str = "", *, due: datetime | None = None) -> bool:
        """Erase a version's wrapped bytes; whether that was to be done.

        With ``due``, only if it waits for its destruction and that is due by then.
        """
        with self.store.transaction():
            version = self.versions.numbered(number)
            wanted = version.state is not KeyState.DESTROYED
            if due is not None:
                wanted = is_due_to_be_destroyed(version, due)
            if wanted:
                self.store.destroy(number)
                self.tell(KeyAction.DESTROYED, version, purpose)
        self.wrapping.forget(number)
        return wanted

    def move(self, version: KeyVersion, purpose: str) -> KeyVersion:
        """Wrap a version under the present service, whichever wrapped it before.

        What the present service made of it was opened and compared before it replaces what there
        was. A version that others changed meanwhile stays as they left it.
        """
        key = self.wrapping.open_stored(version)
        to = self.wrapping.service.id
        wrapped = self.wrapping.wrap(key, version.domain, version.use, version.version)
        with self.store.transaction():
            now = self.versions.numbered(version.number)
            if now.wrapped == version.wrapped:
                self.store.rewrap(version.number, to, wrapped)
                moved = replace(now, service=to, wrapped=wrapped)
                self.tell(
                    KeyAction.MOVED, moved, purpose, from_service=version.service, to_service=to
                )
        self.wrapping.forget(version.number)
        return self.versions.numbered(version.number)

    def tell(
        self,
        action: KeyAction,
        version: KeyVersion,
        purpose: str = "",
        *,
        destroy_at: datetime | None = None,
        from_service: str = "",
        to_service: str = "",
    ) -> None:
        """Tell the recorder, if there is one. To be called inside the transaction."""
        if self.record is not None:
            self.record(
                KeyNotice(
                    action=action,
                    at=self.now(),
                    domain=version.domain,
                    use=version.use,
                    number=version.number,
                    version=version.version,
                    purpose=purpose,
                    destroy_at=destroy_at,
                    from_service=from_service,
                    to_service=to_service,
                )
            )

    def _made(self, domain: str, use: KeyUse, version: int, wrapped: bytes) -> KeyVersion:
        number = self.store.next_number()
        if number > MAX_KEY_NUMBER:
            raise KeyUnavailable("the keyring has handed out all its key numbers")
        return KeyVersion(
            number=number,
            domain=domain,
            use=use,
            version=version,
            state=KeyState.PRIMARY,
            created_at=self.now(),
            service=self.wrapping.service.id,
            wrapped=wrapped,
        )
