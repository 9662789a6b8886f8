"""The shortest fix for a finding, as text to paste."""

from __future__ import annotations

from lockgate.contract.model import Column
from lockgate.labels.label import State, parse_mark
from lockgate.labels.names import label_for_name
from lockgate.policy.choose import Cause, Refusal
from lockgate.policy.zone import Pattern, Zone


def refusal_fix(refusal: Refusal | None, column: Column, zone: Zone) -> str:
    """What to write so that the zone takes the column, or so that it stays behind."""
    if refusal is None:
        marks = sorted(str(mark) for mark in column.labels)
        return zone_line(zone, f"{marks[0] if marks else 'public'}: drop")
    if refusal.cause is Cause.UNLABELLED:
        label = label_for_name(column.name) or "confidential"
        return label_line(label)
    if refusal.cause is Cause.CLASH:
        return zone_line(zone, f"{refusal.rules[-1].pattern}: drop")
    pattern = _pattern(refusal.label)
    if refusal.cause is Cause.INFLUENCE:
        return zone_line(zone, f"{pattern}: allow", "influence")
    if refusal.label == "public":
        return zone_line(zone, "public: allow")
    return zone_line(zone, f"{pattern}: drop")


def label_line(label: str) -> str:
    """The line that labels a column of an ODCS contract."""
    return f"customProperties: [{{property: lockgate.label, value: {label}}}]"


def zone_line(zone: Zone, rule: str, section: str = "rules") -> str:
    """The line that gives a zone one more rule, in the project's file."""
    if "(" in rule or "*" in rule:
        pattern, word = rule.rsplit(": ", 1)
        rule = f'"{pattern}": {word}'
    base = zone.extends or ("" if zone.where else zone.name)
    start = f"extends: {base}, " if base else ""
    return f"zones: {{{zone.name}: {{{start}{section}: {{{rule}}}}}}}"


def _pattern(label: str) -> str:
    """A state's rule names its kind and label, not its domain and key."""
    if label in ("public", "unclassified"):
        return label
    mark = parse_mark(label)
    return str(Pattern(mark.label.name, mark.kind.value)) if isinstance(mark, State) else label
