"""Run every check on the code, two at a time, and show the words of those that failed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CODE = [name for name in ("src", "tests", "tools", "bench", "examples") if (ROOT / name).is_dir()]


NOTE = "lockgate: "  # what a check that passed has to say all the same


class Check(NamedTuple):
    """What is checked, in a newcomer's words, and how."""

    name: str
    command: Sequence[str | Path]


class Outcome(NamedTuple):
    """How one check ended and what it said."""

    check: Check
    passed: bool
    seconds: float
    words: str


CHECKS = (
    Check("types (mypy --strict)", (BIN / "mypy",)),
    Check(
        "style and likely mistakes (ruff)",
        (BIN / "ruff", "check", "--no-cache", "--quiet", "--output-format=concise", *CODE),
    ),
    Check(
        "format (ruff)",
        (BIN / "ruff", "format", "--no-cache", "--check", "--output-format=concise", *CODE),
    ),
    Check("floors and walls (import-linter)", (BIN / "lint-imports", "--no-logo")),
    Check(
        "security of the code (bandit)",
        (BIN / "bandit", "-q", "-r", "src", "-c", "pyproject.toml"),
    ),
    Check("no secret in the tree", (sys.executable, "tools/secrets_check.py")),
    Check("docs match the code", (sys.executable, "tools/docs_check.py")),
    Check("house rules", (sys.executable, "tools/house_rules.py")),
    Check("Rust: format and lints (cargo)", (sys.executable, "tools/rust.py", "check")),
)


def perform(check: Check) -> Outcome:
    """Run one check from the root of the repository."""
    started = time.monotonic()
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    return Outcome(check, done.returncode == 0, seconds, done.stdout + done.stderr)


def main() -> int:
    """Run all, print one line each, then what the failed ones said."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = []
        for outcome in pool.map(perform, CHECKS):
            mark = "ok  " if outcome.passed else "FAIL"
            print(f"{mark} {outcome.check.name} ({outcome.seconds:.1f} s)", flush=True)
            if outcome.passed and outcome.words.startswith(NOTE):
                print(f"     {outcome.words.strip()}", flush=True)
            outcomes.append(outcome)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        print(f"\n--- {outcome.check.name}\n{outcome.words.strip()}")
    print(f"\n{len(CHECKS) - len(failed)} checks passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
