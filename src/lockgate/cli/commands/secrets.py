"""``lockgate secrets``: which secrets the project refers to, and whether they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateGroup
from lockgate.errors import SecretUnavailable

if TYPE_CHECKING:
    from lockgate.assemble.secret_health import ReferenceUse, SecretState

STYLES = {"found": "green", "missing": "bold red", "denied": "bold red", "failed": "bold red"}


@click.group("secrets", cls=LockgateGroup, short_help="List and try the secrets referred to.")
def command() -> None:
    """References to secrets: secret://STORE/PATH#FIELD.

    No command shows a secret, or how long it is.
    """


@command.command(
    "list",
    short_help="List every reference and where it stands.",
    examples=("lockgate secrets list", "lockgate secrets list --json"),
)
@click.pass_obj
def list_references(face: Face) -> None:
    """List every reference in the project's files. No store is asked.

    A reference is shown with its store's kind and each file and line where it is written.
    """
    from lockgate.assemble.secret_health import reference_uses

    with face.workspace() as workspace:
        uses = reference_uses(workspace.project)
    if face.as_json:
        face.emit({"references": [as_document(use) for use in uses]})
        return
    if not uses:
        face.say("No file of this project refers to a secret.")
        return
    from lockgate.cli.screen import fill, make_table

    table = make_table("reference", "store", "where")
    face.out.print(fill(table, ((name(use), store(use), where(use)) for use in uses)))


@command.command(
    "check",
    short_help="Read every secret, and show none.",
    examples=("lockgate secrets check", "lockgate secrets check --json"),
)
@click.pass_obj
def check(face: Face) -> int:
    """Read every secret that the project refers to, and say what came of it.

    Each is found, missing, denied or failed; of what is found, its version and
    the end of its lease are shown. Ends with exit code 7 unless all are found.
    """
    from lockgate.cli.live import live_secrets
    from lockgate.cli.screen import cell, make_table

    with face.workspace() as workspace, live_secrets(face) as told:
        states = workspace.check_secrets(told)
    ok = all(state.state == "found" for state in states)
    if face.as_json:
        face.emit({"ok": ok, "secrets": [{**as_document(s.use), **result(s)} for s in states]})
    elif not states:
        face.say("No file of this project refers to a secret.")
    else:
        table = make_table("reference", "store", ("state", "whole"), "version", "lease ends", "why")
        for state in states:
            ends = f"{state.expires_at:%Y-%m-%d %H:%M:%S}" if state.expires_at else ""
            why = state.why.removeprefix(f"{state.use.reference}: ")
            table.add_row(
                cell(name(state.use)),
                cell(store(state.use)),
                cell(state.state, STYLES[state.state]),
                cell(state.version),
                cell(ends),
                cell(f"{why} - {state.hint}" if state.hint else why),
            )
        face.out.print(table)
    return 0 if ok else int(SecretUnavailable.exit_code)


def name(use: ReferenceUse) -> str:
    """The reference as it is written."""
    return "(not a reference)" if use.reference is None else str(use.reference)


def store(use: ReferenceUse) -> str:
    """The kind of its store."""
    return use.kind or "no such store"


def where(use: ReferenceUse) -> str:
    """Every place, as seen from here."""
    from lockgate.cli.places import near_position

    return ", ".join(near_position(place) for place in use.places)


def as_document(use: ReferenceUse) -> dict[str, Any]:
    """A reference as plain JSON."""
    return {
        "reference": None if use.reference is None else str(use.reference),
        "store": use.kind or None,
        "places": [{"file": p.file, "line": p.line, "column": p.column} for p in use.places],
    }


def result(state: SecretState) -> dict[str, Any]:
    """What reading it gave, as plain JSON."""
    ends = state.expires_at
    return {
        "state": state.state,
        "version": state.version or None,
        "lease_ends": None if ends is None else ends.isoformat(),
        "why": state.why or None,
        "hint": state.hint or None,
    }
