"""Where a grant counts: datasets and zones by pattern, labels with what is below them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from lockgate.access.resource import Resource
from lockgate.errors import LabelError, UsageError
from lockgate.labels.label import PUBLIC, UNCLASSIFIED, Label, State, parse_mark

LONGEST = 255
_WORDS = ("dataset", "label", "zone")


@dataclass(frozen=True, slots=True)
class Scope:
    """Patterns, of which one must cover: a kind without any covers everything of that kind.

    A dataset or zone pattern has ``*`` for any run of characters. A label covers what is below it.
    A resource that says no dataset, label or zone is outside of a scope that asks for one.
    """

    datasets: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("datasets", "labels", "zones"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        for pattern in (*self.datasets, *self.labels, *self.zones):
            if not pattern or len(pattern) > LONGEST or not pattern.isprintable():
                raise UsageError("a pattern of a scope is 1 to 255 printable characters")
        for name in self.labels:
            if name != PUBLIC:
                _label(name)

    def covers(self, resource: Resource) -> bool:
        """Whether all that the resource says of itself is inside."""
        return (
            _matches(self.datasets, resource.dataset)
            and _matches(self.zones, resource.zone)
            and self._covers_labels(resource.labels)
        )

    def _covers_labels(self, labels: tuple[str, ...]) -> bool:
        if not self.labels:
            return True
        told = [name for name in labels if name != PUBLIC or PUBLIC in self.labels]
        return bool(told) and all(self._covers_label(name) for name in told)

    def _covers_label(self, name: str) -> bool:
        if name == PUBLIC:
            return True
        if name == UNCLASSIFIED:
            return False
        try:
            mark = parse_mark(name)
        except LabelError:
            return False
        label = mark.label if isinstance(mark, State) else mark
        return any(one != PUBLIC and Label(one).covers(label) for one in self.labels)

    def __str__(self) -> str:
        given = zip(_WORDS, (self.datasets, self.labels, self.zones), strict=True)
        return " ".join(
            f"{word}={','.join(quote(one, safe='*') for one in patterns)}"
            for word, patterns in given
            if patterns
        )

    @staticmethod
    @lru_cache(maxsize=4096)
    def parse(text: str) -> Scope:
        """A scope from its text. Raises UsageError."""
        found: dict[str, tuple[str, ...]] = dict.fromkeys(_WORDS, ())
        for part in text.split():
            word, equals, patterns = part.partition("=")
            if word not in found or not equals or found[word]:
                raise UsageError("a scope is dataset=…, label=… and zone=…, each once at most")
            found[word] = tuple(unquote(one) for one in patterns.split(","))
        return Scope(found["dataset"], found["label"], found["zone"])


EVERYWHERE = Scope()
"""Covers every resource."""


def _label(name: str) -> Label:
    try:
        return Label(name)
    except LabelError as error:
        raise UsageError(f"a label of a scope is {error.message}") from None


def _matches(patterns: tuple[str, ...], name: str) -> bool:
    return not patterns or (bool(name) and any(_like(name, one) for one in patterns))


def _like(name: str, pattern: str) -> bool:
    """Each piece between stars where it first fits: no pattern makes this slow."""
    first, *pieces = pattern.split("*")
    if not pieces:
        return name == pattern
    if not name.startswith(first):
        return False
    at = len(first)
    for piece in pieces[:-1]:
        found = name.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return name[at:].endswith(pieces[-1])
