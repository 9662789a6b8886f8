"""What cargo says while it builds, as one line on a terminal and a few plain ones elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
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
    done, error = 0, ""
    with Shown() as shown:
        for line in lines:
            log(line)
            words = line.split()
            if words[:1] == ["Compiling"]:
                done += 1
                shown.text = f"{done} of up to {expected} crates: {words[1]}"
            elif not error and line.startswith("error"):
                error = _first_sentence(line)
    return done, error


class Shown:
    """The last thing said and the seconds since the start: the last crate takes the longest.

    On a terminal one line that changes every second; elsewhere a new one now and then.
    """

    def __init__(self) -> None:
        self.text = "looking for its crates"
        self._updating = sys.stdout.isatty() and not os.environ.get("CI")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def __enter__(self) -> Shown:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._updating:
            _overwrite("")

    def _show(self) -> None:
        started = time.monotonic()
        while not self._over.wait(1 if self._updating else EVERY_SECONDS):
            line = f"lockgate:   {time.monotonic() - started:.0f} s, {self.text}"
            if self._updating:
                _overwrite(line)
            else:
                print(line, flush=True)


def _overwrite(text: str) -> None:
    width = shutil.get_terminal_size().columns - 1
    print(f"\r\x1b[2K{text[:width]}", end="", flush=True)


def _first_sentence(line: str) -> str:
    """cargo's own words for what is wrong, without its label and cut to a line."""
    _, _, words = line.strip().partition(": ")
    return FOLDER.sub("", words or line.strip())[:LONGEST_ERROR]
