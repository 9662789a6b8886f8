"""``lockgate keys move``, ``export``, ``import``: to another service, to a safe, and back."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli.face import Face, passphrase_file
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import KeyUnavailable, UsageError

if TYPE_CHECKING:
    from lockgate.keys.lost_root import GivenUp
    from lockgate.secret import SecretBytes

COPY_PASSPHRASE_FILE = "LOCKGATE_COPY_PASSPHRASE_FILE"  # noqa: S105 - a variable's name


@click.command(
    "move",
    cls=LockgateCommand,
    short_help="Wrap every key under another key service.",
    examples=(
        "lockgate keys move --purpose 'to the cloud'",
        "lockgate keys move --again --purpose 'the root key was rotated'",
    ),
)
@click.option(
    "--again", is_flag=True, help="Also keys that the service wrapped itself, with its newest key."
)
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.pass_obj
def move(face: Face, again: bool, purpose: str) -> None:
    """Wrap every key under the key service of `keys:`, unwrapped by the one of `previous:`.

    Data is not touched: the keys stay the same. Each key is opened under the new
    service and compared before the old wrapping is dropped. The project works
    meanwhile, and a move that was interrupted goes on where it stopped. When it is
    done, take `previous:` out of lockgate.yaml.
    """
    with face.workspace() as workspace:
        made = workspace.make_root()
        with moving(face) as moved:
            count = workspace.keys.move(purpose, again=again, moved=moved)
        left = len(workspace.keys.to_move())  # made meanwhile by who still has the file as it was
        service = workspace.keys.service
        previous = workspace.project.previous_keys is not None
    if face.as_json:
        face.emit({"moved": count, "left": left, "service": service})
        return
    if made:
        face.say("Made a new root key: back it up.")
    face.say(f"{count} keys moved; {left or 'none'} left to be wrapped by {service}.")
    if left:
        face.say("They were made meanwhile under the service before: move again.", "yellow")
    elif previous:
        face.say("Nothing needs the service before any more: take `previous:` out of the file.")


@contextmanager
def moving(face: Face) -> Iterator[Callable[[int, int], None] | None]:
    """A callback taking (keys moved, keys in all): a bar on a terminal, else nothing."""
    if face.quiet or face.as_json or not face.err.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=face.err, transient=True) as bars:
        task = bars.add_task("moving keys", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@click.command(
    "export",
    cls=LockgateCommand,
    short_help="Write a sealed copy of all keys, for the day they are lost.",
    examples=("lockgate keys export /media/safe/clinic.keys --purpose 'monthly copy'",),
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.pass_obj
def export(face: Face, file: Path, purpose: str) -> None:
    """Write every key that is not destroyed into FILE, sealed under a passphrase.

    FILE opens with that passphrase in a project of the same name only, whatever
    happens to the root key or its service. A key that is destroyed later is still
    in the copies made before: make a new copy then, and destroy the old one.

    The passphrase is asked for, or read from the file that
    LOCKGATE_COPY_PASSPHRASE_FILE names (mode 0600).
    """
    with face.workspace() as workspace:
        numbers = workspace.keys.export(file, copy_passphrase(twice=True), purpose)
    if face.as_json:
        face.emit({"file": str(file), "key_numbers": list(numbers)})
        return
    from lockgate.printable import printable

    face.say(f"{len(numbers)} keys are in {printable(str(file))}. Keep it apart from the")
    face.say("passphrase. Back up lockgate.yaml, .lockgate/ledger.key and the state as well.")


@click.command(
    "import",
    cls=LockgateCommand,
    short_help="Put keys back from a sealed copy.",
    examples=(
        "lockgate keys import /media/safe/clinic.keys --purpose 'the disk was lost'",
        "lockgate keys import /media/safe/clinic.keys --lost-root --purpose 'KMS is gone'",
    ),
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--purpose", required=True, metavar="TEXT", help="Why; stands in the ledger.")
@click.option(
    "--lost-root", is_flag=True, help="The root key is gone: wrap its keys anew, from the copy."
)
@click.option("--yes", is_flag=True, help="With --lost-root: do not ask.")
@click.option(
    "--unsafe-resurrect", is_flag=True, help="Also keys that were destroyed here; recorded."
)
@click.pass_obj
def import_keys(
    face: Face, file: Path, purpose: str, lost_root: bool, yes: bool, unsafe_resurrect: bool
) -> None:
    """Add the keys that this project lacks from FILE; they are wrapped by its key service.

    Keys that are here already stay as they are. If one of them is another than the
    copy's, or was destroyed here, nothing is imported and the error names it. A key
    that waited to be destroyed when the copy was made comes in to open, and is named.

    --lost-root is for a state whose root key or key service is gone for good: its
    keys are wrapped anew by the service of `keys:`. Those that the copy lacks can
    never be opened again; they are listed, asked about, and recorded as destroyed.
    """
    passphrase = copy_passphrase(twice=False)
    how = {"unsafe_resurrect": unsafe_resurrect}
    replaced = None
    with face.workspace() as workspace:
        if lost_root:
            workspace.make_root(lost=True)
            replaced, done = workspace.keys.replace_lost_root(
                file, passphrase, purpose, lambda lost: _agree(face, lost, yes), **how
            )
        else:
            done = workspace.keys.restore(file, passphrase, purpose, **how)
    rewrapped = replaced.rewrapped if replaced else ()
    given_up = [version.number for version in replaced.given_up] if replaced else []
    if face.as_json:
        face.emit(
            {
                "key_numbers": list(done.numbers),
                "resurrected": list(done.resurrected),
                "spared": list(done.spared),
                "rewrapped": list(rewrapped),
                "given_up": given_up,
            }
        )
        return
    if replaced:
        face.say(f"{len(rewrapped)} keys are wrapped anew, {len(given_up)} were given up.")
    face.say(f"{len(done.numbers)} keys came in, and it is recorded.")
    if done.resurrected:
        face.say(f"{len(done.resurrected)} of them had been destroyed here.", "yellow")
    if done.spared:
        names = ", ".join(
            f"{v.domain} {v.use.value} v{v.version}"
            for v in done.versions
            if v.number in done.spared
        )
        face.say(f"When the copy was made these waited to be destroyed; they open now: {names}.")
        face.say("If they shall still go: lockgate keys destroy DOMAIN", "yellow")


def _agree(face: Face, given_up: GivenUp, yes: bool) -> None:
    """Have somebody say yes to what the copy lacks. Raises UsageError if nobody is there."""
    if not given_up or yes:
        return
    if not face.interactive:
        raise UsageError(
            f"the copy lacks {len(given_up)} keys of this state, and nobody is there to confirm",
            hint="look for a newer copy; add --yes to give them up",
        )
    face.say("The copy lacks these keys; what they protect can never be opened again:", "bold")
    for version in given_up:
        face.say(f"  {version.domain} {version.use.value} v{version.version}")
    click.confirm("Give them up?", abort=True, err=True)


def copy_passphrase(*, twice: bool) -> SecretBytes:
    """The copy's passphrase: from the file the environment names, else asked for.

    Never the root key's: who keeps a copy need not be who runs the project. Raises KeyUnavailable.
    """
    from lockgate.secret import SecretBytes

    named = os.environ.get(COPY_PASSPHRASE_FILE)
    if named:
        return SecretBytes(passphrase_file(Path(named), COPY_PASSPHRASE_FILE).encode())
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise KeyUnavailable(
            "a sealed copy needs a passphrase and nobody is there to type it",
            hint=f"put it in a file with mode 0600 and name that file in {COPY_PASSPHRASE_FILE}",
        )
    import getpass

    first = getpass.getpass("Passphrase of the sealed copy: ")
    if twice and getpass.getpass("Again: ") != first:
        raise UsageError("the two passphrases differ", hint="nothing was written; try again")
    return SecretBytes(first.encode())
