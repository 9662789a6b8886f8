"""What the destruction of a key would take, and what has to be done before it."""

from __future__ import annotations

from lockgate.access.resource import Resource, key_domain
from lockgate.errors import UsageError
from lockgate.keys.names import SEAL_PREFIX, check_user_domain_name
from lockgate.keys.ports import KeyState, KeyUse, KeyVersion
from lockgate.keys.versions import Versions

_ENDED = (KeyState.PENDING_DESTRUCTION, KeyState.DESTROYED)
_FIRST = {
    KeyUse.INDEX: "tokens come from it: end the whole domain with --all, or nothing",
    KeyUse.ENCRYPTION: "first: lockgate keys rotate {domain}, and rewrap what is stored",
    KeyUse.FERNET: "first import another Fernet key that writes",
}


def destroying(how: str, domain: str, version: int | None, use: KeyUse) -> Resource:
    """Exactly what is destroyed, or called back, as a second person's word is bound to it."""
    return key_domain(domain, f"{how} all" if version is None else f"{how} {use.value} {version}")


def doomed_versions(
    versions: Versions, domain: str, version: int | None, use: KeyUse
) -> tuple[KeyVersion, ...]:
    """As ``ProjectKeys.doomed``. Raises UsageError, KeyUnavailable."""
    if not domain.startswith(SEAL_PREFIX):
        check_user_domain_name(domain)
    versions.domain(domain)
    if version is None:
        found = tuple(v for v in versions.store.versions(domain) if v.state not in _ENDED)
        if not found:
            raise UsageError(f"every key of {domain!r} waits or is destroyed already")
        return found
    one = versions.placed(domain, use, version)
    if one.state is KeyState.PRIMARY:
        raise UsageError(
            f"version {version} is what encrypts for {domain!r} now",
            hint=_FIRST[use].format(domain=domain),
        )
    return (one,)
