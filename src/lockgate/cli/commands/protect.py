"""``lockgate protect``: somebody's own file, protected in one command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli.face import Face, own_arrow
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import PlanRefused, UsageError

if TYPE_CHECKING:
    from lockgate.assemble.first_hour import SampledFile
    from lockgate.cli.labelling import Labelling

PURPOSE = "first look"


@click.command(
    "protect",
    cls=LockgateCommand,
    short_help="Protect a CSV, JSON Lines or Parquet file of your own.",
    examples=(
        "lockgate protect people.csv --to out/",
        "lockgate protect people.csv --to out/ --yes --label nick=pii.username",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="A folder for the protected copy, lockgate.yaml and the keys.",
)
@click.option("--zone", default="analytics", show_default=True, help="Who it is for.")
@click.option("--label", "labels", multiple=True, metavar="COLUMN=LABEL", help="Label a column.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "jsonl", "parquet"]),
    help="[default: by the file's name]",
)
@click.option("--purpose", default=PURPOSE, show_default=True, help="Why, for the ledger.")
@click.option("--yes", is_flag=True, help="Accept the proposed labels without asking.")
@click.pass_obj
def command(
    face: Face,
    file: Path,
    folder: Path,
    zone: str,
    labels: tuple[str, ...],
    file_format: str | None,
    purpose: str,
    yes: bool,
) -> None:
    """Protect FILE: propose labels, ask once, write a protected copy.

    The labels are proposed by column name and by the pattern of the values; look
    at them and change what is wrong. Rows that do not fit are kept aside,
    encrypted. lockgate.yaml in the folder holds the contract, the policy and the
    pipeline, so that you can grow from there. The original is not touched.
    """
    if not (yes or face.interactive):
        raise UsageError(
            "nobody is there to look at the proposed labels",
            hint="add --yes to accept them, and --label COLUMN=LABEL to change some",
        )
    face.log(info=True)
    own_arrow()
    from lockgate.assemble.first_hour import protect_file, sample_file

    sampled = sample_file(file, folder, file_format, zone)
    labelling = proposed_labelling(sampled, zone, labels)
    accept(face, file, labelling, sampled.rows_sampled, yes)
    from lockgate.cli.live import live_progress

    with live_progress(face, file.name) as progress:
        result = protect_file(
            sampled,
            folder,
            labelling.labels,
            zone=zone,
            purpose=purpose,
            progress=progress,
            passphrase=face.passphrase,
        )
    from lockgate.cli.protected import as_document, show_protected

    face.project = folder
    if face.as_json:
        face.emit(as_document(result, labelling))
    elif not face.quiet:
        show_protected(face, folder, result, labelling)


def proposed_labelling(sampled: SampledFile, zone: str, labels: tuple[str, ...]) -> Labelling:
    """The proposals with the command line's own labels put over them."""
    from lockgate.cli.labelling import Labelling, Proposed, parse_overrides

    proposed = [Proposed(p.column, p.why, p.label, p.confidence) for p in sampled.proposals]
    labelling = Labelling(proposed, sampled.policy, zone)
    for column, label in parse_overrides(labels):
        labelling.set(column, label)
    return labelling


def accept(face: Face, file: Path, labelling: Labelling, rows: int, yes: bool) -> None:
    """Show the one screen. Raises PlanRefused or Abort if it is not accepted."""
    from lockgate.cli.labelling import ask, show
    from lockgate.cli.screen import cell, plural

    shown = not (face.quiet or face.as_json)
    if shown or not yes:
        face.err.print(
            cell(f"{file.name}: {plural(len(labelling.labels), 'column')}, ", "bold")
            + cell(f"labels proposed from {plural(rows, 'row')}")
        )
    if yes:
        if shown:
            show(face, labelling)
        if labelling.refused:
            names = ", ".join(labelling.refused[:10])
            raise PlanRefused(
                f"zone {labelling.zone} does not take {names} as labelled",
                hint="give each a label: --label COLUMN=LABEL",
            )
    elif not ask(face, labelling, input):
        raise click.Abort
