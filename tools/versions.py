"""Whether a tag is the version of both distributions: `python tools/versions.py v1.2.3`."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def versions() -> dict[str, str]:
    """Each distribution's version, by its name."""
    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    rust = tomllib.loads((ROOT / "rust" / "Cargo.toml").read_text())["workspace"]["package"]
    return {"lockgate": python["version"], "lockgate-kernel": rust["version"]}


def main(words: list[str]) -> int:
    """Compare; 1 and a line for each that differs."""
    if len(words) != 1:
        sys.exit("usage: python tools/versions.py TAG")
    wrong = {name: v for name, v in versions().items() if f"v{v}" != words[0]}
    for name, version in wrong.items():
        print(f"{name} is of version {version}, the tag says {words[0]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
