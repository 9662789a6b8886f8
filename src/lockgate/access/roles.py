"""Roles: the shipped ones and a project's own, what they extend, and which exclude each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from types import MappingProxyType

from lockgate.access.settings import AccessSettings, RoleSpec

OWNER_ROLE = "owner"
"""Held by the folder's owner outside production; never granted."""

SHIPPED: tuple[RoleSpec, ...] = (
    RoleSpec(
        "data_engineer",
        description="Builds and runs pipelines: runs, publishes, looks at rejected rows' reasons.",
    ),
    RoleSpec(
        "data_analyst",
        description="Works with what was released: checks plans, may ask; turns nothing back.",
    ),
    RoleSpec(
        "security_officer",
        description="Looks after keys and reviews access; sees no value.",
    ),
    RoleSpec(
        "privacy_officer",
        description="Turns values back for a purpose, shreds, approves; runs and keeps nothing.",
    ),
    RoleSpec(
        "auditor",
        description="Reads ledger, keys and access, and reviews; changes nothing.",
    ),
    RoleSpec(
        "admin",
        description="Users, service accounts and grants; no data, no keys.",
    ),
    RoleSpec(
        OWNER_ROLE,
        description="The folder's owner outside production: everything.",
    ),
)

SHIPPED_TOXIC: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        # Who gives out access does not hold what it is given for, or review it.
        ("admin", "privacy_officer"),
        ("admin", "security_officer"),
        # Who writes a change does not approve it.
        ("data_engineer", "privacy_officer"),
        ("data_engineer", "security_officer"),
        # Who audits has done nothing of what is audited.
        ("admin", "auditor"),
        ("auditor", "data_engineer"),
        ("auditor", "privacy_officer"),
        ("auditor", "security_officer"),
    )
)

ToxicPair = tuple[str, str]
"""Two roles that nobody holds together, in order of their names."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Every role of a project by name, shipped ones first.

    A role that extends another may do all that the other may. ``toxic`` holds pairs of roles.
    """

    specs: Mapping[str, RoleSpec]
    toxic_pairs: frozenset[frozenset[str]] = SHIPPED_TOXIC
    _above: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        above = {name: frozenset(self._walk(name)) for name in self.specs}
        object.__setattr__(self, "specs", MappingProxyType(dict(self.specs)))
        object.__setattr__(self, "_above", MappingProxyType(above))

    @classmethod
    def of(cls, settings: AccessSettings) -> Roles:
        """Those of a project: own ones added, groups and words of shipped ones filled in."""
        specs = {spec.name: spec for spec in SHIPPED}
        for own in settings.roles.values():
            shipped = specs.get(own.name)
            if shipped is not None:
                words = own.description or shipped.description
                own = replace(own, description=words)  # noqa: PLW2901 - the same role, completed
            specs[own.name] = own
        return cls(specs, SHIPPED_TOXIC | settings.toxic)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, shipped ones first."""
        return tuple(self.specs)

    def with_extended(self, held: Iterable[str]) -> frozenset[str]:
        """The roles held and all that they extend, themselves included; unknown ones stay."""
        names = frozenset(held)
        return names.union(*(self._above.get(name, frozenset()) for name in names))

    def toxic(self, held: Iterable[str]) -> tuple[ToxicPair, ...]:
        """The pairs among these roles, and among all that they extend, that exclude each other."""
        names = sorted(self.with_extended(held))
        return tuple(
            (one, other)
            for one, other in combinations(names, 2)
            if frozenset((one, other)) in self.toxic_pairs
        )

    def in_groups(self, groups: Iterable[str]) -> tuple[str, ...]:
        """Roles that members of these groups (``PROVIDER/GROUP``) hold without a grant."""
        given = frozenset(groups)
        return tuple(name for name, spec in self.specs.items() if given & set(spec.groups))

    def cycles(self) -> tuple[str, ...]:
        """Roles that extend themselves, by whatever way."""
        return tuple(
            name
            for name, spec in self.specs.items()
            if any(name == other or name in self._above.get(other, ()) for other in spec.extends)
        )

    def _walk(self, name: str) -> Iterator[str]:
        seen = {name}
        waiting = [name]
        while waiting:
            for other in self.specs[waiting.pop()].extends:
                if other not in seen:
                    seen.add(other)
                    if other in self.specs:
                        waiting.append(other)
        yield from seen
