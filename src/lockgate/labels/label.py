"""Labels, states and label sets: how sensitive a column is, and what it became."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from lockgate.errors import LabelError

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
PUBLIC = "public"
UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A dotted name such as ``pii.email``; it covers its descendants in rules."""

    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in (PUBLIC, UNCLASSIFIED):
            raise LabelError("not a label name: lower-case words joined by dots are")

    def covers(self, other: Label) -> bool:
        """Whether ``other`` is this label or a descendant of it."""
        return other.name == self.name or other.name.startswith(self.name + ".")

    def __str__(self) -> str:
        return self.name


class StateKind(StrEnum):
    """What a treatment turns a label into. Never ``public``."""

    PSEUDONYM = "pseudonym"
    SURROGATE = "surrogate"
    HASHED = "hashed"
    ENCRYPTED = "encrypted"
    MASKED = "masked"
    GENERALIZED = "generalized"
    REDACTED = "redacted"
    AGGREGATED = "aggregated"


@dataclass(frozen=True, slots=True, order=True)
class State:
    """A label after treatment, e.g. ``pseudonym(pii.email; domain=email; key=1)``.

    ``subjects``: how many people at least each value of an aggregate is made of.
    """

    kind: StateKind
    label: Label
    domain: str = ""
    key_number: int = 0
    subjects: int = 0

    def __str__(self) -> str:
        inside = [self.label.name]
        if self.domain:
            inside.append(f"domain={self.domain}")
        if self.key_number:
            inside.append(f"key={self.key_number}")
        if self.subjects:
            inside.append(f"subjects={self.subjects}")
        return f"{self.kind.value}({'; '.join(inside)})"


Mark = Label | State

_STATE = re.compile(
    r"(?P<kind>[a-z]+)\((?P<label>[a-z0-9_.]+)"
    r"(; domain=(?P<domain>[a-z0-9][a-z0-9_-]*))?(; key=(?P<key>[0-9]{1,8}))?"
    r"(; subjects=(?P<subjects>[0-9]{1,8}))?\)"
)


def parse_mark(text: str) -> Mark:
    """Read a label or a state back from its text form. Raises LabelError."""
    if "(" not in text:
        return Label(text)
    match = _STATE.fullmatch(text)
    if match is None or match["kind"] not in set(StateKind):
        raise LabelError("not a state: kind(label; domain=name; key=number; subjects=number) is")
    return State(
        StateKind(match["kind"]),
        Label(match["label"]),
        match["domain"] or "",
        int(match["key"] or 0),
        int(match["subjects"] or 0),
    )


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels a column carries. Join is union; ``unclassified`` absorbs; empty is public.

    An unclassified set remembers the labels that are known beside what is not,
    so that no join, not even in a trusted zone, permits more than before.
    """

    marks: frozenset[Mark] = frozenset()
    unclassified: bool = False

    @classmethod
    def of(cls, *names: str) -> LabelSet:
        """A set from text forms; ``public`` adds nothing, ``unclassified`` absorbs."""
        marks = frozenset(parse_mark(n) for n in names if n not in (PUBLIC, UNCLASSIFIED))
        return cls(marks, UNCLASSIFIED in names)

    @property
    def public(self) -> bool:
        """Whether nothing sensitive is known to be here (and that much is known)."""
        return not self.marks and not self.unclassified

    def join(self, other: LabelSet) -> LabelSet:
        """Least upper bound: the union, unclassified if either is."""
        return LabelSet(self.marks | other.marks, self.unclassified or other.unclassified)

    def __iter__(self) -> Iterator[Mark]:
        return iter(sorted(self.marks, key=str))

    def texts(self) -> tuple[str, ...]:
        """Text forms in order, ``unclassified`` first; ``('public',)`` if empty."""
        texts = tuple(str(mark) for mark in self)
        return (UNCLASSIFIED, *texts) if self.unclassified else texts or (PUBLIC,)

    def names(self) -> tuple[str, ...]:
        """The same by labels alone: of a state, the label that it was made of. No duplicates."""
        bare = {mark.label.name if isinstance(mark, State) else mark.name for mark in self.marks}
        names = tuple(sorted(bare))
        return (UNCLASSIFIED, *names) if self.unclassified else names or (PUBLIC,)

    def __str__(self) -> str:
        return ", ".join(self.texts())


NOTHING = LabelSet()
"""The labels of what is public."""


def join_all(sets: Iterable[LabelSet]) -> LabelSet:
    """Join of any number of sets; of none, public."""
    joined = LabelSet()
    for item in sets:
        joined = joined.join(item)
    return joined
