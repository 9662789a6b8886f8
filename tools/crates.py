"""`rust/Cargo.lock` from the committed `rust/crates.lock`, and back (docs/decisions/0014).

The committed list holds names, versions and checksums, and no address: a lock without its `source`
lines. Which address stands in those lines, cargo says itself, without asking the network. With the
checksums in place and `--locked`, cargo takes these very crates from wherever it is told to look.

`python tools/crates.py` writes `rust/Cargo.lock`, for work with cargo itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUST = ROOT / "rust"
COMMITTED = RUST / "crates.lock"
WORKING = RUST / "Cargo.lock"
MANIFEST = RUST / "Cargo.toml"


class NoSource(Exception):
    """cargo does not say where crates come from."""


def source(cargo: str) -> str:
    """How cargo names, in a lock, the registry that a dependency without address comes from."""
    asked = (cargo, "metadata", "--no-deps", "--format-version=1", "--offline", "--manifest-path")
    done = subprocess.run(
        [*asked, str(MANIFEST)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages = json.loads(done.stdout)["packages"]
        named = {d["source"] for package in packages for d in package["dependencies"]} - {None}
    except (ValueError, LookupError):
        named = set()
    if len(named) != 1:
        raise NoSource
    return str(named.pop())


def with_source(committed: str, named: str) -> str:
    """cargo's own form: every package with a checksum has its source before it."""
    lines = committed.splitlines(keepends=True)
    return "".join(
        f'source = "{named}"\n{line}' if line.startswith("checksum = ") else line for line in lines
    )


def without_source(working: str) -> str:
    """The form that is committed."""
    lines = working.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("source = "))


def write_working_lock(cargo: str) -> None:
    """Make `rust/Cargo.lock` say what `rust/crates.lock` does. Raises NoSource."""
    wanted = with_source(COMMITTED.read_text(), source(cargo))
    if not WORKING.is_file() or WORKING.read_text() != wanted:
        WORKING.write_text(wanted)


def refresh(cargo: str, *, upgrade: bool) -> int:
    """Lock anew what the manifests ask for; pins that still fit stay unless ``upgrade``.

    Returns the number of crates that are not ours. Raises CalledProcessError, NoSource.
    """
    if COMMITTED.is_file():
        write_working_lock(cargo)
    words = ["update"] if upgrade else ["update", "--workspace"]
    subprocess.run([cargo, *words, "--quiet", "--manifest-path", str(MANIFEST)], check=True)
    committed = without_source(WORKING.read_text())
    COMMITTED.write_text(committed)
    return committed.count("\nchecksum = ")


if __name__ == "__main__":
    try:
        write_working_lock("cargo")
    except (NoSource, OSError):
        sys.exit("lockgate: cargo does not say where crates come from")
