"""``lockgate keys rewrap``: stored ciphertexts under the primary key again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import LockgateError

if TYPE_CHECKING:
    from lockgate.run.rewrap import FileRewrap


@click.command(
    "rewrap",
    cls=LockgateCommand,
    short_help="Bring released ciphertexts under the primary key.",
    examples=(
        "lockgate keys rewrap out/ --dry-run --purpose 'quarterly rotation'",
        "lockgate keys rewrap out/study/run-20260301T020000-5d1c --purpose 'quarterly rotation'",
        "lockgate keys rewrap out/study/run-x/part-00000.csv --domain ssn --purpose incident-12",
    ),
)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path)
)
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.option("--domain", "domains", multiple=True, metavar="NAME", help="Only this key domain.")
@click.option("--dry-run", is_flag=True, help="Count values by key version; change nothing.")
@click.pass_obj
def command(
    face: Face, paths: tuple[Path, ...], purpose: str, domains: tuple[str, ...], dry_run: bool
) -> None:
    """Encrypt anew, under the primary version, what files hold under older ones.

    PATH is a released file, a run folder, or a folder of run folders. Tokens, hashes,
    fpe and all other bytes stay as they are, and so does every file until the one that
    takes its place is complete and verified. Whoever is interrupted runs the same
    command again: pieces that are done are not done twice. Afterwards nothing in the
    files needs the old version, and it can be destroyed. Files that are sealed as a
    whole stay as they are, and are named; what was done before a refusal is, too.
    """
    done: list[FileRewrap] = []
    with face.workspace(logs=True) as workspace:
        from lockgate.assemble.rewrapping import RewrapRequest
        from lockgate.cli.live import live_rewrap

        request, at = RewrapRequest(paths, purpose, domains, dry_run), workspace.project.folder
        try:
            with live_rewrap(face) as progress:
                for file in workspace.keys.rewrap(request, progress):
                    done.append(file)  # noqa: PERF402 - what was done stays if the next is refused
        except LockgateError:
            face.done_before = {"files": [document(file) for file in done]}
            if done and not (face.as_json or face.quiet):
                show(face, at, done, dry_run=dry_run)
            raise
    if face.as_json:
        face.emit({"files": [document(file) for file in done]})
    elif not face.quiet:
        show(face, at, done, dry_run=dry_run)


def document(file: FileRewrap) -> dict[str, Any]:
    """One file as plain JSON."""
    return {
        "path": file.path,
        "status": str(file.status),
        "rows": file.rows,
        "values": file.values,
        "to_keys": list(file.to_keys),
        "recovered": file.recovered,
        "keys": [asdict(keys) for keys in file.keys],
    }


def show(face: Face, folder: Path, done: list[FileRewrap], *, dry_run: bool) -> None:
    """Print a table of files by column and key, and what it comes to.

    ``folder`` is the project's, which their paths are relative to.
    """
    from lockgate.cli.places import near
    from lockgate.cli.screen import fill, make_table, number, plural

    table = make_table(
        "file", "column", "domain", ("key", "right"), "state", ("values", "right"), "now"
    )
    open_ones = [file for file in done if file.status != "sealed"]
    rows = (
        (
            near(folder / file.path) if at == 0 else "",
            keys.column,
            keys.domain,
            keys.number,
            keys.state,
            number(keys.values),
            "" if dry_run else "rewrapped" if keys.rewrapped else "as it was",
        )
        for file in open_ones
        for at, keys in enumerate(file.keys)
    )
    if open_ones:
        face.out.print(fill(table, rows))
    for file in done:
        if file.status == "sealed":
            face.say(f"{near(folder / file.path)}: sealed: left as it is.")
    old = sum(k.values for f in done for k in f.keys if k.state != "primary" and not k.rewrapped)
    if dry_run:
        face.say(f"{plural(old, 'value')} would need another key than the primary one.")
        return
    values = sum(file.values for file in done)
    files = plural(len(open_ones), "file")
    face.say(f"{plural(values, 'value')} rewrapped in {files}, and recorded.")
    for file in done:
        if file.recovered:
            face.say(f"{near(folder / file.path)}: an earlier attempt was brought to its end.")
