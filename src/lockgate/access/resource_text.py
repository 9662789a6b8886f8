"""A resource as people write it: ``label:pii.ssn``, ``zone:analytics``, ``ledger``."""

from __future__ import annotations

from lockgate.access.action import Action
from lockgate.access.applies import APPLIES
from lockgate.access.request_digest import parse_resource
from lockgate.access.resource import ACCESS, LEDGER, PROJECT, Resource, ResourceKind
from lockgate.errors import UsageError

SCHEME = "secret://"
_ALONE = {one.kind: one for one in (PROJECT, LEDGER, ACCESS)}


def resource_from_text(
    text: str,
    action: Action,
    *,
    dataset: str = "",
    zone: str = "",
    labels: tuple[str, ...] = (),
) -> Resource:
    """The resource of an action. ``KIND:`` may be left out where the action has one kind only.

    What an approval was asked for (``request_digest.resource_text``) is read as well.

    Raises UsageError for a kind that there is not, or that the action is not done to.
    """
    kinds = sorted(APPLIES[action])
    if ";" in text:
        found = parse_resource(text)
        if found.kind not in kinds:
            raise UsageError(f"{action.value} is not done to it", hint=_hint(kinds))
        return found
    word, colon, name = text.partition(":")
    if text.startswith(SCHEME):
        kind, colon, name = ResourceKind.SECRET, ":", text
    elif word in {kind.value for kind in ResourceKind}:
        kind = ResourceKind(word)
    elif len(kinds) == 1:
        kind, colon, name = kinds[0], ":", text
    else:
        raise UsageError(f"{action.value} is done to several kinds of things", hint=_hint(kinds))
    if kind not in kinds:
        raise UsageError(f"{action.value} is not done to a {kind.value}", hint=_hint(kinds))
    if kind in _ALONE:
        return _ALONE[kind]
    if not colon or not name:
        raise UsageError(f"a {kind.value} has a name", hint=f"{kind.value}:NAME")
    if kind is ResourceKind.LABEL:
        return Resource(kind, name, dataset, (name,), zone)
    if kind is ResourceKind.ZONE:
        return Resource(kind, name, dataset, labels, name)
    if kind is ResourceKind.DATASET:
        return Resource(kind, name, name, labels, zone)
    return Resource(kind, name, dataset if kind is ResourceKind.PIPELINE else "")


def action_from_text(text: str) -> Action:
    """The action of that name. Raises UsageError."""
    try:
        return Action(text)
    except ValueError:
        raise UsageError("there is no such action", hint=", ".join(Action)) from None


def _hint(kinds: list[ResourceKind]) -> str:
    return "write " + " or ".join(k.value if k in _ALONE else f"{k.value}:NAME" for k in kinds)
