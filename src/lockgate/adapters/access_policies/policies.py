"""Policies parsed once, each with the name that records and answers call it by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cedarpy
from cedarpy import pst

from lockgate.access.settings import PolicyText
from lockgate.adapters.access_policies.texts import PlacedPolicy, placed, together
from lockgate.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Policies:
    """A parsed set. ``names`` and ``texts`` are by Cedar's own numbering (``policy0`` …)."""

    handle: Any
    names: Mapping[str, str]
    texts: Mapping[str, PlacedPolicy]
    trees: Mapping[str, pst.Template]

    @property
    def speaks_of_approval(self) -> bool:
        """Whether any of them could answer otherwise if an approval were there."""
        return any("approval" in one.text for one in self.texts.values())


def parse(texts: Sequence[PolicyText]) -> Policies:
    """All policies of texts that were found sound (``soundness.findings``).

    Raises ConfigurationError if they are none after all: never some of them.
    """
    try:
        for text in texts:
            cedarpy.PolicySet.from_str(text.text)  # each stands on its own, or none does
        handle = cedarpy.PolicySet.from_str(together(texts))
        tree = handle.to_pst()
    except ValueError:
        raise _unsound() from None
    trees = tree.static_policies
    where = [one for text in texts for one in placed(text)]
    ids = [f"policy{number}" for number in range(len(where))]
    if tree.templates or tree.template_links or set(trees) != set(ids):
        raise _unsound()
    at = dict(zip(ids, where, strict=True))
    names = {key: trees[key].annotations.get("id") or str(at[key].where) for key in ids}
    if len(set(names.values())) != len(names):
        raise _unsound()
    return Policies(
        handle, MappingProxyType(names), MappingProxyType(at), MappingProxyType(dict(trees))
    )


def _unsound() -> ConfigurationError:
    return ConfigurationError(
        "the access policies cannot be used", hint="lockgate check says which, and why"
    )
