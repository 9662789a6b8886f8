"""`Cargo.lock` from the committed `crates.lock`, and back, in `rust` and in `rust/fuzz`.

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
FUZZ = RUST / "fuzz"
COMMITTED = "crates.lock"
WORKING = "Cargo.lock"
MANIFEST = "Cargo.toml"


class NoSource(Exception):
    """cargo does not say where crates come from."""


def source(cargo: str, folder: Path = RUST) -> str:
    """How cargo names, in a lock, the registry that a dependency without address comes from."""
    asked = (cargo, "metadata", "--no-deps", "--format-version=1", "--offline", "--manifest-path")
    done = subprocess.run(
        [*asked, str(folder / MANIFEST)],
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


def write_working_lock(cargo: str, folder: Path = RUST) -> None:
    """Make a workspace's `Cargo.lock` say what its `crates.lock` does. Raises NoSource."""
    working = folder / WORKING
    wanted = with_source((folder / COMMITTED).read_text(), source(cargo, folder))
    if not working.is_file() or working.read_text() != wanted:
        working.write_text(wanted)


def refresh(cargo: str, folder: Path = RUST, *, upgrade: bool) -> int:
    """Lock anew what the manifests ask for; pins that still fit stay unless ``upgrade``.

    Returns the number of crates that are not ours. Raises CalledProcessError, NoSource.
    """
    if (folder / COMMITTED).is_file():
        write_working_lock(cargo, folder)
    words = ["update"] if upgrade else ["update", "--workspace"]
    manifest = str(folder / MANIFEST)
    subprocess.run([cargo, *words, "--quiet", "--manifest-path", manifest], check=True)
    committed = without_source((folder / WORKING).read_text())
    (folder / COMMITTED).write_text(committed)
    return committed.count("\nchecksum = ")


if __name__ == "__main__":
    try:
        write_working_lock("cargo")
    except (NoSource, OSError):
        sys.exit("lockgate: cargo does not say where crates come from")
