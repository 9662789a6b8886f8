"""The taxonomy: which labels exist, what they mean, and their default key domains."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from lockgate.errors import LabelError
from lockgate.kernel.interface import Normaliser
from lockgate.labels.entry import LabelEntry
from lockgate.labels.label import PUBLIC, Label, LabelSet, State
from lockgate.labels.shipped import SHIPPED
from lockgate.plain_names import is_plain_name

DOMAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Known labels, in order. Immutable: ``extend`` gives a new one."""

    entries: tuple[LabelEntry, ...]
    _by_name: Mapping[str, LabelEntry] = field(init=False, repr=False, compare=False)
    _normalisers: Mapping[str, Normaliser] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name: dict[str, LabelEntry] = {}
        normalisers: dict[str, Normaliser] = {}
        for entry in self.entries:
            Label(entry.label)
            if entry.label in by_name:
                raise LabelError(
                    f"label {entry.label} is defined already",
                    hint="a label is defined once; choose another name",
                )
            by_name[entry.label] = entry
            if not entry.domain:
                continue
            if not DOMAIN_NAME.fullmatch(entry.domain):
                raise LabelError(f"label {entry.label}: its domain is not a domain name")
            if normalisers.setdefault(entry.domain, entry.normaliser) != entry.normaliser:
                raise LabelError(f"domain {entry.domain} has two normalisers")
        object.__setattr__(self, "_by_name", MappingProxyType(by_name))
        object.__setattr__(self, "_normalisers", MappingProxyType(normalisers))

    @classmethod
    def shipped(cls) -> Taxonomy:
        """The labels that come with the product."""
        return cls(SHIPPED)

    def extend(self, entries: Iterable[LabelEntry]) -> Taxonomy:
        """This taxonomy and more labels. Raises LabelError for one that is defined already."""
        return Taxonomy((*self.entries, *entries))

    def known(self, label: str) -> bool:
        """Whether the label is in the taxonomy (``public`` always is)."""
        return label == PUBLIC or label in self._by_name

    def entry(self, label: str) -> LabelEntry:
        """The entry of a label. Raises LabelError with the nearest name."""
        found = self._by_name.get(label)
        if found is None:
            raise LabelError(f"unknown label {_shown(label)}", hint=self.suggestion(label))
        return found

    def require(self, labels: LabelSet) -> None:
        """Raise LabelError unless every label, or state's label, is known."""
        for mark in labels:
            self.entry(mark.label.name if isinstance(mark, State) else mark.name)

    def suggestion(self, label: str) -> str:
        """A hint that names the nearest label."""
        near = difflib.get_close_matches(label, [*self._by_name, PUBLIC], n=1, cutoff=0.6)
        if not near:
            tails = {name.rsplit(".", 1)[-1]: name for name in self._by_name}
            close = difflib.get_close_matches(label.rsplit(".", 1)[-1], tails, n=1, cutoff=0.8)
            near = [tails[tail] for tail in close]
        if near:
            return f"did you mean {near[0]}?"
        return "add it under labels: in lockgate.yaml, or see docs/reference/labels.md"

    def domain_of(self, label: str) -> str:
        """The default key domain: the label's own or its nearest ancestor's, "" if none has one."""
        name = self.entry(label).label
        while name:
            entry = self._by_name.get(name)
            if entry is not None and entry.domain:
                return entry.domain
            name = name.rpartition(".")[0]
        return ""

    def shreds(self, label: str) -> bool:
        """Whether the label, or one above it, wants a key for each person."""
        name = label
        while name:
            entry = self._by_name.get(name)
            if entry is not None and entry.shred:
                return True
            name = name.rpartition(".")[0]
        return False

    def shredding(self, label: str) -> Taxonomy:
        """This taxonomy where ``label`` wants a key a person. Raises LabelError if unknown."""
        self.entry(label)
        entries = (replace(e, shred=e.shred or e.label == label) for e in self.entries)
        return Taxonomy(tuple(entries))

    @property
    def normalisers(self) -> Mapping[str, Normaliser]:
        """The normaliser of every domain that a label names."""
        return self._normalisers

    def identifiers(self, letter: str) -> tuple[str, ...]:
        """Labels of one identifier of 45 CFR 164.514(b)(2)(i), by its letter A to R."""
        return tuple(entry.label for entry in self.entries if entry.hipaa == letter)


def _shown(label: str) -> str:
    """An unknown label, as it may stand in a message: it may be a secret at a wrong place."""
    plain = all(map(is_plain_name, label.split(".")))
    return label if plain else "(not shown, as it may be a secret)"
