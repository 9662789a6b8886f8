"""Passwords, typed where nobody sees them or read from standard input; never an argument."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from lockgate.cli.face import Face
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from lockgate.secret import SecretText

FROM_STDIN = click.option(
    "--password-stdin", "from_stdin", is_flag=True, help="Read it from a line of standard input."
)


def new_password(face: Face, whose: str, *, from_stdin: bool) -> SecretText:
    """A new password: typed twice, or a line. Raises UsageError."""
    from lockgate.secret import SecretText

    if from_stdin:
        return _line()
    first = _typed(face, f"New password of {whose}: ")
    if _typed(face, "Again: ") != first:
        raise UsageError("the two passwords differ", hint="nothing was changed; try again")
    return SecretText(first)


def password(face: Face, whose: str, *, from_stdin: bool) -> SecretText:
    """A password that somebody has: typed, or a line. Raises UsageError."""
    from lockgate.secret import SecretText

    return _line() if from_stdin else SecretText(_typed(face, f"Password of {whose}: "))


def _typed(face: Face, prompt: str) -> str:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "a password is wanted and nobody is there to type it", hint="add --password-stdin"
        )
    import getpass

    return getpass.getpass(prompt)


def _line() -> SecretText:
    """The next line without its end. Bytes that are no text are nobody's password."""
    from lockgate.limits import DEFAULT_LIMITS
    from lockgate.secret import SecretText

    longest = DEFAULT_LIMITS.password_bytes + 2
    line = sys.stdin.buffer.readline(longest).rstrip(b"\r\n")
    if not line:
        raise UsageError("standard input has no password", hint="one line for each that is asked")
    try:
        return SecretText(line.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    raise UsageError("the password on standard input is not UTF-8")
