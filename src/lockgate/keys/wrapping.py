"""Domain keys under a key service: made, wrapped for their place, unwrapped, and forgotten."""

from __future__ import annotations

from lockgate.errors import KeyUnavailable
from lockgate.keys.derivation import new_domain_key
from lockgate.keys.ports import KeyService, KeyState, KeyUse, KeyVersion
from lockgate.secret import SecretBytes


class Wrapping:
    """Wraps under one service; unwraps what that one wrapped, or the one before it.

    Unwrapped keys live as long as this object. A version that waits for its destruction or is
    destroyed is never unwrapped, be it in memory or not.
    """

    def __init__(self, service: KeyService, project: str, previous: KeyService | None = None):
        """Keys are wrapped for ``project``. ``previous`` is the service that keys move from."""
        self.service = service
        self._services = {one.id: one for one in (previous, service) if one is not None}
        self._project = project
        self._unwrapped: dict[int, tuple[bytes, SecretBytes]] = {}
        self._closed = False

    @property
    def services(self) -> tuple[KeyService, ...]:
        """The services at hand: the present one last."""
        return tuple(self._services.values())

    def wrap_new(self, domain: str, use: KeyUse, version: int) -> bytes:
        """A new domain key, wrapped for its place. Raises KeyUnavailable."""
        return self.wrap(new_domain_key(), domain, use, version)

    def wrap(self, key: SecretBytes, domain: str, use: KeyUse, version: int) -> bytes:
        """Wrap ``key`` under the present service, and see that it opens again.

        Raises KeyUnavailable, also for a service whose wrapped key gives another one back.
        """
        self._require_open()
        context = self._context(domain, use, version)
        wrapped = self.service.wrap(key, context)
        if self.service.unwrap(wrapped, context) != key:
            raise KeyUnavailable(
                f"the key service {self.service.id} does not give back what it wrapped",
                hint="nothing was changed; do not use this service until that is explained",
            )
        return wrapped

    def unwrap(self, version: KeyVersion) -> SecretBytes:
        """The domain key of a version. Raises KeyUnavailable."""
        self._require_open()
        require_usable(version)
        cached = self._unwrapped.get(version.number)
        if cached is not None and cached[0] == version.wrapped:
            return cached[1]
        context = self._context(version.domain, version.use, version.version)
        key = self.service_of(version).unwrap(version.wrapped, context)
        self._unwrapped[version.number] = (version.wrapped, key)
        return key

    def open_stored(self, version: KeyVersion) -> SecretBytes:
        """The domain key of any version that is not destroyed, kept nowhere. Raises KeyUnavailable.

        For moving and for sealed copies: they take a version along that waits for its destruction.
        """
        self._require_open()
        context = self._context(version.domain, version.use, version.version)
        return self.service_of(version).unwrap(version.wrapped, context)

    def is_at_hand(self, version: KeyVersion) -> bool:
        """Whether the service that wrapped a version is one of those here."""
        return version.service in self._services

    def service_of(self, version: KeyVersion) -> KeyService:
        """The service that wrapped a version. Raises KeyUnavailable if it is not at hand."""
        service = self._services.get(version.service)
        if service is None:
            raise KeyUnavailable(
                f"key {version.number} of {version.domain!r} was wrapped under another root key",
                hint="use the root key or passphrase that this state was made with",
            )
        return service

    def forget(self, number: int) -> None:
        """Keep this key in memory no longer."""
        self._unwrapped.pop(number, None)

    def close(self) -> None:
        """Forget every unwrapped key, and open none afterwards."""
        self._unwrapped.clear()
        self._closed = True

    def _require_open(self) -> None:
        if self._closed:
            raise KeyUnavailable("the keyring is closed")

    def _context(self, domain: str, use: KeyUse, version: int) -> dict[str, str]:
        """What a wrapped key is bound to: moved elsewhere in the store, it does not unwrap."""
        place = {"project": self._project, "domain": domain}
        return {**place, "use": use.value, "version": str(version)}


def require_usable(version: KeyVersion) -> None:
    """Raises KeyUnavailable for a version that is destroyed or waits to be."""
    if version.state is KeyState.DESTROYED:
        raise KeyUnavailable(
            f"key {version.number} of {version.domain!r} was destroyed",
            hint="what it protected cannot be opened any more",
        )
    if version.state is KeyState.PENDING_DESTRUCTION:
        when = f" on {version.destroy_at:%Y-%m-%d}" if version.destroy_at else ""
        raise KeyUnavailable(
            f"key {version.number} of {version.domain!r} opens nothing: it is destroyed{when}",
            hint=f"until then: lockgate keys cancel-destruction {version.domain} --purpose 'why'",
        )
