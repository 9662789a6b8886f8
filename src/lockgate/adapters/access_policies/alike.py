"""Names that no policy tells apart: what holds for one of them holds for all.

Cedar compares text with ``==``, ``like`` and membership only. So two names that stand in no policy
are one name to it, unless a policy has a pattern, or compares two attributes with each other.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final

from cedarpy import pst

from lockgate.access.forecast import OpenQuestion
from lockgate.adapters.access_policies.names import nodes
from lockgate.adapters.access_policies.policies import Policies
from lockgate.adapters.access_policies.question import wider

_COMPARE: Final = frozenset({"eq", "not_eq", "contains", "contains_all", "contains_any"})


class Alike:
    """Over one set of policies: a key that questions share which have one answer."""

    def __init__(self, policies: Policies) -> None:
        trees = [*policies.trees.values()]
        self._named = frozenset(name for tree in trees for name in _names(tree))
        self._told_apart = any(_compares_attributes(tree) for tree in trees)

    def key(self, asked: OpenQuestion) -> Hashable:
        """Equal for questions that the policies cannot tell apart."""
        if self._told_apart:
            return asked
        resource = asked.resource
        labels = [self._shade(label) for label in resource.labels]
        return (
            asked.roles,
            asked.action,
            resource.kind,
            self._shade(resource.name),
            frozenset(labels),
            self._own(resource.dataset),
            self._own(resource.zone),
            asked.principal,
            asked.purpose,
            asked.at,
            asked.unsaid,
            asked.break_glass,
        )

    def _shade(self, name: str) -> frozenset[str]:
        return self._named.intersection((name, *wider(name)))

    def _own(self, name: str) -> str | None:
        return name if not name or name in self._named else None


def _names(tree: pst.Template) -> Iterator[str]:
    yield from (entity.id for entity in pst.entity_uids(tree))
    yield from (node.value for node in nodes(tree) if isinstance(node, pst.StringLit))


def _compares_attributes(tree: pst.Template) -> bool:
    for node in nodes(tree):
        if isinstance(node, pst.Like):
            return True
        if isinstance(node, pst.BinaryOp) and node.op in _COMPARE:
            literal = (pst.StringLit, pst.LongLit, pst.BoolLit, pst.EntityLit)
            if not any(isinstance(one, literal) for one in (*nodes(node.left), *nodes(node.right))):
                return True
    return False
