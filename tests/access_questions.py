"""Questions for an authoriser, and authorisers to ask."""

from __future__ import annotations

from datetime import UTC, datetime

from lockgate.access.action import Action
from lockgate.access.decision import AccessRequest
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.resource import Resource, ResourceKind
from lockgate.access.roles import Roles
from lockgate.access.settings import AccessSettings, PolicyText, RoleSpec
from lockgate.adapters.access_policies.engine import CedarAuthoriser
from lockgate.adapters.access_policies.policies import parse
from lockgate.adapters.access_policies.texts import shipped_policies

AT = datetime(2030, 6, 3, 9, 30, tzinfo=UTC)  # a Monday
ANNA = Principal(
    "user:anna",
    Assurance.TOKEN,
    kind=PrincipalKind.PERSON,
    issuer="lockgate",
    methods=("pwd",),
    authenticated_at=AT,
)
LABEL = Resource(ResourceKind.LABEL, "pii.ssn", "patients", ("pii.ssn",))


def authoriser(
    *own: str, roles: tuple[RoleSpec, ...] = (), shipped: bool = True
) -> CedarAuthoriser:
    """With the shipped policies and these; with these alone if not ``shipped``."""
    texts = [PolicyText(f"access/{number}.cedar", text) for number, text in enumerate(own)]
    settings = AccessSettings(roles={spec.name: spec for spec in roles})
    first = [shipped_policies()] if shipped else []
    return CedarAuthoriser(parse([*first, *texts]), Roles.of(settings), "development")


def request(
    action: Action,
    resource: Resource = LABEL,
    *roles: str,
    principal: Principal = ANNA,
    purpose: str = "fraud: case 7",
    at: datetime = AT,
    approval: str = "",
    break_glass: str = "",
) -> AccessRequest:
    """A question that somebody asks who just logged in."""
    return AccessRequest(principal, action, resource, purpose, at, roles, approval, break_glass)
