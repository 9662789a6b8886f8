"""What kind of principal an id in a record is of."""

from __future__ import annotations

from collections.abc import Callable

from lockgate.access.principal import PrincipalKind
from lockgate.access.settings import AccessSettings
from lockgate.access.token_rules import KINDS

UNKNOWN = "unknown"
_PREFIXES = {
    "os:": PrincipalKind.SYSTEM_USER,
    "user:": PrincipalKind.PERSON,
    "service:": PrincipalKind.SERVICE,
}


def principal_kinds(settings: AccessSettings) -> Callable[[str], str]:
    """Says of an id: a ``PrincipalKind``, by its prefix or its provider; else ``unknown``."""
    found = dict(_PREFIXES)
    found |= {f"{one.name}/": KINDS[one.kind] for one in settings.providers.values()}

    def kind_of(principal: str) -> str:
        kinds = (kind.value for prefix, kind in found.items() if principal.startswith(prefix))
        return next(kinds, UNKNOWN)

    return kind_of
