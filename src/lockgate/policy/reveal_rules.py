"""Who may turn how much back, and for which purposes: rules by label, as zones have them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lockgate.errors import PolicyError, Position
from lockgate.labels.label import PUBLIC, UNCLASSIFIED, Label, LabelSet
from lockgate.labels.taxonomy import Taxonomy

ANY = "*"
DETAIL = ":"
"""Between a purpose's word and what says which case it is: ``fraud: case 4711``."""
_NO_LABELS = (ANY, PUBLIC, UNCLASSIFIED)


@dataclass(frozen=True, slots=True)
class RevealRule:
    """One line of ``reveal:``: a label (or ``*``, ``public``, ``unclassified``) and its bounds.

    What is None is said by the next wider rule. ``purposes`` are the only ones allowed, any if
    the tuple is empty. Rows are values: two columns of a hundred rows are two hundred.
    """

    pattern: str
    denied: bool = False
    purposes: tuple[str, ...] | None = None
    max_rows: int | None = None
    max_rows_per_day: int | None = None
    where: Position | None = field(default=None, compare=False)

    @property
    def depth(self) -> int:
        """The deeper label wins."""
        return 0 if self.pattern == ANY else self.pattern.count(".") + 1

    def covers(self, name: str) -> bool:
        """Whether it speaks of the label; ``*`` of every label and of public, not of unlabelled.

        ``*`` as a name is any label that no other rule speaks of.
        """
        if name in _NO_LABELS or self.pattern in _NO_LABELS:
            return self.pattern == name or (self.pattern == ANY and name != UNCLASSIFIED)
        return Label(self.pattern).covers(Label(name))


@dataclass(frozen=True, slots=True)
class Quota:
    """How many values one rule lets through, under the name of the rule that says so."""

    rule: str
    most: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds for one label, and which rule said each part."""

    label: str
    denied_by: str
    purposes: tuple[str, ...]
    purposes_by: str
    request: Quota | None
    day: Quota | None

    def allows(self, purpose: str) -> bool:
        """Whether the purpose is one of those allowed, alone or with a detail behind a colon."""
        word = purpose.strip().split(DETAIL, 1)[0].strip()
        return not self.purposes or word in self.purposes


@dataclass(frozen=True, slots=True)
class RevealRules:
    """All rules. A label that none covers is denied. ``digest`` stands in every record."""

    rules: tuple[RevealRule, ...]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        lines = sorted((r.pattern, r.denied, r.purposes, *_numbers(r)) for r in self.rules)
        text = json.dumps(["lockgate reveal 1", *lines], separators=(",", ":"))
        object.__setattr__(self, "digest", hashlib.sha256(text.encode()).hexdigest())

    def lines(self) -> list[list[Any]]:
        """The rules as plain JSON, in order."""
        return [
            [r.pattern, r.denied, r.purposes, r.max_rows, r.max_rows_per_day]
            for r in sorted(self.rules, key=lambda rule: rule.pattern)
        ]

    @classmethod
    def of_lines(cls, lines: Iterable[Iterable[Any]]) -> RevealRules:
        """Rules that ``lines`` gave. Raises TypeError or ValueError for what are none."""
        read = []
        for pattern, denied, purposes, most, most_a_day in lines:
            words = None if purposes is None else tuple(purposes)
            read.append(RevealRule(pattern, denied, words, most, most_a_day))
        return cls(tuple(read))

    def with_rules(self, own: Iterable[RevealRule]) -> RevealRules:
        """These rules with others added; one for the same label replaces ours."""
        mine = tuple(own)
        replaced = {rule.pattern for rule in mine}
        return RevealRules((*(r for r in self.rules if r.pattern not in replaced), *mine))

    def bounds(self, labels: LabelSet) -> tuple[Bounds, ...]:
        """What holds for each label of a column; every one of them has to be kept."""
        return tuple(self.of(name) for name in sorted(labels.names()))

    def of(self, name: str) -> Bounds:
        """What holds for one label, public, unclassified or ``*``."""
        covering = sorted((r for r in self.rules if r.covers(name)), key=lambda rule: -rule.depth)
        if not covering:
            return Bounds(name, "no rule", (), "", None, None)
        first = covering[0]
        purposes = next((r for r in covering if r.purposes is not None), None)
        return Bounds(
            label=name,
            denied_by=first.pattern if first.denied else "",
            purposes=(purposes.purposes or ()) if purposes else (),
            purposes_by=purposes.pattern if purposes else "",
            request=next(_quotas(covering, "max_rows"), None),
            day=next(_quotas(covering, "max_rows_per_day"), None),
        )


def _quotas(rules: Iterable[RevealRule], name: str) -> Iterator[Quota]:
    for rule in rules:
        most = getattr(rule, name)
        if most is not None:
            yield Quota(rule.pattern, most)


def _numbers(rule: RevealRule) -> tuple[int, int]:
    unsaid = -1
    return tuple(  # type: ignore[return-value]
        unsaid if n is None else n for n in (rule.max_rows, rule.max_rows_per_day)
    )


def check_pattern(text: str, taxonomy: Taxonomy) -> str:
    """A rule's left side. Raises PolicyError, or LabelError for an unknown label."""
    if text in _NO_LABELS:
        return text
    if "(" in text:
        raise PolicyError(
            "a reveal rule names a label, public, unclassified or *",
            hint="a column that was treated keeps its label: write that",
        )
    return taxonomy.entry(text).label


SHIPPED: tuple[tuple[RevealRule, str], ...] = (
    (RevealRule(ANY, False, None, 1_000_000, 10_000_000), "a table, not the warehouse"),
    (RevealRule(UNCLASSIFIED, False, None, 1_000, 10_000), "nobody knows what it is"),
    (RevealRule("pci.pan", False, None, 10_000, 100_000), "PCI DSS 3.4.1: full numbers for few"),
    (RevealRule("pci.cvv", True), "PCI DSS 3.3.1: not kept after authorisation"),
    (RevealRule("credential", True), "a secret is not data"),
)


@cache
def shipped_reveal_rules() -> RevealRules:
    """The rules that hold where a project says nothing (docs/reference/reveal.md)."""
    return RevealRules(tuple(rule for rule, _ in SHIPPED))
