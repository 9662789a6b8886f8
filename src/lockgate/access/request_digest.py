"""One exact request, as a digest that an approval is bound to, and as words to ask for one."""

from __future__ import annotations

import hashlib
import json
import shlex
from urllib.parse import quote, unquote

from lockgate.access.action import Action
from lockgate.access.resource import Resource, ResourceKind
from lockgate.errors import UsageError

STANDING = frozenset({Action.DECLASSIFY})
"""Acts whose approval stands for everybody who may and every time, as long as nothing changes:
what they are about is in the resource's name, as a digest."""

_SAFE = "*@+ ()"


def request_digest(
    action: Action, resource: Resource, purpose: str, requester: str, policy: str
) -> str:
    """SHA-256, hex, over all that an approval is bound to; ``policy`` digests those in force."""
    who = "" if action in STANDING else requester
    told = [
        "lockgate approval 1",
        action.value,
        resource.kind.value,
        resource.name,
        resource.dataset,
        sorted(resource.labels),
        resource.zone,
        purpose.strip(),
        who,
        policy,
    ]
    told += [resource.detail] if resource.detail else []
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def resource_text(resource: Resource) -> str:
    """A resource in one line: ``kind:name``, then ``;dataset=…;label=…;zone=…;detail=…`` if said.

    ``parse_resource`` reads it back.
    """
    parts = [f"{resource.kind.value}:{_quoted(resource.name)}"]
    if resource.dataset:
        parts.append(f"dataset={_quoted(resource.dataset)}")
    parts += [f"label={_quoted(one)}" for one in resource.labels]
    if resource.zone:
        parts.append(f"zone={_quoted(resource.zone)}")
    if resource.detail:
        parts.append(f"detail={_quoted(resource.detail)}")
    return ";".join(parts)


def parse_resource(text: str) -> Resource:
    """A resource from its line. Raises UsageError."""
    first, *others = text.split(";")
    kind, colon, name = first.partition(":")
    if kind not in {one.value for one in ResourceKind} or not colon or not name:
        raise UsageError(
            "a resource is KIND:NAME, and ;dataset=… ;label=… ;zone=… ;detail=… where they matter",
            hint="kinds: " + ", ".join(sorted(ResourceKind)),
        )
    told: dict[str, list[str]] = {"dataset": [], "label": [], "zone": [], "detail": []}
    for part in others:
        word, equals, value = part.partition("=")
        if word not in told or not equals or not value or (word != "label" and told[word]):
            raise UsageError(
                "after KIND:NAME come ;dataset=… ;label=… ;zone=… ;detail=…, labels repeated"
            )
        told[word].append(unquote(value))
    return Resource(
        ResourceKind(kind),
        unquote(name),
        "".join(told["dataset"]),
        tuple(told["label"]),
        "".join(told["zone"]),
        "".join(told["detail"]),
    )


def request_line(action: Action, resource: Resource, purpose: str) -> str:
    """The command that asks for a second person's word on exactly this."""
    words = [action.value, resource_text(resource), "--purpose", purpose.strip()]
    return f"lockgate access request {shlex.join(words)} --reason '…'"


def _quoted(text: str) -> str:
    return quote(text, safe=_SAFE)
