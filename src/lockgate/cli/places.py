"""Paths and positions as seen from the folder somebody works in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lockgate.errors import Position


def near(path: Path | str) -> str:
    """A path relative to the current folder where it lies below that, else as it is."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def near_position(where: Position | None) -> str:
    """``file:line:column`` as seen from here; the empty string for None."""
    return "" if where is None else str(replace(where, file=near(where.file)))
