"""Label set -> what a zone demands of the column: allow, one treatment, or a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lockgate.labels.label import LabelSet, Mark
from lockgate.policy.zone import Word, Zone, ZoneRule
from lockgate.protect.treatment import Treatment


class Cause(StrEnum):
    """Why a zone refuses a column."""

    UNLABELLED = "unlabelled-column"
    DENIED = "zone-denies-label"
    CLASH = "rules-clash"
    INFLUENCE = "influence-denied"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the zone demands. ``treatment`` None: the column passes as it is. ``why``: the rules."""

    treatment: Treatment | None
    why: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why the zone does not take the column; ``rules`` are those that decided."""

    cause: Cause
    label: str
    message: str
    rules: tuple[ZoneRule, ...] = ()


def choose(labels: LabelSet, influence: LabelSet, zone: Zone) -> Choice | tuple[Refusal, ...]:
    """Find the one rule that satisfies every label.

    1. Influence labels only allow or deny. 2. An unclassified column is refused
    unless the zone is trusted. 3. Every label needs a rule; none, or deny, is a
    refusal. 4. ``drop`` satisfies every rule; ``allow`` is satisfied by any;
    otherwise all treatments must be equal, or the rules clash.
    """
    refusals = (*_influence_refusals(influence, zone), *_label_refusals(labels, zone))
    if refusals:
        return refusals
    lines = [line for line in map(zone.rule_for, labels) if line is not None]
    if labels.public:
        lines = [zone.public_rule]
    if not lines:
        return Choice(None, "unclassified: allowed in a trusted zone")
    return _agree(labels, lines, zone)


def _agree(labels: LabelSet, lines: list[ZoneRule], zone: Zone) -> Choice | tuple[Refusal, ...]:
    demands = [(x.rule, x) for x in lines if not isinstance(x.rule, Word)]
    if not demands:
        return Choice(None, _why(lines))
    for treatment, line in demands:
        if treatment.name == "drop":
            return Choice(treatment, _why([line]))
    treated = [line for _, line in demands]
    first = demands[0][0]
    if any(treatment != first for treatment, _ in demands):
        texts = " and ".join(line.text for line in treated)
        message = f"no one treatment satisfies {texts} in zone {zone.name}"
        return (Refusal(Cause.CLASH, str(labels), message, tuple(treated)),)
    return Choice(first, _why(treated))


def _why(lines: list[ZoneRule]) -> str:
    parts = dict.fromkeys(f"{x.text} ({x.reason})" if x.reason else x.text for x in lines)
    return "; ".join(parts)


def _label_refusals(labels: LabelSet, zone: Zone) -> Iterator[Refusal]:
    if labels.unclassified and not zone.trusted:
        yield Refusal(
            Cause.UNLABELLED,
            "unclassified",
            f"nobody labelled it, and zone {zone.name} is not trusted with that",
        )
    if labels.public and zone.public_rule.rule is Word.DENY:
        yield _denied("public", zone.public_rule, zone)
    for mark in labels:
        line = zone.rule_for(mark)
        if line is None or line.rule is Word.DENY:
            yield _denied(str(mark), line, zone)


def _denied(label: str, line: ZoneRule | None, zone: Zone) -> Refusal:
    if line is None:
        return Refusal(Cause.DENIED, label, f"zone {zone.name} has no rule for {label}")
    reason = f" ({line.reason})" if line.reason else ""
    return Refusal(Cause.DENIED, label, f"zone {zone.name} says {line.text}{reason}", (line,))


def _influence_refusals(influence: LabelSet, zone: Zone) -> Iterator[Refusal]:
    if influence.unclassified and not zone.trusted:
        message = "a column that nobody labelled decides which rows or values appear"
        yield Refusal(Cause.INFLUENCE, "unclassified", message)
    for mark in influence:
        line = zone.influence_for(mark)
        if line is not None and line.rule is Word.DENY:
            yield _influence_denied(mark, line, zone)


def _influence_denied(mark: Mark, line: ZoneRule, zone: Zone) -> Refusal:
    message = f"zone {zone.name} does not let {mark} decide which rows or values appear"
    return Refusal(Cause.INFLUENCE, str(mark), message, (line,))
