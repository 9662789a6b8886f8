"""Pictures of the terminal for the README: run a command on a pseudo-terminal, draw what it shows.

``python tools/pictures.py OUT.svg TITLE FROM TO -- COMMAND …`` keeps the lines from the first that
contains FROM up to, not including, the first after it that contains TO ("" for the end).
The README's five rows: ``docs/pictures/demo.svg 'lockgate demo' '── 5 ' '── 6 ' -- make demo``.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 100


def captured(command: list[str]) -> str:
    """What the command prints on a terminal of COLUMNS columns, colours included."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "LINES": "60", "TERM": "xterm-256color"}
    child = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True
    )
    os.close(theirs)
    pieces = []
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the terminal's other end is closed
            break
        if not piece:
            break
        pieces.append(piece)
    if child.wait() != 0:
        raise SystemExit(f"the command ended with {child.returncode}")
    return b"".join(pieces).decode().replace("\r\n", "\n")


def cut(text: str, start: str, end: str) -> list[Text]:
    """The chosen lines. A line that was redrawn shows its last drawing."""
    lines = [Text.from_ansi(line.rsplit("\r", 1)[-1]) for line in text.split("\n")]
    first = next(i for i, line in enumerate(lines) if start in line.plain)
    rest = enumerate(lines[first + 1 :], first + 1)
    last = next((i for i, line in rest if end and end in line.plain), len(lines))
    return lines[first:last]


def main() -> None:
    """Draw the picture."""
    target, title, start, end, _, *command = sys.argv[1:]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere)
        for line in cut(captured(command), start, end):
            console.print(line)
    drawn = console.export_svg(title=title, unique_id="lockgate")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)  # no fonts from elsewhere
    drawn = re.sub(r"<!--.*?-->\s*", "", drawn, flags=re.DOTALL)
    Path(target).write_text(drawn.replace("Fira Code", "DejaVu Sans Mono"), encoding="utf-8")


if __name__ == "__main__":
    main()
