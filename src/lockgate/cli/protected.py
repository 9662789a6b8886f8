"""What ``lockgate protect`` did: where things are, what happened to each column, what next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from lockgate.cli import results
from lockgate.cli.face import Face
from lockgate.cli.places import near
from lockgate.cli.screen import cell, fill, make_table

if TYPE_CHECKING:
    from lockgate.assemble.workspace import RunResult
    from lockgate.cli.labelling import Labelling

MEANINGS = {
    "allow": "left as they are",
    "drop": "left out",
    "redact": "blanked",
    "replace": "replaced by one text",
    "mask": "partly covered",
    "hash": "hashed: equal values stay equal, nothing reads them back",
    "tokenize": "tokens: equal values stay equal, reveal reads them back",
    "fpe": "other digits and letters in their places: equal values stay equal, reveal reads back",
    "encrypt": "encrypted: reveal reads them back",
    "generalize": "made coarser",
}


def as_document(result: RunResult, labelling: Labelling) -> dict[str, Any]:
    """The run's result and what happened to each column."""
    return {
        **results.as_document(result),
        "zone": labelling.zone,
        "columns": {
            column: {"label": label, "treatment": labelling.outcome(column)[0]}
            for column, label in labelling.labels.items()
        },
    }


def show_protected(face: Face, folder: Path, result: RunResult, labelling: Labelling) -> None:
    """The whole answer on one screen."""
    results.show_result(face, result)
    face.out.print()
    face.out.print(cell("What happened to the columns", "bold"))
    groups: dict[str, list[str]] = {}
    for column in labelling.labels:
        word = labelling.outcome(column)[0].partition(" ")[0]
        groups.setdefault(word, []).append(column)
    order = [word for word in MEANINGS if word in groups]
    order += [word for word in groups if word not in MEANINGS]
    rows = [(", ".join(groups[word]), MEANINGS.get(word, word)) for word in order]
    face.out.print(fill(make_table("columns", "are now"), rows))
    keys = folder / ".lockgate"
    face.out.print()
    face.out.print(
        fill(
            make_table("what", "where"),
            [
                *((f"protected copy ({name})", near(path)) for name, path in result.sinks.items()),
                ("project to grow from", folder / "lockgate.yaml"),
                ("keys: back them up, share them never", keys),
            ],
        )
    )
    face.out.print()
    face.out.print(cell("Next", "bold"))
    show_next(face, bool(result.receipt.rows_rejected))


def show_next(face: Face, rejected: bool) -> None:
    """Commands to try, with what they are for."""
    here = face.project_words
    commands = [
        (f"lockgate check{here}", "the proof, column by column"),
        (f"lockgate quarantine show{here}", "which rows were rejected, where and why"),
        (f"lockgate reveal TOKEN --purpose WHY{here}", "one value back, recorded"),
        (f"lockgate ledger verify{here}", "the record of all this, proven whole"),
    ]
    if not rejected:
        del commands[1]
    width = max(len(line) for line, _ in commands)
    beside = width + max(len(purpose) for _, purpose in commands) + 4 <= face.out.width
    for line, purpose in commands:
        between = " " * (width - len(line) + 2) if beside else "\n      "
        face.out.print(cell(f"  {line}", "cyan") + Text(f"{between}{purpose}", "dim"))
