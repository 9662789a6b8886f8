"""A click group that knows its commands by name and imports one only when it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from lockgate.cli.face import Face


@dataclass(frozen=True, slots=True)
class Lazy:
    """Where a command lives (``module:attribute``) and its line in the group's help."""

    target: str
    summary: str


class LazyGroup(click.Group):
    """Commands imported on use, listed in the order given, under headings."""

    def __init__(self, *, sections: Mapping[str, Mapping[str, Lazy]], **settings: Any) -> None:
        super().__init__(**settings)
        self.sections = sections
        self.lazy = {name: lazy for section in sections.values() for name, lazy in section.items()}
        self.params.extend(shared_options())

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the help."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return it; None if there is no such command."""
        lazy = self.lazy.get(cmd_name)
        if lazy is None:
            return None
        module, _, attribute = lazy.target.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{lazy.target} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        for title, commands in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, lazy.summary) for name, lazy in commands.items()])


class LockgateCommand(click.Command):
    """A command with the options every command has, and examples in its help."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = tuple(examples)
        self.params.extend(shared_options())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they would be typed."""
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


class LockgateGroup(click.Group):
    """A small group whose commands live in one file (``keys``, ``ledger`` …)."""

    command_class = LockgateCommand

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.extend(shared_options())


def _project(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Face).choose_project(value)


def _flag(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and param.name is not None:
        setattr(ctx.ensure_object(Face), param.name, True)


def shared_options() -> list[click.Parameter]:
    """``--project --json --quiet --verbose``, accepted before or after the command's name."""
    return [
        click.Option(
            ["--project", "-C"],
            metavar="DIR",
            expose_value=False,
            callback=_project,
            help="The project's folder, or its lockgate.yaml. [default: found upwards from here]",
        ),
        click.Option(
            ["--json", "as_json"],
            is_flag=True,
            expose_value=False,
            callback=_flag,
            help="Print one JSON document (errors too) instead of text.",
        ),
        click.Option(
            ["--quiet", "-q"],
            is_flag=True,
            expose_value=False,
            callback=_flag,
            help="Print nothing but what was asked for, and errors.",
        ),
        click.Option(
            ["--verbose", "-v"],
            is_flag=True,
            expose_value=False,
            callback=_flag,
            help="Log more, and write a report if something inside fails.",
        ),
    ]
