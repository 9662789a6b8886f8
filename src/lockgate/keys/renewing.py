"""New keys for Lockgate's own domains whose keys are gone: nobody else is there to rotate them.

A user's domain is left as it is: whether its tokens may stop joining is for its owner to say. A
domain of Lockgate's own (digests, salts, seals) has no owner but the project, which could never
run again without it.
"""

from __future__ import annotations

from datetime import datetime

from lockgate.keys.keyring import Keyring
from lockgate.keys.names import is_reserved
from lockgate.keys.ports import DOMAIN_USES, KeyState, KeyVersion

_ENDED = (KeyState.DESTROYED, KeyState.DECRYPT_ONLY)
_DATED = "lockgate.quarantine."


def renew_own(keyring: Keyring, purpose: str, today: datetime) -> tuple[KeyVersion, ...]:
    """Give each reserved domain without a primary key of a use a new version; those made.

    Quarantines of days gone by need none. Raises KeyUnavailable.
    """
    made = []
    for domain in keyring.domains():
        if not is_reserved(domain.name) or _is_past(domain.name, today):
            continue
        for use in DOMAIN_USES:
            versions = keyring.life.versions.of_use(domain.name, use)
            if versions and all(version.state in _ENDED for version in versions):
                made.append(keyring.life.renew(versions[-1], purpose))
    return tuple(version for version in made if version is not None)


def _is_past(domain: str, today: datetime) -> bool:
    return domain.startswith(_DATED) and not domain.endswith(f".{today:%Y-%m-%d}")
