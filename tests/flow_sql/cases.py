"""Cases kept as text: a query, and below it, indented, what is to come of it."""

from __future__ import annotations

from pathlib import Path

CASES = Path(__file__).parent / "cases"


def cases(name: str) -> list[tuple[str, list[str]]]:
    """Each query of a file with the lines below it."""
    found = []
    for block in (CASES / f"{name}.txt").read_text(encoding="utf-8").strip().split("\n\n"):
        query, *lines = block.split("\n")
        found.append((query, [line.strip() for line in lines]))
    return found
