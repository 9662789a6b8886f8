"""The files of the checkout that the checks look at."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 2 << 20


def files(*suffixes: str) -> list[Path]:
    """Tracked files and new ones not ignored, from the root; only these suffixes if given."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    names = sorted({Path(name) for name in listed.split("\0") if name})
    return [
        name
        for name in names
        if (ROOT / name).is_file() and (not suffixes or name.suffix in suffixes)
    ]


def text(name: Path) -> str:
    """A file's text, "" where it is not text or too large to be written by a person."""
    path = ROOT / name
    if path.stat().st_size > LARGEST:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
