"""A zone: a place data can rest, and the rule it has for every label and state."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lockgate.errors import PolicyError, Position
from lockgate.labels.label import PUBLIC, Label, Mark, State, StateKind
from lockgate.labels.taxonomy import Taxonomy
from lockgate.protect.treatment import Treatment

ANY = "*"
ZONE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_PATTERN = re.compile(
    r"(?:(?P<kind>[a-z]+|\*)\((?P<inside>[a-z0-9_.]+|\*)\)|(?P<label>[a-z0-9_.]+|\*))"
)


# Parameters at their defaults are left out of a rule's text.
_UNSAID = (None, "", 0, False, "all", "*", "aes-cmac")


class Word(StrEnum):
    """A rule that is not a treatment."""

    ALLOW = "allow"
    DENY = "deny"


Rule = Word | Treatment


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """What a rule is for: ``label``, ``public``, ``*``, or a state ``kind(label)``.

    ``kind`` is "" for a label; ``*`` stands for any label or any kind of state.
    """

    label: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.kind}({self.label})" if self.kind else self.label

    def covers(self, mark: Mark) -> bool:
        """Whether the rule speaks of this label or state."""
        if isinstance(mark, State):
            if self.kind not in (ANY, mark.kind.value):
                return False
            label = mark.label
        elif self.kind:
            return False
        else:
            label = mark
        return self.label == ANY or (self.label != PUBLIC and Label(self.label).covers(label))

    @property
    def specificity(self) -> tuple[int, bool]:
        """The deeper label wins; among equally deep ones, the named kind."""
        depth = 0 if self.label == ANY else self.label.count(".") + 1
        return depth, self.kind not in ("", ANY)


def parse_pattern(text: str, taxonomy: Taxonomy) -> Pattern:
    """Read a rule's left side. Raises PolicyError, or LabelError for an unknown label."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise PolicyError(
            "a rule names a label (pii.email), public, * or a state (pseudonym(pii.email))"
        )
    kind, label = match["kind"] or "", match["inside"] or match["label"]
    if kind and kind not in (ANY, *StateKind):
        raise PolicyError(
            f"{kind} is not a state", hint="states are " + ", ".join(k.value for k in StateKind)
        )
    if kind and label == PUBLIC:
        raise PolicyError("public has no states: a treated column keeps its label")
    if label not in (ANY, PUBLIC):
        taxonomy.entry(label)
    return Pattern(label, kind)


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """One line of a zone: what it is for, what it demands, and why in a few words."""

    pattern: Pattern
    rule: Rule
    reason: str = ""
    where: Position | None = None

    @property
    def text(self) -> str:
        """``pii.email: tokenize``, for explanations."""
        return f"{self.pattern}: {rule_text(self.rule)}"


def rule_text(rule: Rule) -> str:
    """A rule's right side for people: the word, or the treatment with its parameters."""
    if isinstance(rule, Word):
        return rule.value
    details = {k: v for k, v in rule.describe().items() if k not in ("name", "treatment")}
    inside = ", ".join(f"{k}: {_plain(v)}" for k, v in details.items() if v not in _UNSAID)
    return f"{rule.name} ({inside})" if inside else rule.name


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Zone:
    """A place data can rest. What no rule covers is denied; ``public`` is allowed unless denied.

    ``influence`` rules are ``allow`` or ``deny`` by label (default allow). A
    ``trusted`` zone accepts columns nobody labelled; no shipped zone is trusted.
    ``extends`` is the shipped zone that a project's one says it starts from.
    """

    name: str
    description: str
    rules: tuple[ZoneRule, ...]
    influence: tuple[ZoneRule, ...] = ()
    trusted: bool = False
    where: Position | None = None
    extends: str = ""

    def __post_init__(self) -> None:
        for line in self.influence:
            if not isinstance(line.rule, Word):
                raise PolicyError(f"zone {self.name}: influence is allow or deny")
        for line in self.rules:
            if line.pattern.kind and not _fits_state(line.rule):
                raise PolicyError(
                    f"zone {self.name}: {line.pattern} takes allow, deny or drop",
                    hint="a value that was treated already is not treated again",
                )

    def rule_for(self, mark: Mark) -> ZoneRule | None:
        """The most specific rule that covers the mark; deny beats an equal; None if none does."""
        return _decide(line for line in self.rules if line.pattern.covers(mark))

    def influence_for(self, mark: Mark) -> ZoneRule | None:
        """The influence rule for the mark. A state is covered by the rules of its label too."""
        marks = (mark, mark.label) if isinstance(mark, State) else (mark,)
        return _decide(
            line for line in self.influence if any(line.pattern.covers(one) for one in marks)
        )

    @property
    def public_rule(self) -> ZoneRule:
        """The rule for public columns: the zone's own, or allow."""
        own = _decide(line for line in self.rules if line.pattern == Pattern(PUBLIC))
        return own or ZoneRule(Pattern(PUBLIC), Word.ALLOW, "public is allowed unless denied")

    def extended(
        self,
        name: str,
        rules: Iterable[ZoneRule],
        influence: Iterable[ZoneRule] = (),
        *,
        description: str = "",
        trusted: bool | None = None,
        where: Position | None = None,
        extends: str = "",
    ) -> Zone:
        """A zone that starts from this one: a rule for the same pattern replaces ours."""
        return Zone(
            name,
            description or self.description,
            _overlay(self.rules, rules),
            _overlay(self.influence, influence),
            self.trusted if trusted is None else trusted,
            where,
            extends,
        )


def _fits_state(rule: Rule) -> bool:
    return isinstance(rule, Word) or rule.name == "drop"


def _overlay(base: tuple[ZoneRule, ...], own: Iterable[ZoneRule]) -> tuple[ZoneRule, ...]:
    mine = tuple(own)
    replaced = {line.pattern for line in mine}
    return (*(line for line in base if line.pattern not in replaced), *mine)


def _decide(candidates: Iterable[ZoneRule]) -> ZoneRule | None:
    """The most specific; among equals a deny, else the first that all agree with."""
    lines = list(candidates)
    if not lines:
        return None
    top = max(line.pattern.specificity for line in lines)
    equal = [line for line in lines if line.pattern.specificity == top]
    for line in equal:
        if line.rule is Word.DENY:
            return line
    first = equal[0]
    if any(line.rule != first.rule for line in equal[1:]):
        return ZoneRule(first.pattern, Word.DENY, "two equal rules disagree", first.where)
    return first
