"""How a failure looks: one block for people, one JSON document for programs, an exit code."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import sys
import tempfile
import textwrap
from typing import Any

import click

from lockgate.cli.face import Face
from lockgate.cli.places import near_position
from lockgate.errors import ExitCode, InternalError, LockgateError, Position, Problem, UsageError
from lockgate.printable import printable, shortened
from lockgate.redaction.raised_name import raised_name

MAX_PROBLEMS = 200


def as_document(error: LockgateError) -> dict[str, Any]:
    """The error as JSON: code, message, where, hint, problems, exit_code."""
    return {
        "code": error.code,
        "message": error.message,
        "where": _place(error.where),
        "hint": error.hint,
        "problems": [
            {
                "code": problem.code,
                "message": problem.message,
                "where": _place(problem.where),
                "hint": problem.hint,
            }
            for problem in error.problems
        ],
        "exit_code": int(error.exit_code),
    }


def _place(where: Position | None) -> dict[str, Any] | None:
    if where is None:
        return None
    return {"file": where.file, "line": where.line or None, "column": where.column or None}


def show(error: LockgateError, face: Face) -> int:
    """Print the error where it belongs and return the exit code."""
    if face.as_json:
        document = face.done_before | {"error": as_document(error)}
        click.echo(json.dumps(document, indent=2, ensure_ascii=True))
    else:
        click.echo(block(error), err=True, color=colour_wanted(sys.stderr))
    return int(error.exit_code)


def colour_wanted(stream: Any) -> bool:
    """Whether to colour: a terminal that can, and nobody said NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def block(error: LockgateError) -> str:
    """The error as a block of lines with ANSI styles (stripped where not wanted)."""
    lines = _paragraph(
        click.style(error.code, fg="red", bold=True) + " ", error.message, len(error.code) + 1
    )
    if error.where:
        lines += _field("where", near_position(error.where))
    problems = error.problems[:MAX_PROBLEMS]
    for problem in problems:
        lines += _problem(problem, inherited=error.code)
    if len(error.problems) > len(problems):
        lines.append(f"  … and {len(error.problems) - len(problems)} more")
    if error.hint:
        lines += _field("what to do", error.hint, colour="green")
    return "\n".join(lines)


def _width() -> int:
    return max(40, min(shutil.get_terminal_size((100, 24)).columns, 110))


def _paragraph(start: str, text: str, indent: int) -> list[str]:
    lines = textwrap.wrap(
        printable(text), _width() - indent, break_long_words=False, break_on_hyphens=False
    ) or [""]
    return [start + lines[0]] + [" " * indent + line for line in lines[1:]]


def _field(name: str, text: str, colour: str = "cyan") -> list[str]:
    return _paragraph("  " + click.style(f"{name:<11}", fg=colour), text, 13)


def _problem(problem: Problem, inherited: str) -> list[str]:
    place = f"{printable(near_position(problem.where))}  " if problem.where else ""
    code = "" if problem.code == inherited else f"{problem.code} "
    lines = _paragraph("  - ", f"{place}{code}{problem.message}", 4)
    if problem.hint:
        lines += _paragraph("    " + click.style("→ ", fg="green"), problem.hint, 6)
    return lines


def from_click(error: click.ClickException) -> UsageError:
    """A misused command as our own error, with the way to its help."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "lockgate"
    return UsageError(error.format_message(), hint=f"`{path} --help` shows how it is used")


def from_machine(error: OSError | MemoryError) -> LockgateError:
    """The machine's refusal in its own words, without the path (it may be data)."""
    from lockgate.errors import EnvironmentFailed

    if isinstance(error, MemoryError):
        return EnvironmentFailed("the machine has no memory left for this")
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return EnvironmentFailed(
        f"the machine refused: {reason}", hint="`lockgate doctor` looks at folders and permissions"
    )


def internal(error: BaseException, face: Face) -> int:
    """An unexpected exception: one line, and with --verbose a report that holds no values."""
    kind = error.kind if isinstance(error, InternalError) else raised_name(error)
    name = shortened(kind, 60)
    hint = "run again with --verbose to write a report"
    if face.verbose:
        with contextlib.suppress(OSError):
            hint = f"a report without any values was written to {_write_report(error)}"
    failure = LockgateError(f"internal error ({name}): this is a defect in Lockgate", hint=hint)
    if face.as_json:
        return show(failure, face)
    click.echo(f"{failure.code} {failure.message}; {hint}", err=True)
    return int(ExitCode.INTERNAL)


def _write_report(error: BaseException) -> str:
    from lockgate.redaction import scrubbed_traceback

    handle, path = tempfile.mkstemp(prefix="lockgate-report-", suffix=".txt")
    facts = [
        f"lockgate {version()}, Python {platform.python_version()}, {platform.platform()}",
        "Class names, files and line numbers only: no message, argument or value.",
        "",
    ]
    places = list(error.places) if isinstance(error, InternalError) else scrubbed_traceback(error)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(facts + places) + "\n")
    return path


def version() -> str:
    """The installed distribution's version."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("lockgate")
    except PackageNotFoundError:
        return "unknown"
