"""The command ``lockgate``: its commands, and how everything that can go wrong ends.

Nothing heavy is imported before a command needs it: ``lockgate --help`` must be instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from lockgate.cli.face import Face
from lockgate.cli.failure import from_click, from_machine, internal, show, version
from lockgate.cli.lazy import Lazy, LazyGroup
from lockgate.cli.uncaught import tell_without_words
from lockgate.errors import InternalError, LockgateError, UsageError
from lockgate.hardening import harden_process

INTERRUPTED = 130
BROKEN_PIPE = 141
_AT = "lockgate.cli.commands"
SECTIONS = {
    "Start": {
        "demo": Lazy(
            f"{_AT}.demo:command", "Watch 200,000 invented patients go from clear to protected."
        ),
        "protect": Lazy(
            f"{_AT}.protect:command", "Protect a CSV, JSON Lines or Parquet file of your own."
        ),
        "init": Lazy(f"{_AT}.init:command", "Start a project in a folder."),
    },
    "Work": {
        "check": Lazy(f"{_AT}.check:command", "Prove that no column reaches a zone unprotected."),
        "plan": Lazy(f"{_AT}.plan:command", "Show every column's way: text, Mermaid, SVG, HTML."),
        "run": Lazy(f"{_AT}.run:command", "Run a pipeline: judge, protect, release, record."),
        "quarantine": Lazy(
            f"{_AT}.quarantine:command", "Look at rejected rows; replay or discard them."
        ),
        "reveal": Lazy(f"{_AT}.reveal:command", "Turn tokens and ciphertexts back into values."),
        "unseal": Lazy(f"{_AT}.unseal:command", "Open a sealed file."),
    },
    "Who may": {
        "login": Lazy(f"{_AT}.login:login", "Log in: act as a verified person or service."),
        "logout": Lazy(f"{_AT}.login:logout", "End the session of your log-in."),
        "whoami": Lazy(
            f"{_AT}.login:whoami", "Show who acts, how that was verified, and their roles."
        ),
    },
    "Look after": {
        "contract": Lazy(
            f"{_AT}.contract:command", "Show what a contract demands, or its Pydantic model."
        ),
        "access": Lazy(f"{_AT}.access:command", "Accounts, roles, and who may do what."),
        "policy": Lazy(f"{_AT}.policy:command", "Compare policies: who would see more."),
        "keys": Lazy(f"{_AT}.keys:command", "List, make, rotate, move and destroy keys."),
        "secrets": Lazy(f"{_AT}.secrets:command", "List and try the secrets referred to."),
        "ledger": Lazy(
            f"{_AT}.ledger:command", "Show and verify the record of everything that happened."
        ),
        "doctor": Lazy(f"{_AT}.doctor:command", "Check this machine and this project."),
    },
}

HELP = """Lockgate moves sensitive data so that nothing leaves unvalidated, unprotected,
unauthorised or unrecorded.

New here? `lockgate demo` shows it in a minute, `lockgate protect people.csv --to out/`
does it to a file of yours."""


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"lockgate {version()}")
        ctx.exit()


cli = LazyGroup(
    name="lockgate",
    help=HELP,
    sections=SECTIONS,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Show the version and exit.",
        )
    ],
)


def invoke(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code. Never raises, never shows a traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Known before parsing, so that a mistake in the words is answered in the form asked for.
    face = Face(as_json="--json" in words)
    stdout = sys.stdout
    try:
        code = cli.main(words, prog_name="lockgate", standalone_mode=False, obj=face)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        return _pipe_closed()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        return UsageError.exit_code
    except (click.Abort, KeyboardInterrupt, EOFError) as error:
        return _stopped(error, face)
    except InternalError as error:
        return _inside(error, face) if error.kind else _guarded(error, face)
    except LockgateError as error:
        return _guarded(error, face)
    except click.ClickException as error:
        return _guarded(from_click(error), face)
    except (OSError, MemoryError) as error:
        return _guarded(from_machine(error), face)
    except SystemExit as error:
        if sys.stdout is not stdout:  # click wraps it, and ends the process, when a pipe closes
            return _pipe_closed()
        return (
            error.code if _by_click(error) and isinstance(error.code, int) else _inside(error, face)
        )
    except BaseException as error:  # noqa: BLE001 - the last seam: no traceback may reach a user
        return _inside(error, face)


def _inside(error: BaseException, face: Face) -> int:
    try:
        return internal(error, face)
    except BrokenPipeError:
        _pipe_closed()
        return int(LockgateError.exit_code)


def _by_click(error: SystemExit) -> bool:
    """Whether click itself ended the process (shell completion), not code of the project."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at is not None and str(at.tb_frame.f_globals.get("__name__")).startswith("click.")


def _guarded(error: LockgateError, face: Face) -> int:
    try:
        return show(error, face)
    except BrokenPipeError:
        _pipe_closed()
        return int(error.exit_code)


def _stopped(error: BaseException, face: Face) -> int:
    if isinstance(error, EOFError) or isinstance(error.__cause__, EOFError):
        return _guarded(UsageError("the input ended before the question was answered"), face)
    click.echo("\nStopped. Nothing half-done was published.", err=True)
    return INTERRUPTED


def _pipe_closed() -> int:
    # The reader has gone; give the interpreter somewhere to flush what is left.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def main() -> NoReturn:
    """The console script."""
    # numpy's linear algebra, which nothing here uses, starts a thread a core that spins at first.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    harden_process()
    tell_without_words()
    sys.exit(invoke())
