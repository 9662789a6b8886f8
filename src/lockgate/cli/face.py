"""What one invocation of the command line knows: its options, its terminal, its project."""

from __future__ import annotations

import gc
import json
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lockgate.errors import EnvironmentFailed, KeyUnavailable, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from lockgate.assemble.workspace import Workspace

PASSPHRASE_FILE = "LOCKGATE_PASSPHRASE_FILE"  # noqa: S105 - a variable's name, not a passphrase


@dataclass(slots=True)
class Face:
    """The options every command shares, and the ways to answer.

    ``done_before`` is what a command had done when it was refused; it stands beside the error.
    """

    project: Path | None = None
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    done_before: dict[str, Any] = field(default_factory=dict)
    _out: Console | None = None
    _err: Console | None = None

    def choose_project(self, text: str) -> None:
        """Remember ``--project``; its lockgate.yaml may be named itself."""
        path = Path(text)
        self.project = path.parent if path.name == "lockgate.yaml" else path

    @property
    def project_words(self) -> str:
        """What to add to a suggested command so that it finds the same project."""
        return f" --project {shlex.quote(str(self.project))}" if self.project is not None else ""

    @property
    def out(self) -> Console:
        """Standard output, for what was asked for."""
        if self._out is None:
            from lockgate.cli.screen import make_console

            self._out = make_console(sys.stdout)
        return self._out

    @property
    def err(self) -> Console:
        """Standard error, for progress and narration."""
        if self._err is None:
            from lockgate.cli.screen import make_console

            self._err = make_console(sys.stderr)
        return self._err

    def emit(self, document: Any) -> None:
        """Print one JSON document to standard output, escaped so that no terminal obeys it."""
        click.echo(json.dumps(document, indent=2, ensure_ascii=True, default=str))

    def tell(self, document: Any, text: str) -> None:
        """Say what was done: the document with ``--json``, else in words."""
        if self.as_json:
            self.emit(document)
        else:
            self.say(text)

    def say(self, text: str = "", style: str = "") -> None:
        """Narrate on standard output, unless ``--quiet`` or ``--json``."""
        if not (self.quiet or self.as_json):
            self.out.print(text, style=style or None)

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to be asked."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.as_json

    def log(self, *, info: bool = False) -> None:
        """Start logging. ``info``: JSON records of the work itself when nobody watches."""
        from lockgate.cli.logging import configure_logging

        watched = sys.stderr.isatty() and not self.as_json
        configure_logging(
            as_json=not watched and (info or self.as_json),
            verbose=self.verbose,
            info=info and not self.quiet,
        )

    @contextmanager
    def workspace(self, *, logs: bool = False) -> Iterator[Workspace]:
        """Open the project. Raises ConfigurationError, KeyUnavailable, EnvironmentFailed."""
        self.log(info=logs)
        own_arrow()
        gc.disable()  # nothing that is imported is ever garbage: looking for some costs a tenth
        try:
            from lockgate.assemble.workspace import Workspace
        finally:
            gc.enable()
        gc.freeze()

        with Workspace.open(self.project, passphrase=self.passphrase) as opened:
            yield opened

    def passphrase(self) -> str:
        """The root key's passphrase: from the file the environment names, else asked for.

        Never from an argument or a variable's value: both show in process listings.
        Raises KeyUnavailable, also for a file that others than its owner can reach.
        """
        named = os.environ.get(PASSPHRASE_FILE)
        if named:
            return passphrase_file(Path(named), PASSPHRASE_FILE)
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise KeyUnavailable(
                "this project's root key needs a passphrase and nobody is there to type it",
                hint=f"put it in a file with mode 0600 and name that file in {PASSPHRASE_FILE}",
            )
        import getpass

        return getpass.getpass("Passphrase of this project's root key: ")


def passphrase_file(path: Path, variable: str) -> str:
    """The passphrase in the private file that ``variable`` names. Raises KeyUnavailable.

    The path is not said: it is the passphrase itself where somebody took the variable for that.
    """
    from lockgate.adapters.private_files import read_private

    try:
        return read_private(path).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        why, hint = "it is not UTF-8", "write the passphrase into it again"
    except EnvironmentFailed as error:
        why = "it" + error.message.removeprefix(str(path))
        named = error.hint.endswith(str(path))
        hint = f'{error.hint.removesuffix(str(path))}"${variable}"' if named else error.hint
    raise KeyUnavailable(
        f"the file that {variable} names is not used: {why}",
        hint=hint or "it must be a plain file of this user with mode 0600",
    )


class _NoPandas:
    """A finder under which there is no pandas."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def own_arrow() -> None:
    """Leave Ctrl-C to Python, and pandas unloaded.

    Arrow's readers take the signal for themselves and may lose it. And Arrow loads pandas, where it
    is installed, with the first list it converts, to know a frame if it sees one: a quarter of a
    second and 30 MB, for frames that no command has. It asks once, so it is asked here; whoever
    imports pandas later still gets it.
    """
    import pyarrow as pa

    pa.enable_signal_handlers(False)
    finders: list[object] = sys.meta_path  # type: ignore[assignment]
    finders.insert(0, _NoPandas)
    try:
        pa.array([None])
    finally:
        finders.remove(_NoPandas)


def one_of(given: dict[str, bool], needed: str) -> None:
    """Raise UsageError unless exactly one of the named choices is true."""
    if sum(given.values()) != 1:
        raise UsageError(f"give exactly one of {', '.join(given)}", hint=needed)
