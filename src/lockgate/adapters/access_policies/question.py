"""An AccessRequest as Cedar takes it: UIDs and entities as JSON, never as text that is parsed.

So a name may hold anything, quotes, ``::`` and line ends included, and stays one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from lockgate.access.decision import AccessRequest
from lockgate.access.principal import Assurance, Principal
from lockgate.access.resource import Resource, ResourceKind
from lockgate.access.roles import Roles
from lockgate.adapters.access_policies.schema import PRINCIPALS, RESOURCES, ROLE, UNKNOWN_AGE
from lockgate.labels.label import PUBLIC, UNCLASSIFIED
from lockgate.policy.reveal_rules import DETAIL

Uid = dict[str, str]


def uid(kind: str, name: str) -> Uid:
    """An entity's identifier, as JSON."""
    return {"type": kind, "id": name}


def question(request: AccessRequest, environment: str) -> dict[str, Any]:
    """Principal, action, resource and context."""
    return {
        "principal": uid(PRINCIPALS[request.principal.kind], request.principal.id),
        "action": uid("Action", request.action.value),
        "resource": uid(RESOURCES[request.resource.kind], request.resource.name),
        "context": context(request, environment),
    }


def context(request: AccessRequest, environment: str) -> dict[str, Any]:
    """What policies may ask about the moment; everything is always there."""
    word, _, detail = request.purpose.partition(DETAIL)
    return {
        "purpose": {"word": word.strip(), "detail": detail.strip()},
        "time": _time(request.at),
        "strength": _strength(request.principal, request.at),
        "dataset": request.resource.dataset,
        "zone": request.resource.zone,
        "labels": sorted(set(_with_wider(request.resource.labels))),
        "approval": bool(request.approval),
        "break_glass": bool(request.break_glass),
        "environment": environment,
    }


def entities(
    principal: Principal, held: Sequence[str], resource: Resource, roles: Roles
) -> list[dict[str, Any]]:
    """The principal in the roles it holds, those in what they extend, and the resource.

    Only what this decision needs: how many principals there are costs nothing.
    """
    parents = [uid(ROLE, name) for name in sorted(set(held))]
    attributes = {"issuer": principal.issuer, "groups": sorted(set(principal.groups))}
    who = uid(PRINCIPALS[principal.kind], principal.id)
    return [
        {"uid": who, "attrs": attributes, "parents": parents},
        *_roles(held, roles),
        *_resource(resource),
    ]


def wider(label: str) -> Iterator[str]:
    """The label a state is of, and the labels above it, nearest first."""
    if "(" in label:
        label = label.partition("(")[2].rstrip(")").partition(";")[0]
        yield label
    while "." in label and label not in (PUBLIC, UNCLASSIFIED):
        label = label.rpartition(".")[0]
        yield label


def _with_wider(labels: Iterable[str]) -> Iterator[str]:
    for label in labels:
        yield label
        yield from wider(label)


def _roles(held: Iterable[str], roles: Roles) -> Iterator[dict[str, Any]]:
    for name in sorted(roles.with_extended(held)):
        spec = roles.specs.get(name)
        above = sorted(set(spec.extends)) if spec else ()
        yield {"uid": uid(ROLE, name), "attrs": {}, "parents": [uid(ROLE, one) for one in above]}


def _resource(resource: Resource) -> Iterator[dict[str, Any]]:
    kind = RESOURCES[resource.kind]
    above = [*wider(resource.name)] if resource.kind is ResourceKind.LABEL else []
    parents = [[uid(kind, name)] for name in above]
    for name, parent in zip([resource.name, *above], [*parents, []], strict=True):
        yield {"uid": uid(kind, name), "attrs": {}, "parents": parent}


def _time(at: datetime) -> dict[str, int]:
    utc = at.astimezone(UTC)
    return {"epoch": int(utc.timestamp()), "hour": utc.hour, "weekday": utc.isoweekday()}


def _strength(principal: Principal, at: datetime) -> dict[str, Any]:
    since = principal.authenticated_at
    age = UNKNOWN_AGE if since is None else max(0, int((at - since).total_seconds()))
    return {
        "verified": principal.assurance is Assurance.TOKEN,
        "methods": sorted(set(principal.methods)),
        "age": age,
    }
