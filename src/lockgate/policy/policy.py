"""Labels, zones and key domains together: what may be released where, and how."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from lockgate.errors import PolicyError
from lockgate.keys.ports import Domain
from lockgate.labels.taxonomy import Taxonomy
from lockgate.policy.zone import Word, Zone, ZoneRule


@dataclass(frozen=True, slots=True)
class Policy:
    """A taxonomy, zones by name and key domains by name. ``digest`` covers all of it.

    Domains that labels name and ``domains`` does not are added with the
    label's normaliser.
    """

    taxonomy: Taxonomy
    zones: Mapping[str, Zone]
    domains: Mapping[str, Domain] = field(default_factory=dict)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        domains = {name: Domain(name, n) for name, n in self.taxonomy.normalisers.items()}
        domains.update(self.domains)
        object.__setattr__(self, "zones", MappingProxyType(dict(self.zones)))
        object.__setattr__(self, "domains", MappingProxyType(domains))
        text = json.dumps(self.describe(), sort_keys=True, separators=(",", ":"))
        object.__setattr__(self, "digest", hashlib.sha256(text.encode()).hexdigest())

    @classmethod
    def shipped(cls, taxonomy: Taxonomy | None = None) -> Policy:
        """The default policy: zones raw, analytics, research, dev and partner."""
        from lockgate.policy.shipped import shipped_zones

        return cls(taxonomy or Taxonomy.shipped(), shipped_zones())

    def with_zones(self, zones: Iterable[Zone]) -> Policy:
        """This policy with zones added or replaced by name."""
        return Policy(
            self.taxonomy, {**self.zones, **{z.name: z for z in zones}}, dict(self.domains)
        )

    def zone(self, name: str) -> Zone:
        """The zone of that name. Raises PolicyError with the nearest name."""
        found = self.zones.get(name)
        if found is None:
            raise PolicyError("there is no such zone", hint=self.zone_suggestion(name))
        return found

    def zone_suggestion(self, name: str) -> str:
        """A hint that names the nearest zone, or all of them."""
        near = difflib.get_close_matches(name, self.zones, n=1)
        return f"did you mean {near[0]}?" if near else "zones are " + ", ".join(sorted(self.zones))

    def describe(self) -> dict[str, Any]:
        """Everything that decides, as plain JSON. Reasons and positions are left out."""
        return {
            "format": "lockgate policy 1",
            "labels": {
                e.label: [e.domain, e.normaliser.value, e.hipaa, *["shred"] * e.shred]
                for e in self.taxonomy.entries
            },
            "domains": {d.name: d.normaliser.value for d in self.domains.values()},
            "zones": {
                zone.name: {
                    "trusted": zone.trusted,
                    "rules": _describe_rules(zone.rules),
                    "influence": _describe_rules(zone.influence),
                }
                for zone in self.zones.values()
            },
        }


def _describe_rules(rules: tuple[ZoneRule, ...]) -> list[Any]:
    return sorted(
        (
            [
                str(line.pattern),
                line.rule.value if isinstance(line.rule, Word) else line.rule.describe(),
            ]
            for line in rules
        ),
        key=lambda pair: json.dumps(pair, sort_keys=True),
    )
