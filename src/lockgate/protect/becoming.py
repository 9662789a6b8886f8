"""What labels become under a treatment."""

from __future__ import annotations

from lockgate.labels.label import Label, LabelSet, State, StateKind


def become(labels: LabelSet, kind: StateKind, domain: str = "", key_number: int = 0) -> LabelSet:
    """Every label, and every label behind a state, as ``kind``.

    Public stays public and unclassified stays unclassified: a treatment says
    nothing about what a column holds.
    """
    behind = (mark if isinstance(mark, Label) else mark.label for mark in labels.marks)
    states = frozenset(State(kind, label, domain, key_number) for label in behind)
    return LabelSet(states, unclassified=labels.unclassified)
