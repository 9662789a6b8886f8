"""Which columns become more visible where, from one policy and its contracts to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lockgate.contract.model import Column, Contract
from lockgate.labels.label import LabelSet
from lockgate.policy.choose import choose
from lockgate.policy.policy import Policy
from lockgate.policy.zone import Zone, rule_text

ABSENT, REFUSED = "not there", "refused"


class Change(StrEnum):
    """How much of a column a zone shows after, against before.

    ``other``: another treatment, of which nobody can say that it shows no more.
    """

    MORE = "more"
    OTHER = "other"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class Difference:
    """A column of a contract in a zone: what became of it before, what does after, and why."""

    contract: str
    column: str
    zone: str
    before: str
    after: str
    labels_before: str
    labels_after: str
    change: Change

    @property
    def expansion(self) -> bool:
        """Whether it may show more than before."""
        return self.change is not Change.LESS


@dataclass(frozen=True, slots=True)
class Seen:
    """``shown``: 0 nothing, 1 that there is a value, 2 something of it, 3 all."""

    text: str
    labels: str
    shown: int


Sight = dict[tuple[str, str, str], Seen]
"""What every zone shows of every column, by contract, column and zone."""

_NOTHING = Seen(ABSENT, "", 0)


def difference(
    old: tuple[Policy, Mapping[str, Contract]], new: tuple[Policy, Mapping[str, Contract]]
) -> tuple[Difference, ...]:
    """Every column whose treatment changes, by contract, column and zone; expansions first.

    A column, contract or zone that is not there shows nothing.
    """
    return between(sight(*old), sight(*new))


def sight(policy: Policy, contracts: Mapping[str, Contract]) -> Sight:
    """What a policy shows of the contracts' columns."""
    return {
        (name, column, zone): _seen(spec, policy.zones[zone])
        for name, contract in contracts.items()
        for column, spec in _columns(contract).items()
        for zone in policy.zones
    }


def between(old: Sight, new: Sight) -> tuple[Difference, ...]:
    """Every place that shows something else than before; expansions first."""
    order = [Change.MORE, Change.OTHER, Change.LESS]
    return tuple(sorted(_between(old, new), key=lambda one: order.index(one.change)))


def _between(old: Sight, new: Sight) -> Iterator[Difference]:
    # In the order of contracts and zones by name, of columns as they stand, the old ones first.
    columns = {key[:2]: number for number, key in reversed([*enumerate([*old, *new])])}
    for place in sorted({*old, *new}, key=lambda at: (at[0], columns[at[:2]], at[2])):
        was, becomes = old.get(place, _NOTHING), new.get(place, _NOTHING)
        change = _change(was, becomes)
        if change is not None:
            yield Difference(*place, was.text, becomes.text, was.labels, becomes.labels, change)


def _columns(contract: Contract) -> Mapping[str, Column]:
    return {column.name: column for column in contract.columns}


def _seen(column: Column, zone: Zone) -> Seen:
    labels = str(column.labels)
    chosen = choose(column.labels, LabelSet(), zone)
    if isinstance(chosen, tuple):
        return Seen(REFUSED, labels, 0)
    if chosen.treatment is None:
        return Seen("allow", labels, 3)
    shown = {"drop": 0, "redact": 1}.get(chosen.treatment.name, 2)
    return Seen(rule_text(chosen.treatment), labels, shown)


def _change(was: Seen, becomes: Seen) -> Change | None:
    if was.shown != becomes.shown:
        return Change.MORE if becomes.shown > was.shown else Change.LESS
    if was.text == becomes.text or becomes.shown in (0, 3):
        return None
    return Change.OTHER
