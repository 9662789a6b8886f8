"""`make bench`: fetch the peers, then measure.

Needs the standard library only. Lockgate comes from `.venv`, as `make runtime` filled it. The
peers are of `requirements/bench.txt`, each at one version with its hashes, wheels only, in a
folder of their own (`build/bench-peers`), so that nobody who works on Lockgate installs them. One
that cannot be had is said and left out.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from bootstrap import VENV_PYTHON, pip  # noqa: E402
from native import say  # noqa: E402

LOCKED = ROOT / "requirements" / "bench.txt"
RUNTIME = ROOT / "requirements" / "runtime.txt"
PEERS = ROOT / "build" / "bench-peers"
STAMP = PEERS / ".stamp"
WANTED = PEERS / "wanted.txt"
OPTIONS = ("-q", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--upgrade")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def pins(path: Path) -> dict[str, str]:
    """Requirements with their hashes, by name; a name with several pins has them all."""
    found: dict[str, str] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := _NAME.match(line):
            name = match.group().lower().replace("_", "-")
        if name and not line.lstrip().startswith("#"):
            found[name] = found.get(name, "") + line + "\n"
    return found


def fetch() -> None:
    """Fill the folder anew if the list or the Python changed."""
    wanted = {name: text for name, text in pins(LOCKED).items() if name not in pins(RUNTIME)}
    state = hashlib.sha256("".join([*wanted.values(), _python()]).encode()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == state:
        return
    shutil.rmtree(PEERS, ignore_errors=True)
    PEERS.mkdir(parents=True)
    say(f"installing {len(wanted)} pinned packages to measure against, hashes checked")
    missing = [] if _install("".join(wanted.values())) else _one_by_one(wanted)
    for name in missing:
        say(f"{name} cannot be installed here: what needs it is left out")
    if not missing:
        STAMP.write_text(state)


def _one_by_one(wanted: dict[str, str]) -> list[str]:
    say("not all can be had together: one by one")
    return [name for name, text in wanted.items() if not _install(text)]


def _install(requirements: str) -> bool:
    """Install without resolving anything; the list names everything."""
    WANTED.write_text(requirements, encoding="utf-8")
    command: list[str | Path] = [*pip(), "install", *OPTIONS, "--target", PEERS, "-r", WANTED]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def _python() -> str:
    probe = "import sys; print(sys.version, sys.platform)"
    done = subprocess.run([VENV_PYTHON, "-c", probe], capture_output=True, text=True, check=False)
    return done.stdout


def main(arguments: Sequence[str]) -> int:
    """Fetch, then measure in `.venv`'s Python."""
    fetch()
    paths = [str(PEERS), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command: list[str | Path] = [VENV_PYTHON, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
