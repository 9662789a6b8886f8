"""Names in policies of what a project does not have: such a policy would quietly never hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from cedarpy import pst

from lockgate.access.resource import ResourceKind
from lockgate.adapters.access_policies.question import wider
from lockgate.adapters.access_policies.refusals import nearest, shown
from lockgate.adapters.access_policies.schema import RESOURCES, ROLE
from lockgate.adapters.access_policies.texts import PlacedPolicy
from lockgate.flow.findings import Finding, FindingRule

_LABEL: Final = RESOURCES[ResourceKind.LABEL]
_OF_CONTEXT: Final = {
    "zone": RESOURCES[ResourceKind.ZONE],
    "dataset": RESOURCES[ResourceKind.DATASET],
    "labels": _LABEL,
}
_COMPARE: Final = frozenset({"eq", "not_eq", "contains", "contains_all", "contains_any"})


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What there is in a project; a kind that is not here (a principal, a secret) is not looked at.

    ``by_type`` is by Cedar's entity types: Role, Label, Zone, Dataset, Pipeline, KeyDomain.
    """

    by_type: Mapping[str, frozenset[str]]

    def knows(self, kind: str, name: str) -> bool:
        """Whether there is such a thing. A label's state is known by its label."""
        known = self.by_type.get(kind)
        if known is None or name in known:
            return True
        return kind == _LABEL and "(" in name and next(wider(name)) in known


def unknown_names(one: PlacedPolicy, tree: pst.Template, known: KnownNames) -> Iterator[Finding]:
    """A finding for each name that nothing has, once."""
    for kind, name in sorted({*_entities(tree), *_compared(tree)}):
        if not known.knows(kind, name):
            word = "role" if kind == ROLE else kind.lower()
            yield Finding(
                FindingRule.ACCESS_NAME,
                "",
                f"there is no {word} {shown(name)}",
                fix=nearest(name, sorted(known.by_type[kind])),
                where=one.at(name),
            )


def _entities(tree: pst.Template) -> Iterator[tuple[str, str]]:
    for entity in pst.entity_uids(tree):
        yield "::".join((*entity.type.namespace, entity.type.basename)), entity.id


def _compared(tree: pst.Template) -> Iterator[tuple[str, str]]:
    """Texts that ``context.zone``, ``.dataset`` and ``.labels`` are compared with."""
    for node in nodes(tree):
        if not isinstance(node, pst.BinaryOp) or node.op not in _COMPARE:
            continue
        for side, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(side, pst.GetAttr) and side.base == pst.Var("context"):
                kind = _OF_CONTEXT.get(side.attr)
                texts = (part.value for part in nodes(other) if isinstance(part, pst.StringLit))
                yield from ((kind, text) for text in texts if kind and text)


def nodes(tree: Any) -> Iterator[Any]:
    """Every node at or below this one."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            waiting.extend(node.values())
        elif isinstance(node, tuple):
            waiting.extend(node)
        elif is_dataclass(node) and not isinstance(node, type):
            yield node
            waiting.extend(getattr(node, part.name) for part in fields(node))
