"""``lockgate keys shred``: one person's key is destroyed, and a receipt says what that reached."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli.erased import tell_remaining
from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockgate.assemble.shred_receipt import ShredReceipt
    from lockgate.assemble.shred_scope import Reached, Scope

_LONGEST = 65_536


@click.command(
    "shred",
    cls=LockgateCommand,
    short_help="Destroy the key of one person.",
    examples=(
        "lockgate keys shred - --purpose 'erasure request 4711' < identifier.txt",
        "lockgate keys shred lkg1_EQAAAS... --purpose 'erasure request 4711' --to receipt.json",
        "lockgate keys shred --replay --receipt receipt.json --purpose 'state restored'",
        "lockgate keys shred --recorded 4711 --purpose 'lost receipt' --to receipt.json",
    ),
)
@click.argument("subject", required=False, metavar="[SUBJECT|TOKEN|-]")
@click.option("--stdin", "from_stdin", is_flag=True, help="The same as -: read it, one line.")
@click.option("--domain", metavar="DOMAIN", help="Destroy the key of this key domain alone.")
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--to", type=click.Path(path_type=Path), help="Write the receipt here, mode 0600.")
@click.option("--replay", is_flag=True, help="Destroy again what an older state brought back.")
@click.option(
    "--receipt",
    "receipts",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="With --replay: a receipt that was kept elsewhere.",
)
@click.option(
    "--recorded",
    "entry",
    type=click.IntRange(min=0),
    metavar="ENTRY",
    help="Destroy nothing: the receipt of what that entry of the ledger tells of.",
)
@click.pass_obj
def command(
    face: Face,
    subject: str | None,
    from_stdin: bool,
    domain: str | None,
    purpose: str,
    yes: bool,
    to: Path | None,
    replay: bool,
    receipts: tuple[Path, ...],
    entry: int | None,
) -> None:
    """Destroy the key of SUBJECT, so that nothing encrypted under it opens again, anywhere.

    SUBJECT is written as the contracts' subject column writes it, or is a token of it. Keys
    that earlier contracts left under other key domains are destroyed too. An
    argument stands in the shell's history and in the list of processes: with - it is
    read from standard input instead.

    The receipt says what became unreadable, what survives (under treatments without
    the person's key, or in the clear), and until when backups of the state may still
    hold the key. Once is as good as twice. A person who comes back gets a new key.

    A receipt that was lost is made again by --recorded ENTRY, from the entry of the ledger
    that tells of the shredding. It does not say which releases held the person's rows.
    """
    if entry is not None:
        if subject or from_stdin or domain or replay or receipts:
            raise UsageError("--recorded takes no subject", hint="add --to FILE, or nothing")
        _recorded(face, entry, purpose, to)
        return
    if replay:
        if subject or from_stdin or domain or to:
            raise UsageError("--replay takes no subject", hint="add --receipt FILE, or nothing")
        _replay(face, receipts, purpose, yes)
        return
    if receipts:
        raise UsageError("--receipt goes with --replay", hint="--to FILE writes a receipt")
    from lockgate.secret import SecretText

    whom = SecretText(_subject(subject, from_stdin))
    with face.workspace() as workspace:
        if not yes:
            _ask(face, workspace.subjects.scope(domain))
        receipt = workspace.subjects.shred(whom, purpose=purpose, domain=domain, to=to)
    _tell(face, receipt, to)


def _recorded(face: Face, entry: int, purpose: str, to: Path | None) -> None:
    with face.workspace() as workspace:
        receipt = workspace.subjects.recorded(entry, purpose=purpose, to=to)
    _tell(face, receipt, to)


def _tell(face: Face, receipt: ShredReceipt, to: Path | None) -> None:
    if face.as_json:
        face.emit(receipt.document())
    else:
        _show(face, receipt, to)


def _subject(given: str | None, from_stdin: bool) -> str:
    if from_stdin and given not in (None, "-"):
        raise UsageError("give the subject once", hint="as an argument, or by --stdin")
    if not from_stdin and given is None:
        raise UsageError("whose key?", hint="SUBJECT, or - to read it from standard input")
    if not from_stdin and given is not None and given != "-":
        return given
    line = sys.stdin.readline(_LONGEST)
    if sys.stdin.read(1):
        raise UsageError("one subject at a time", hint="one line of standard input")
    return line.rstrip("\r\n")


def _replay(face: Face, receipts: Sequence[Path], purpose: str, yes: bool) -> None:
    if not yes:
        _confirm(face, "Destroy again every key that a receipt or the ledger says was destroyed?")
    with face.workspace() as workspace:
        done = workspace.subjects.shred_again(receipts, purpose=purpose)
        remain = workspace.erased_bytes_remain
    if face.as_json:
        document = {"destroyed": len(done.digests), "subjects": done.digests}
        face.emit({"replayed": True, **document, "erased_bytes_remain": remain})
    elif done.digests:
        face.say(f"{_count(len(done.digests), 'key')} had come back: destroyed again, recorded.")
    else:
        face.say("No key had come back.")
    tell_remaining(face, remain)


def _ask(face: Face, scope: Scope) -> None:
    if face.interactive:
        _columns(face, "What the person's key protects can then never be opened:", scope.unreadable)
        _columns(face, "This stays as it is:", scope.survive)
    _confirm(face, "Destroy the person's key?")


def _confirm(face: Face, question: str) -> None:
    """Raises UsageError if nobody is there to be asked."""
    if not face.interactive:
        raise UsageError("nobody is there to confirm", hint="add --yes to do it anyway")
    click.confirm(question, abort=True, err=True)


def _show(face: Face, receipt: ShredReceipt, to: Path | None) -> None:
    scope = receipt.scope
    if not receipt.destroyed:
        face.say(
            "There is no such key: nobody of that name was given one, or it was destroyed before.",
            "bold",
        )
        return
    said = "The person's key is destroyed and its destruction recorded."
    if receipt.entry is not None:
        said = f"Entry {receipt.entry}: a person's key was destroyed, {receipt.at:%Y-%m-%d %H:%M}."
    face.say(said, "bold")
    if receipt.domains != (receipt.domain,):
        face.say(f"Key domains it was found under: {', '.join(receipt.domains)}.")
    if receipt.elsewhere:
        face.say(f"Left as it is, a key under: {', '.join(receipt.elsewhere)} (--domain).", "bold")
    if receipt.unsearched:
        face.say(f"Not looked into, no index key any more: {', '.join(receipt.unsearched)}.")
    _columns(face, "Unreadable from now on, in every copy:", scope.unreadable)
    _columns(face, "Not under such a key, and as it was:", scope.survive)
    for pipeline, releases in (scope.earlier or {}).items():
        face.say(
            f"  {pipeline}: {_count(releases, 'release')} under earlier plans, whose columns are "
            "not known any more. What was under the person's key is unreadable there too."
        )
    if scope.gate_zones:
        face.say(f"  A program's own gate also released to: {', '.join(scope.gate_zones)}.")
    _releases(face, receipt)
    if scope.waiting:
        face.say(
            f"Rejected rows still wait, under keys of their day: {', '.join(scope.waiting)} "
            "(lockgate quarantine)."
        )
    _backups(face, receipt)
    if to is not None:
        face.say(f"Receipt: {to} (mode 0600). Keep it apart from the state.")


def _releases(face: Face, receipt: ShredReceipt) -> None:
    if receipt.runs:
        face.say(f"Releases that hold the person's rows: {', '.join(receipt.runs)}.")
    if receipt.runs_unread:
        what = "without a manifest to look into"
        if receipt.entry is not None:
            what = "in which nobody looked for the person's rows"
        face.say(f"Releases {what}: {', '.join(receipt.runs_unread)}.")


def _backups(face: Face, receipt: ShredReceipt) -> None:
    face.say(
        f"Backups of the state from before now may hold the key until "
        f"{receipt.backups_until:%Y-%m-%d}, if they are kept as keys.backup_days says. Whoever "
        "restores one runs: lockgate keys shred --replay"
    )
    tell_remaining(face, receipt.erased_bytes_remain)
    if receipt.state == "postgresql":
        face.say(
            "PostgreSQL keeps the erased row in its files until the table is vacuumed, and in its "
            "write-ahead log until that is recycled."
        )


def _columns(face: Face, title: str, reached: Sequence[Reached]) -> None:
    if not reached:
        return
    from lockgate.cli.screen import fill, make_table

    face.say(title)
    table = make_table("pipeline", "sink", "zone", "column", "labels", "as", ("rows", "right"))
    rows = (
        (r.pipeline, r.sink, r.zone, r.column, ", ".join(r.labels), r.how, f"{r.rows:,}")
        for r in reached
    )
    if not face.quiet:
        face.out.print(fill(table, rows))


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
