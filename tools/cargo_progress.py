"""What cargo says while it builds, as one line on a terminal and a few plain ones elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable

EVERY_SECONDS = 20
LONGEST_ERROR = 120
FOLDER = re.compile(r" \([^ )]*[/\\][^)]*\)")


def follow(lines: Iterable[str], log: Callable[[str], object], expected: int) -> tuple[int, str]:
    """Pass every line to ``log`` and show how far the build is.

    ``expected`` is how many crates there are at most: some are for other systems. Returns how many
    were begun, and cargo's first error, or "".
    """
    updating = sys.stdout.isatty() and not os.environ.get("CI")
    done, shown, error = 0, time.monotonic(), ""
    for line in lines:
        log(line)
        words = line.split()
        if words[:1] == ["Compiling"]:
            done += 1
            if updating:
                _overwrite(f"lockgate:   {done} of up to {expected} crates: {words[1]}")
            elif time.monotonic() - shown > EVERY_SECONDS:
                shown = time.monotonic()
                print(f"lockgate:   {done} of up to {expected} crates", flush=True)
        elif not error and line.startswith("error"):
            error = _first_sentence(line)
    if updating:
        _overwrite("")
    return done, error


def _overwrite(text: str) -> None:
    width = shutil.get_terminal_size().columns - 1
    print(f"\r\x1b[2K{text[:width]}", end="", flush=True)


def _first_sentence(line: str) -> str:
    """cargo's own words for what is wrong, without its label and cut to a line."""
    _, _, words = line.strip().partition(": ")
    return FOLDER.sub("", words or line.strip())[:LONGEST_ERROR]
