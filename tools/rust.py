"""What CI asks of the Rust code: `python tools/rust.py check|test|here`.

`check` is format and lints, `test` the tests of every crate, `here` only whether cargo is. Without
a cargo that is new enough each says so; `here` then ends with 1, the others with 0.
"""

from __future__ import annotations

import os
import subprocess
import sys

import crates
from native import RUST, NotBuilt, find_cargo, say

LINTS = ("clippy", "--locked", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings")
STEPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "check": (("fmt", "--all", "--check"), LINTS),
    "test": (("test", "--locked", "--workspace", "--profile", "quick", "--quiet"),),
}


def run(cargo: str, step: tuple[str, ...]) -> bool:
    """One cargo command in `rust/`; whether it passed."""
    environment = {**os.environ, "CARGO_TERM_PROGRESS_WHEN": "never"}
    return subprocess.run([cargo, *step], cwd=RUST, env=environment, check=False).returncode == 0


def lock_is_current(cargo: str) -> bool:
    """Whether `rust/crates.lock` is what the manifests ask for."""
    crates.write_working_lock(cargo)
    if run(cargo, ("fetch", "--locked", "--quiet")):
        return True
    say("rust/crates.lock does not fit the manifests, or crates cannot be fetched: see `make lock`")
    return False


def main(words: list[str]) -> int:
    """Run the steps of one word."""
    if len(words) != 1 or words[0] not in (*STEPS, "here"):
        sys.exit("usage: python tools/rust.py check|test|here")
    (word,) = words
    try:
        cargo, _ = find_cargo()
    except NotBuilt as reason:
        say(f"Rust: not looked at ({reason})")
        return 1 if word == "here" else 0
    if word == "here":
        return 0
    return 0 if lock_is_current(cargo) and all(run(cargo, s) for s in STEPS[word]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
