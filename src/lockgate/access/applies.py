"""Which kinds of things each action is done to; anything else is no question, and is denied."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lockgate.access.action import Action
from lockgate.access.resource import ResourceKind

_PIPELINE, _DATASET = ResourceKind.PIPELINE, ResourceKind.DATASET
_LABEL, _ZONE, _PROJECT = ResourceKind.LABEL, ResourceKind.ZONE, ResourceKind.PROJECT
_DOMAIN, _ACCESS = ResourceKind.KEY_DOMAIN, ResourceKind.ACCESS
_KEYS = frozenset({_DOMAIN})
_ANY = frozenset(ResourceKind)

APPLIES: Mapping[Action, frozenset[ResourceKind]] = MappingProxyType(
    {
        Action.RUN: frozenset({_PIPELINE}),
        Action.CHECK: frozenset({_PROJECT, _PIPELINE, _DATASET, _ZONE}),
        Action.PUBLISH: frozenset({_ZONE}),
        Action.GATE: frozenset({_DATASET, _ZONE}),
        Action.UNRECORDED_GATE: frozenset({_DATASET, _ZONE}),
        Action.REVEAL: frozenset({_LABEL}),
        Action.UNSEAL: frozenset({_DATASET, _ZONE, _LABEL, _DOMAIN}),
        Action.READ_QUARANTINE: frozenset({_PIPELINE, _DATASET}),
        Action.DECLASSIFY: frozenset({_PIPELINE, _DATASET}),
        Action.EXPAND_POLICY: frozenset({_PROJECT, _ZONE}),
        Action.REPLAY: frozenset({_PIPELINE, _DATASET}),
        Action.DISCARD: frozenset({_PIPELINE, _DATASET}),
        Action.READ_KEYS: _KEYS,
        Action.CREATE_KEY: _KEYS,
        Action.ROTATE: _KEYS,
        Action.REWRAP: frozenset({_DOMAIN, _DATASET, _ZONE}),
        Action.DESTROY_KEY: _KEYS,
        Action.SHRED: frozenset({_DOMAIN, _DATASET}),
        Action.MOVE_KEYS: _KEYS,
        Action.EXPORT_KEYS: _KEYS,
        Action.IMPORT_KEYS: _KEYS,
        Action.RESURRECT_KEYS: _KEYS,
        Action.UNSAFE_DIRECT: frozenset({_PROJECT}),
        Action.USE_SECRET: frozenset({ResourceKind.SECRET}),
        Action.READ_LEDGER: frozenset({ResourceKind.LEDGER}),
        Action.READ_ACCESS: frozenset({_ACCESS}),
        Action.ADMINISTER: frozenset({_ACCESS, _PROJECT}),
        Action.LEAVE_PRODUCTION: frozenset({_PROJECT}),
        Action.REQUEST_APPROVAL: _ANY,
        Action.APPROVE: _ANY,
        Action.BREAK_GLASS: frozenset({_ACCESS}),
        Action.REVIEW: frozenset({_ACCESS}),
    }
)
"""Asking for an approval and giving it are done to the very thing that is to be approved."""
