"""One peer doing one job: a call, and the check of what it returned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.kernels.case import WrongOutput
from bench.kernels.columns import Columns


@dataclass(frozen=True)
class Rival:
    """``run`` is timed; ``check`` raises WrongOutput unless its output does the job."""

    peer: str
    case: str
    run: Callable[[], object]
    check: Callable[[object], None]


@dataclass(frozen=True)
class Lists:
    """The columns as lists, made before anything is timed: that is in the peers' favour."""

    columns: Columns
    emails: list[str]
    ssns: list[str]
    phones: list[str]
    cards: list[str]
    ids: list[str]

    @classmethod
    def of(cls, columns: Columns) -> Lists:
        """Lists of every column."""
        made = (columns.emails, columns.ssns, columns.phones, columns.cards, columns.ids)
        return cls(columns, *(values.to_pylist() for values in made))


Rivals = Callable[[Lists], Iterator[Rival]]


def expect(wanted: Sequence[object]) -> Callable[[object], None]:
    """The check that an output is this list."""

    def check(output: object) -> None:
        same(list(output), wanted)  # type: ignore[call-overload]

    return check


def listed(output: object) -> list[Any]:
    """An output that has to be a list. Raises WrongOutput if it is none."""
    if not isinstance(output, list):
        raise WrongOutput("no list")
    return output


def same(found: Sequence[object], wanted: Sequence[object]) -> None:
    """Raises WrongOutput if two lists differ."""
    if list(found) != list(wanted):
        raise WrongOutput("not what it should give")
