"""What is said where something was erased and a reader of the state still holds its bytes."""

from __future__ import annotations

from lockgate.cli.face import Face


def tell_remaining(face: Face, remain: bool) -> None:
    """Say that erased bytes are still in the state's files, if they are; nothing under --json."""
    if remain and not face.as_json:
        face.say(
            "Erased bytes remain in the state's files until its readers end; the next command that "
            "opens the state tries again.",
            "bold",
        )
