"""The keys at hand in one operation: what its release covers, and nothing else.

What keys there are can be asked at any time: names, versions, states. A key is unwrapped only
under a release, for exactly what that covers; when the operation ends, its keys are forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.errors import KeyUnavailable, LockgateError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.keyring import Keyring
from lockgate.keys.life import KeyLife
from lockgate.keys.names import is_reserved
from lockgate.keys.ports import DerivedKey, Domain, KeyUse, KeyVersion
from lockgate.keys.release import KeyRelease, is_release
from lockgate.secret import SecretBytes

FERNET_INFO = ("fernet",)
_ALL = "all"


@dataclass(frozen=True, slots=True)
class KeyRefusal:
    """A key that was asked for without a release of it; ``action`` is empty without any."""

    principal: str
    action: str
    purpose: str
    domain: str


class ReleasedKeys:
    """A keyring behind a release. Safe across threads; implements ``protect.treatment.KeyRing``."""

    def __init__(
        self,
        keyring: Keyring,
        now: Callable[[], datetime],
        refused: Callable[[KeyRefusal], None],
        release: KeyRelease | None = None,
    ) -> None:
        """Without ``release`` no key opens. ``refused`` is told of every key not covered.

        Raises KeyUnavailable for a release that no decision made.
        """
        if release is not None and not is_release(release):
            raise KeyUnavailable("a release of keys comes from a decision only")
        self._keyring = keyring
        self._now = now
        self._refused = refused
        self._release = release
        self._closed = False

    def under(self, release: KeyRelease, now: Callable[[], datetime]) -> ReleasedKeys:
        """The same keyring under a release. Raises KeyUnavailable for a forged one."""
        return ReleasedKeys(self._keyring, now, self._refused, release)

    def close(self) -> None:
        """Forget the keys of this release; it opens none afterwards."""
        self._closed = True
        if self._release is None:
            return
        domains = {one.domain for one in self._release.covered}
        for version in self._keyring.versions():
            if version.domain in domains or self._release.whole:
                self._keyring.wrapping.forget(version.number)

    def domains(self) -> Sequence[Domain]:
        """All domains, reserved ones included, by name."""
        return self._keyring.domains()

    def versions(self, domain: str | None = None) -> Sequence[KeyVersion]:
        """Key versions (wrapped) of one domain or of all, by number. Raises KeyUnavailable."""
        return self._keyring.versions(domain)

    def normaliser(self, domain: str) -> Normaliser:
        """How the domain brings text to its canonical form. Raises KeyUnavailable."""
        return self._keyring.normaliser(domain)

    def domain_of(self, number: int) -> str:
        """The domain that key ``number`` belongs to. Raises KeyUnavailable."""
        return self._keyring.domain_of(number)

    def use_of(self, number: int) -> KeyUse:
        """What key ``number`` is for. Raises KeyUnavailable."""
        return self._keyring.use_of(number)

    @property
    def service_id(self) -> str:
        """The name of the present key service and its root key."""
        return self._keyring.wrapping.service.id

    def check_services(self) -> list[tuple[str, LockgateError | None]]:
        """Each key service at hand and what is wrong with it: whether it wraps and unwraps, now."""
        found: list[tuple[str, LockgateError | None]] = []
        for service in self._keyring.wrapping.services:
            try:
                service.check()
            except LockgateError as error:
                found.append((service.id, error))
            else:
                found.append((service.id, None))
        return found

    def derive(
        self,
        domain: str,
        use: KeyUse,
        info: Sequence[str],
        length: int,
        number: int | None = None,
    ) -> DerivedKey:
        """As ``Keyring.derive``, of what is covered. Raises KeyUnavailable."""
        release = self._in_force(domain)
        if not release.covers(domain, use, tuple(info), number):
            raise self._refusal(domain)
        return self._keyring.derive(domain, use, info, length, number)

    def fernet_keys(self, domain: str) -> tuple[DerivedKey, ...]:
        """As ``Keyring.fernet_keys``; where the release only protects, the one that writes."""
        release, use = self._in_force(domain), KeyUse.ENCRYPTION
        if release.covers(domain, use, FERNET_INFO, 0):
            return self._keyring.fernet_keys(domain)
        if release.covers(domain, use, FERNET_INFO, None):
            return (self._keyring.fernet_writer(domain),)
        raise self._refusal(domain)

    def ensure_domain(self, domain: Domain) -> None:
        """Make a covered domain of Lockgate's own unless it exists. Raises KeyUnavailable."""
        release = self._in_force(domain.name)
        if not is_reserved(domain.name) or not release.touches(domain.name):
            raise self._refusal(domain.name)
        self._keyring.ensure_domain(domain)

    def ensure_domains(self, domains: Sequence[Domain]) -> None:
        """As ``Keyring.ensure_domains``, where keys may be made. Raises KeyUnavailable."""
        if not self._in_force(_ALL).life:
            raise self._refusal(_ALL)
        self._keyring.ensure_domains(domains)

    def import_fernet(
        self, domain: str, key: SecretBytes, purpose: str, *, writes: bool
    ) -> KeyVersion:
        """As ``Keyring.import_fernet``, for a covered domain. Raises UsageError, KeyUnavailable."""
        if not self._in_force(domain).covers(domain, KeyUse.FERNET, (), 0):
            raise self._refusal(domain)
        return self._keyring.import_fernet(domain, key, purpose, writes=writes)

    @property
    def life(self) -> KeyLife:
        """What changes keys. Raises KeyUnavailable where the release has nothing to do with it."""
        if not self._in_force(_ALL).life:
            raise self._refusal(_ALL)
        return self._keyring.life

    @property
    def whole(self) -> Keyring:
        """The keyring itself: for moving, copying and restoring keys. Raises KeyUnavailable."""
        if not self._in_force(_ALL).whole:
            raise self._refusal(_ALL)
        return self._keyring

    def __repr__(self) -> str:
        return f"ReleasedKeys({self._release!r})"

    def _in_force(self, domain: str) -> KeyRelease:
        release = self._release
        if release is None or self._closed or self._now() >= release.until:
            raise self._refusal(domain)
        return release

    def _refusal(self, domain: str) -> KeyUnavailable:
        """Tell it, then what to raise."""
        release = self._release
        if release is None:
            told = KeyRefusal("", "", "", domain)
        else:
            told = KeyRefusal(release.principal, release.action, release.purpose, domain)
        self._refused(told)
        return KeyUnavailable(
            f"no decision released this key of {domain!r}",
            hint="a key opens for what was permitted, while that is done: docs/reference/keys.md",
        )
