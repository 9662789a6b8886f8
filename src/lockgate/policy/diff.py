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
class _Seen:
    """``shown``: 0 nothing, 1 that there is a value, 2 something of it, 3 all."""

    text: str
    labels: str
    shown: int


_NOTHING = _Seen(ABSENT, "", 0)


def difference(
    old: tuple[Policy, Mapping[str, Contract]], new: tuple[Policy, Mapping[str, Contract]]
) -> tuple[Difference, ...]:
    """Every column whose treatment changes, by contract, column and zone; expansions first.

    A column, contract or zone that is not there shows nothing.
    """
    found = [*_differences(old, new)]
    order = [Change.MORE, Change.OTHER, Change.LESS]
    return tuple(sorted(found, key=lambda one: order.index(one.change)))


def _differences(
    old: tuple[Policy, Mapping[str, Contract]], new: tuple[Policy, Mapping[str, Contract]]
) -> Iterator[Difference]:
    for contract in sorted({*old[1], *new[1]}):
        before, after = (_columns(side[1].get(contract)) for side in (old, new))
        for column in dict.fromkeys((*before, *after)):
            for zone in sorted({*old[0].zones, *new[0].zones}):
                was = _seen(before.get(column), old[0].zones.get(zone))
                becomes = _seen(after.get(column), new[0].zones.get(zone))
                change = _change(was, becomes)
                if change is not None:
                    yield Difference(
                        contract,
                        column,
                        zone,
                        was.text,
                        becomes.text,
                        was.labels,
                        becomes.labels,
                        change,
                    )


def _columns(contract: Contract | None) -> Mapping[str, Column]:
    return {} if contract is None else {column.name: column for column in contract.columns}


def _seen(column: Column | None, zone: Zone | None) -> _Seen:
    if column is None or zone is None:
        return _NOTHING
    labels = str(column.labels)
    chosen = choose(column.labels, LabelSet(), zone)
    if isinstance(chosen, tuple):
        return _Seen(REFUSED, labels, 0)
    if chosen.treatment is None:
        return _Seen("allow", labels, 3)
    shown = {"drop": 0, "redact": 1}.get(chosen.treatment.name, 2)
    return _Seen(rule_text(chosen.treatment), labels, shown)


def _change(was: _Seen, becomes: _Seen) -> Change | None:
    if was.shown != becomes.shown:
        return Change.MORE if becomes.shown > was.shown else Change.LESS
    if was.text == becomes.text or becomes.shown in (0, 3):
        return None
    return Change.OTHER
