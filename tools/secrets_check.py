"""No key, token or password in the tree, by detect-secrets, with no baseline to go stale.

Detectors of known formats (cloud keys, private keys, tokens) look at every file. Those that guess
from entropy, names or addresses leave out what is random on purpose: the hashes of the locked
lists, and published or made-up values in tests (those of Rust stand beside its code), examples, the
reference and the kernel's self-test. Passwords by name in Python are ruff's (S105 to S107). One
line is excused in plain sight, by `pragma: allowlist secret` at its end or `pragma: allowlist
nextline secret` above it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

from tree import ROOT, files

GUESSES = (
    "Base64HighEntropyString",
    "HexHighEntropyString",
    "IPPublicDetector",
    "KeywordDetector",
)
RANDOM_ON_PURPOSE = frozenset({"requirements", "tests", "examples", "docs", ".github", "rust"})
KERNEL = Path("src/lockgate/kernel")
KNOWN_ANSWERS = frozenset({KERNEL / "self_test.py", KERNEL / "subject_self_test.py"})


def findings(names: Iterable[Path], without: Iterable[str] = ()) -> Iterator[str]:
    """Place and kind of what looks like a secret; never the thing itself."""
    with default_settings() as settings:
        settings.disable_plugins(*without)
        for name in names:
            for secret in scan_file(str(name)):
                yield f"{name}:{secret.line_number}: {secret.type}"


def main() -> int:
    """Print every finding; 1 if there is one."""
    os.chdir(ROOT)
    everything = files()
    excused = [n for n in everything if n.parts[0] in RANDOM_ON_PURPOSE or n in KNOWN_ANSWERS]
    others = sorted(set(everything) - set(excused))
    python = [name for name in others if name.suffix == ".py"]
    rest = [name for name in others if name.suffix != ".py"]
    found = [
        *findings(python, without=["KeywordDetector"]),
        *findings(rest),
        *findings(excused, without=GUESSES),
    ]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
