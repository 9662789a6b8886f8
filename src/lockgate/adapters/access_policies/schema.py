"""The Cedar schema that every policy, entity and request is held to (docs/reference/access.md).

Cedar's schema syntax: https://docs.cedarpolicy.com/schema/human-readable-schema.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cedarpy

from lockgate.access.action import Action
from lockgate.access.applies import APPLIES
from lockgate.access.principal import PrincipalKind
from lockgate.access.resource import ResourceKind

ROLE = "Role"
PRINCIPALS: dict[PrincipalKind, str] = {
    PrincipalKind.PERSON: "Person",
    PrincipalKind.SERVICE: "Service",
    PrincipalKind.WORKLOAD: "Workload",
    PrincipalKind.SYSTEM_USER: "SystemUser",
}
RESOURCES: dict[ResourceKind, str] = {
    ResourceKind.PROJECT: "Project",
    ResourceKind.PIPELINE: "Pipeline",
    ResourceKind.DATASET: "Dataset",
    ResourceKind.LABEL: "Label",
    ResourceKind.ZONE: "Zone",
    ResourceKind.KEY_DOMAIN: "KeyDomain",
    ResourceKind.SECRET: "Secret",
    ResourceKind.LEDGER: "Ledger",
    ResourceKind.ACCESS: "Access",
}
UNKNOWN_AGE = 10**9
"""Seconds since a log-in of which nobody said when it was: longer than any policy allows."""

_HEAD = """
// Who acts holds roles; a role is in the roles that it extends.
entity Role in [Role];
entity {principals} in [Role] = {{ "issuer": String, "groups": Set<String> }};

// What it is done to. A label is in the labels above it: pii.ssn in pii.
entity Label in [Label];
entity {others};

type Purpose = {{ "word": String, "detail": String }};
type Time = {{ "epoch": Long, "hour": Long, "weekday": Long }};
type Strength = {{ "verified": Bool, "methods": Set<String>, "age": Long }};
type Context = {{
  "purpose": Purpose,
  "time": Time,
  "strength": Strength,
  "dataset": String,
  "zone": String,
  "labels": Set<String>,
  "approval": Bool,
  "break_glass": Bool,
  "environment": String,
}};
"""
_ACTION = """
action "{name}" appliesTo {{
  principal: [{principals}],
  resource: [{resources}],
  context: Context,
}};
"""


@cache
def schema_text() -> str:
    """The schema, in Cedar's own syntax."""
    principals = ", ".join(PRINCIPALS.values())
    others = ", ".join(name for name in RESOURCES.values() if name != "Label")
    parts = [_HEAD.format(principals=principals, others=others)]
    for action in Action:
        kinds = ", ".join(RESOURCES[kind] for kind in sorted(APPLIES[action]))
        parts.append(_ACTION.format(name=action.value, principals=principals, resources=kinds))
    return "".join(parts).lstrip()


@cache
def schema() -> Any:
    """The schema, parsed once: a ``cedarpy.Schema``."""
    return cedarpy.Schema.from_str(schema_text())
