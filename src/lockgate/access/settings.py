"""``access:`` of a project, frozen: who is trusted to say who acts, and what roles are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from lockgate.access.action import TWO_PERSON, Action
from lockgate.errors import Position

PRODUCTION = "production"


class ProviderKind(StrEnum):
    """Whose tokens a provider gives."""

    PEOPLE = "people"
    SERVICES = "services"
    WORKLOADS = "workloads"


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """An OpenID provider that the project trusts, by exact issuer and audience.

    ``groups_claim`` names the claim with groups, "" for none. ``subjects`` are the only ones taken
    if there are any: patterns with ``*`` for a run of characters. ``client_secret`` or
    ``private_key``, each the text of a reference to a secret, authenticates a service's client;
    ``token_file`` holds a workload's token.
    """

    name: str
    kind: ProviderKind
    issuer: str
    audience: str
    client_id: str = ""
    groups_claim: str = ""
    scopes: tuple[str, ...] = ("openid",)
    subjects: tuple[str, ...] = ()
    client_secret: str = ""
    private_key: str = ""
    key_id: str = ""
    token_file: str = ""
    ca_file: str = ""
    where: Position | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class LocalIssuerSpec:
    """The built-in issuer: how long what it gives stands, and when guessing is stopped."""

    token_minutes: int = 15
    session_hours: int = 12
    lock_after: int = 5
    lock_seconds: int = 60


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """A role: shipped, or the project's own. ``groups`` of a provider hold it without a grant."""

    name: str
    extends: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    description: str = ""
    where: Position | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A file of access policies, in Cedar."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """All of ``access:``. ``toxic`` are pairs of roles that nobody holds together."""

    environment: str = "development"
    providers: Mapping[str, ProviderSpec] = field(default_factory=lambda: MappingProxyType({}))
    local: LocalIssuerSpec = field(default_factory=LocalIssuerSpec)
    roles: Mapping[str, RoleSpec] = field(default_factory=lambda: MappingProxyType({}))
    policies: tuple[PolicyText, ...] = ()
    two_person: frozenset[Action] = frozenset()
    toxic: frozenset[frozenset[str]] = frozenset()

    @property
    def production(self) -> bool:
        """Whether an unverified operating-system user is refused, and two persons are asked for."""
        return self.environment == PRODUCTION

    @property
    def held_by_two(self) -> frozenset[Action]:
        """Actions under the two-person rule: those named, in production all that can be."""
        return self.two_person | (TWO_PERSON if self.production else frozenset())
