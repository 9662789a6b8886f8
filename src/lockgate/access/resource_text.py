"""A resource as a person writes it: ``KIND:NAME``, and what narrows it.

``label:pii.email``, ``zone:partner,dataset=patients``, ``pipeline:nightly``, ``key-domain:person``,
``ledger``. What commands take, they also say: a hint can be pasted.
"""

from __future__ import annotations

import shlex

from lockgate.access.resource import ACCESS, LEDGER, PROJECT, Resource, ResourceKind
from lockgate.errors import UsageError

_ALONE = {one.kind: one for one in (PROJECT, LEDGER, ACCESS)}
"""Of these a project has one: the kind is the name."""
_DATASET, _ZONE, _LABEL = "dataset", "zone", "label"


def written(resource: Resource) -> str:
    """The text of which ``parse_resource`` makes the same resource again."""
    plain = _ALONE.get(resource.kind) or _plain(resource.kind, resource.name)
    name = "" if resource.kind in _ALONE and plain.name == resource.name else f":{resource.name}"
    parts = [f"{resource.kind.value}{name}"]
    parts += [f"{_DATASET}={resource.dataset}"] if resource.dataset != plain.dataset else []
    parts += [f"{_ZONE}={resource.zone}"] if resource.zone != plain.zone else []
    if resource.labels != plain.labels:
        parts += [f"{_LABEL}={one}" for one in resource.labels]
    return ",".join(parts)


def as_word(resource: Resource) -> str:
    """The same, quoted for a shell."""
    return shlex.quote(written(resource))


def parse_resource(text: str) -> Resource:
    """The resource that ``text`` names. Raises UsageError."""
    first, *narrowing = text.split(",")
    told, _, name = first.partition(":")
    kinds = {kind.value: kind for kind in ResourceKind}
    if told not in kinds:
        raise UsageError(
            "there is no such kind of resource",
            hint="KIND:NAME, such as label:pii.email; kinds: " + ", ".join(kinds),
        )
    kind = kinds[told]
    if not name and kind not in _ALONE:
        raise UsageError(f"which {kind.value} is not said", hint=f"{kind.value}:NAME")
    plain = _plain(kind, name or kind.value)
    dataset, zone, labels = plain.dataset, plain.zone, list[str]()
    for part in narrowing:
        key, _, value = part.partition("=")
        if not value or key not in (_DATASET, _ZONE, _LABEL):
            raise UsageError(
                "a resource is narrowed by dataset=, zone= and label=",
                hint="zone:partner,dataset=patients",
            )
        if key == _LABEL:
            labels.append(value)
        dataset = value if key == _DATASET else dataset
        zone = value if key == _ZONE else zone
    return Resource(kind, plain.name, dataset, tuple(labels) or plain.labels, zone)


def _plain(kind: ResourceKind, name: str) -> Resource:
    """A resource of that name of which nothing else was said."""
    labels = (name,) if kind is ResourceKind.LABEL else ()
    dataset = name if kind is ResourceKind.DATASET else ""
    return Resource(kind, name, dataset, labels, name if kind is ResourceKind.ZONE else "")
