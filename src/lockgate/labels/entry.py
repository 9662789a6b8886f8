"""One label of the taxonomy: what it means, how its values are made equal, which rule names it."""

from __future__ import annotations

from dataclasses import dataclass

from lockgate.kernel.interface import Normaliser


@dataclass(frozen=True, slots=True)
class LabelEntry:
    """A label with its meaning.

    ``domain`` is the default key domain ("" = the nearest ancestor's) and
    ``normaliser`` how that domain brings text to its canonical form. ``hipaa``
    is the letter of the identifier in 45 CFR 164.514(b)(2)(i)(A)-(R), "" where
    none. ``distinct`` is the order of magnitude of how many values a population
    has (0 = many): a deterministic treatment of a small one can be undone by
    counting. ``shred``: what is encrypted of it, and of all labels below it, is under the key of
    the person it is about, which can be destroyed alone.
    """

    label: str
    description: str
    domain: str = ""
    normaliser: Normaliser = Normaliser.EXACT
    hipaa: str = ""
    distinct: int = 0
    shred: bool = False
