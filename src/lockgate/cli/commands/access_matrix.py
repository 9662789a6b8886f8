"""``lockgate access matrix``: roles, labels, zones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand

if TYPE_CHECKING:
    from rich.text import Text

    from lockgate.access.action import Action
    from lockgate.assemble.access_matrix import Matrix

_MANY = 8


@click.command(
    "matrix",
    cls=LockgateCommand,
    short_help="Roles, labels, zones: who may reveal and publish.",
    examples=(
        "lockgate access matrix",
        "lockgate access matrix --html access.html",
        "lockgate access matrix --purpose fraud --all-labels --json",
    ),
)
@click.option("--html", type=click.Path(path_type=Path), help="Write one page that needs no other.")
@click.option("--all-labels", is_flag=True, help="Every known label, not those of contracts only.")
@click.option("--purpose", help="What for; without it, answers may depend on it.")
@click.pass_obj
def command(face: Face, html: Path | None, all_labels: bool, purpose: str | None) -> None:
    """Show for each role and label in which zones it may be revealed and published.

    Of roles, one by one: `access who-can` says who holds them. Where answers differ by
    zone, the zones are named. An existing page is replaced.
    """
    from lockgate.assemble.access_matrix import ACTIONS, matrix
    from lockgate.cli.access_asking import asking

    with asking(face) as (questions, now):
        found = matrix(questions, every_label=all_labels, purpose=purpose)
    if html is not None:
        from lockgate.cli.access_page import as_html

        html.write_text(as_html(found, now), "utf-8")
    if face.as_json:
        face.emit(as_document(found))
    elif html is not None:
        face.say(f"Wrote {html}.")
    else:
        for action in ACTIONS:
            show(face, found, action)


def show(face: Face, found: Matrix, action: Action) -> None:
    """One table an action; labels with one answer for every role stand in one line."""
    from lockgate.cli.screen import cell, make_table

    table = make_table("label", *found.roles, title=f"Who may {action.value}")
    lines: dict[tuple[str, ...], list[str]] = {}
    for label in found.labels:
        cells = tuple(_said(found, action, label, role) for role in found.roles)
        lines.setdefault(cells, []).append(label)
    most = max(lines.values(), key=len, default=[])
    for cells, labels in sorted(lines.items(), key=lambda line: len(line[1])):
        many = labels is most and len(lines) > 1 and len(labels) > _MANY
        named = f"every other ({len(labels)})" if many else ", ".join(labels)
        table.add_row(cell(named), *(_styled(text) for text in cells))
    face.out.print(table)
    face.out.print()


def _said(found: Matrix, action: Action, label: str, role: str) -> str:
    """``yes``, ``depends: purpose``, ``-``; by zone where they differ."""
    by_text: dict[str, list[str]] = {}
    for zone, one in zip(found.zones, found.row(action, label, role), strict=True):
        needs = f": {', '.join(one.needs)}" if one.needs else ""
        text = "-" if one.answer.value == "no" else one.answer.value + needs
        by_text.setdefault(text, []).append(zone)
    if len(by_text) == 1:
        return next(iter(by_text))
    return "; ".join(f"{', '.join(zs)}: {text}" for text, zs in by_text.items() if text != "-")


def _styled(text: str) -> Text:
    from lockgate.cli.screen import cell

    style = "dim" if text == "-" else "yellow" if "depends" in text else "green"
    return cell(text, style)


def as_document(found: Matrix) -> dict[str, Any]:
    """Every cell as plain JSON."""
    from lockgate.cli.access_asking import as_document as answer

    return {
        "roles": list(found.roles),
        "labels": list(found.labels),
        "zones": list(found.zones),
        "cells": [
            {"action": a.value, "role": role, "label": label, "zone": zone, **answer(one)}
            for (a, role, label, zone), one in found.cells.items()
        ],
    }
