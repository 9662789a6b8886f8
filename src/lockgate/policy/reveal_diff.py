"""Which values may be turned back more freely, from one set of reveal rules to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from lockgate.contract.model import Contract
from lockgate.labels.label import PUBLIC, UNCLASSIFIED, LabelSet
from lockgate.policy.diff import Change
from lockgate.policy.reveal_rules import ANY, Bounds, Quota, RevealRules

_EVERYTHING = (ANY, PUBLIC, UNCLASSIFIED)
_ORDER = (Change.MORE, Change.OTHER, Change.LESS)
_ANY_NUMBER = float("inf")
_Labelled = tuple[RevealRules, tuple[str, ...]]
_QuotaOf = Callable[[Bounds], Quota | None]
_QUOTAS: tuple[_QuotaOf, _QuotaOf] = (lambda one: one.request, lambda one: one.day)


@dataclass(frozen=True, slots=True)
class RevealSight:
    """What may be turned back: the rules, and the names of the labels that values open under.

    ``columns`` are by the ids of contract and column, which ciphertexts are bound to whatever both
    are called; ``domains`` have the labels of all columns in each key domain, as tokens open.
    """

    rules: RevealRules
    columns: Mapping[tuple[str, str], tuple[str, ...]]
    domains: Mapping[str, tuple[str, ...]]


NOTHING_REVEALED = RevealSight(RevealRules(()), {}, {})
"""What no rule covers is denied."""


@dataclass(frozen=True, slots=True)
class RevealDifference:
    """A label whose bounds change, or a column (``CONTRACT.COLUMN``) or domain of other labels."""

    label: str
    column: str
    domain: str
    before: str
    after: str
    change: Change

    @property
    def what(self) -> str:
        """The label, column or key domain, as people are told of it."""
        return self.label or self.column or f"key domain {self.domain}"

    @property
    def expansion(self) -> bool:
        """Whether more may be turned back than before."""
        return self.change is not Change.LESS


def reveal_sight(
    rules: RevealRules,
    contracts: Mapping[str, Contract],
    domains: Mapping[str, LabelSet] = MappingProxyType({}),
) -> RevealSight:
    """What rules let through of the contracts' columns and of key domains with these labels."""
    columns = {
        (contract.id, column.id): column.labels.names()
        for contract in contracts.values()
        for column in contract.columns
    }
    return RevealSight(rules, columns, {name: of.names() for name, of in domains.items()})


def reveal_differences(old: RevealSight, new: RevealSight) -> tuple[RevealDifference, ...]:
    """Every label and column of which something else may be turned back; expansions first.

    Labels are those that a rule of either side names: a label below has what the nearest one above
    it has. A column or key domain is told of if its labels are others; one that is not on both
    sides is not: what a new column or domain opens was never released under it.
    """
    found = [*_of_labels(old.rules, new.rules), *_of_columns(old, new), *_of_domains(old, new)]
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.change)))


def _of_labels(old: RevealRules, new: RevealRules) -> Iterator[RevealDifference]:
    named = {*_EVERYTHING, *(rule.pattern for rule in (*old.rules, *new.rules))}
    names = sorted(named)
    before, after = [old.of(name) for name in names], [new.of(name) for name in names]
    for name, was, becomes in zip(names, before, after, strict=True):
        change = _change(_together([was]), _together([becomes]))
        apart = change is not Change.MORE and _counted_apart(was, becomes, before, after)
        if apart:
            yield RevealDifference(name, "", "", _counted(was), _counted(becomes), Change.OTHER)
        elif change is not None:
            yield RevealDifference(name, "", "", _text([was]), _text([becomes]), change)


def _of_columns(old: RevealSight, new: RevealSight) -> Iterator[RevealDifference]:
    for place, names in new.columns.items():
        found = _relabelled((old.rules, old.columns.get(place, names)), (new.rules, names))
        if found is not None:
            yield RevealDifference("", ".".join(place), "", *found)


def _of_domains(old: RevealSight, new: RevealSight) -> Iterator[RevealDifference]:
    for domain, names in new.domains.items():
        found = _relabelled((old.rules, old.domains.get(domain, names)), (new.rules, names))
        if found is not None:
            yield RevealDifference("", "", domain, *found)


def _relabelled(old: _Labelled, new: _Labelled) -> tuple[str, str, Change] | None:
    """What values are let through under these labels, before and after; None if the same."""
    if old[1] == new[1]:
        return None
    was, becomes = ([rules.of(name) for name in names] for rules, names in (old, new))
    change = _change(_together(was), _together(becomes))
    return None if change is None else (_text(was), _text(becomes), change)


@dataclass(frozen=True, slots=True)
class _Through:
    """All bounds together: the purposes left (any if None), how many at once and within a day."""

    purposes: frozenset[str] | None
    numbers: tuple[float, float]


def _together(bounds: Iterable[Bounds]) -> _Through | None:
    """What is left where every one is kept; None if nothing is."""
    kept = list(bounds)
    purposes: frozenset[str] | None = None
    for one in kept:
        if one.purposes:
            words = frozenset(one.purposes)
            purposes = words if purposes is None else purposes & words
    if any(one.denied_by for one in kept) or purposes == frozenset():
        return None
    at_once, a_day = (min(_most(quota(one)) for one in kept) for quota in _QUOTAS)
    return _Through(purposes, (at_once, a_day))


def _change(was: _Through | None, becomes: _Through | None) -> Change | None:
    if was == becomes:
        return None
    if was is None or becomes is None:
        return Change.MORE if was is None else Change.LESS
    more_purposes = was.purposes is not None and (
        becomes.purposes is None or bool(becomes.purposes - was.purposes)
    )
    higher = any(b > a for a, b in zip(was.numbers, becomes.numbers, strict=True))
    return Change.MORE if more_purposes or higher else Change.LESS


def _counted_apart(
    was: Bounds, becomes: Bounds, before: Sequence[Bounds], after: Sequence[Bounds]
) -> bool:
    """Whether as many as before may be had of the label beside what it was counted with before.

    A lower number of its own is none: that is how one label is bounded more closely.
    """
    denied = {one.label for one in after if one.denied_by}
    if was.denied_by or was.label in denied:
        return False
    for quota in _QUOTAS:
        old, new = quota(was), quota(becomes)
        if old is None or new is None or new.most < old.most or old.rule == new.rule:
            continue
        if _counting(before, quota, old) - denied - _counting(after, quota, new):
            return True
    return False


def _counting(all_bounds: Iterable[Bounds], quota: _QuotaOf, counted: Quota) -> set[str]:
    """The labels whose values a quota counts."""
    return {one.label for one in all_bounds if not one.denied_by and quota(one) == counted}


def _most(quota: Quota | None) -> float:
    return _ANY_NUMBER if quota is None else quota.most


def _text(bounds: Iterable[Bounds]) -> str:
    through = _together(bounds)
    if through is None:
        return "deny"
    purposes = "any purpose" if through.purposes is None else "|".join(sorted(through.purposes))
    told = zip(through.numbers, ("at once", "a day"), strict=True)
    return ", ".join([purposes, *(f"{_number(most)} {when}" for most, when in told)])


def _counted(bounds: Bounds) -> str:
    """With the rules whose counts the values are in."""
    rules = sorted({quota.rule for quota in (bounds.request, bounds.day) if quota is not None})
    return f"{_text([bounds])}, counted by {' and '.join(rules)}"


def _number(most: float) -> str:
    return "any number" if most == _ANY_NUMBER else f"{most:,}"
