"""One screen to accept or change the proposed labels of somebody's own file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.table import Table

from lockgate.cli.face import Face
from lockgate.cli.screen import cell, make_table, treatment_cell
from lockgate.errors import LockgateError, UsageError
from lockgate.labels.label import LabelSet
from lockgate.policy.choose import Choice, choose
from lockgate.policy.policy import Policy
from lockgate.policy.zone import rule_text

SURE, LIKELY = 0.9, 0.6
FEW_WORDS = (
    ("the name says so and ", ""),
    ("the name says ", "named "),
    (" of the values are ", " "),
    ("many values are ", "many "),
    ("the values are ", ""),
    ("nothing is known about it", "unknown"),
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """One column: its name, what was seen in it (a kind, never a value), the proposed label."""

    column: str
    seen: str
    label: str
    confidence: float


@dataclass(slots=True)
class Labelling:
    """The labels as they stand while somebody looks at them."""

    proposed: Sequence[Proposed]
    policy: Policy
    zone: str
    labels: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.policy.zone(self.zone)
        self.labels = {item.column: item.label for item in self.proposed}

    def set(self, column: str, label: str) -> None:
        """Label a column, named or numbered from 1. Raises UsageError or LabelError."""
        name = self._column(column)
        if label != "unclassified":
            for part in label.split("+"):
                if part != "public":
                    self.policy.taxonomy.entry(part)
        self.labels[name] = label

    def _column(self, text: str) -> str:
        place = int(text) if text.isdecimal() and len(text) < 7 else 0
        numbered = self.proposed[place - 1].column if 1 <= place <= len(self.proposed) else None
        if text in self.labels and numbered not in (None, text):
            raise UsageError(
                f"{text} is the name of one column and the number of another",
                hint="give the number of the one, or the name of the other",
            )
        if text in self.labels:
            return text
        if numbered is not None:
            return numbered
        raise UsageError("there is no such column", hint="use its number or its name")

    def outcome(self, column: str) -> tuple[str, bool]:
        """What the zone does with the column now, and whether that is a refusal."""
        label = self.labels[column]
        decided = choose(LabelSet.of(*label.split("+")), LabelSet(), self.policy.zone(self.zone))
        if isinstance(decided, Choice):
            return ("allow" if decided.treatment is None else rule_text(decided.treatment)), False
        return "refused", True

    @property
    def refused(self) -> list[str]:
        """Columns that the zone would not take as they are labelled now."""
        return [column for column in self.labels if self.outcome(column)[1]]


def parse_overrides(pairs: Sequence[str]) -> list[tuple[str, str]]:
    """``column=label`` pairs; a column's name may hold ``=``. Raises UsageError."""
    parsed = []
    for pair in pairs:
        column, separator, label = pair.rpartition("=")
        if not separator or not column or not label:
            raise UsageError("--label takes column=label", hint="such as --label mail=pii.email")
        parsed.append((column, label))
    return parsed


def show(face: Face, labelling: Labelling) -> None:
    """The table: column, what was seen, label, what the zone does with it, how sure."""
    table = make_table(
        ("#", "right"), "column", "seen", "label", f"in {labelling.zone}", "how sure"
    )
    for number, item in enumerate(labelling.proposed, 1):
        outcome, _ = labelling.outcome(item.column)
        changed = labelling.labels[item.column] != item.label
        table.add_row(
            cell(number, "dim"),
            cell(item.column),
            cell(in_few_words(item.seen), "dim"),
            cell(labelling.labels[item.column], "bold cyan" if changed else ""),
            treatment_cell(outcome),
            cell("your choice" if changed else sureness(item.confidence), "dim"),
        )
    fit_seen(table, face.err.width)
    face.err.print(table)


def fit_seen(table: Table, width: int) -> None:
    """Give the reasons, one line each, the room that the other columns leave."""
    seen = table.columns[2]
    taken = 2 * len(table.columns)
    for column in table.columns:
        if column is not seen:
            taken += max(len(str(text)) for text in (column.header, *column.cells))
    seen.no_wrap, seen.overflow = True, "ellipsis"
    seen.max_width = max(width - taken, 10)


def in_few_words(why: str) -> str:
    """A proposal's reason, short enough that a file's columns fit one screen."""
    for long, short in FEW_WORDS:
        why = why.replace(long, short)
    return why


def sureness(confidence: float) -> str:
    """A confidence in words."""
    return "sure" if confidence >= SURE else "likely" if confidence >= LIKELY else "a guess"


def show_labels(face: Face, labelling: Labelling) -> None:
    """Every label with its meaning and what the zone does with it."""
    table = make_table("label", "meaning", f"in {labelling.zone}")
    zone = labelling.policy.zone(labelling.zone)
    for entry in labelling.policy.taxonomy.entries:
        decided = choose(LabelSet.of(entry.label), LabelSet(), zone)
        outcome = "refused"
        if isinstance(decided, Choice):
            outcome = "allow" if decided.treatment is None else rule_text(decided.treatment)
        table.add_row(cell(entry.label), cell(entry.description), cell(outcome))
    table.add_row(cell("public"), cell("Nothing sensitive"), cell("allow"))
    face.err.print(table)


def ask(face: Face, labelling: Labelling, read: Callable[[str], str]) -> bool:
    """Show the table and take changes until accepted (True) or left (False)."""
    show(face, labelling)
    face.err.print(
        cell(
            "Enter accepts. Change one with its number or name: 3 pii.email. "
            "? lists the labels, q leaves.",
            "bold",
        )
    )
    while True:
        answer = read("> ").strip()
        if answer == "":
            if not labelling.refused:
                return True
            names = ", ".join(labelling.refused[:5])
            face.err.print(cell(f"{names}: zone {labelling.zone} does not take that label", "red"))
        elif answer in ("q", "quit", "exit"):
            return False
        elif answer == "?":
            show_labels(face, labelling)
        else:
            _change(face, labelling, answer)


def _change(face: Face, labelling: Labelling, answer: str) -> None:
    column, separator, label = answer.rpartition(" ")
    if not separator:
        face.err.print(cell("a column and a label, such as: 3 pii.email", "red"))
        return
    try:
        labelling.set(column.strip(), label)
    except LockgateError as error:
        hint = f" ({error.hint})" if error.hint else ""
        face.err.print(cell(f"{error.message}{hint}", "red"))
        return
    show(face, labelling)
