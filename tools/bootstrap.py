"""Make `.venv` and fill it from the hash-locked lists: `python tools/bootstrap.py KIND`.

KIND is runtime, dev or native. Runs on a bare Python 3.11 or later with nothing but the standard
library. Packages come from `requirements/*.txt` only, each at one version with its hashes, wheels
only (so no package runs code while it is installed), and Lockgate itself is linked in without
resolving anything. Asked again, it does nothing until those files or what `pyproject.toml` says of
the package changed. Then `tools/native.py` builds the native kernel, if it can; `native` is
`runtime`, and tries again what failed before.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from native import Venv, provide, say

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
NATIVE = "native"
LOCKS = {
    "runtime": ("requirements/runtime.txt", "requirements/build.txt"),
    "dev": ("requirements/dev.txt",),  # holds every pin of the other two
}


def fingerprint(kind: str) -> str:
    """Digest of everything that decides what the environment holds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    built = [project["project"], project["build-system"], project["tool"]["hatch"]]
    digest = hashlib.sha256(json.dumps([str(VENV), built], sort_keys=True).encode())
    for name in LOCKS[kind]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_filled(kind: str) -> bool:
    """Whether the environment holds this list already; `dev` holds `runtime` too."""
    kinds = ("dev",) if kind == "dev" else ("runtime", "dev")
    stamps = {name: VENV / f".lockgate-{name}" for name in kinds}
    return any(s.is_file() and s.read_text() == fingerprint(n) for n, s in stamps.items())


def venv_works() -> bool:
    """Whether `.venv` has a Python that runs and is new enough."""
    probe = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        done = subprocess.run([VENV_PYTHON, "-c", probe], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def make_venv() -> None:
    """Create `.venv`, with this Python's own pip where Debian keeps `ensurepip` apart."""
    version = ".".join(map(str, sys.version_info[:3]))
    if importlib.util.find_spec("venv") is None:
        sys.exit(f"lockgate: {sys.executable} has no `venv` (Debian: apt-get install python3-venv)")
    options = ["--clear"]
    if importlib.util.find_spec("ensurepip") is None:
        if importlib.util.find_spec("pip") is None:
            sys.exit(
                f"lockgate: {sys.executable} has neither `ensurepip` nor `pip` "
                "(Debian: apt-get install python3-venv)"
            )
        options.append("--without-pip")
    say(f"making .venv with Python {version} ({sys.executable})")
    run([sys.executable, "-m", "venv", *options, VENV], "the environment could not be made")


def run(command: list[str | Path], failure: str) -> None:
    """Run a step; its own words stand above ours if it fails."""
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("PIP_REQUIRE_VIRTUALENV", None)
    if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
        sys.exit(f"lockgate: {failure} (see above)")


def pip() -> list[str | Path]:
    """The environment's pip, or this Python's pip reaching into it."""
    own = subprocess.run([VENV_PYTHON, "-m", "pip", "--version"], capture_output=True, check=False)
    if own.returncode == 0:
        return [VENV_PYTHON, "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", VENV_PYTHON]


def fill(kind: str) -> None:
    """Install the locked list, then link Lockgate in."""
    lists = [ROOT / name for name in LOCKS[kind]]
    count = sum(line.count("==") for path in lists for line in path.read_text().splitlines())
    say(f"installing up to {count} pinned packages, hashes checked ({', '.join(LOCKS[kind])})")
    locked: list[str | Path] = [part for path in lists for part in ("-r", path)]
    run(
        [*pip(), "install", "-q", "--require-hashes", "--only-binary", ":all:", *locked],
        "the locked packages could not be installed",
    )
    say("linking lockgate itself into .venv (no download)")
    run(
        [*pip(), "install", "-q", "--no-deps", "--no-build-isolation", "-e", ROOT],
        "lockgate itself could not be installed",
    )
    (VENV / f".lockgate-{kind}").write_text(fingerprint(kind))


def venv() -> Venv:
    """The environment, for the native kernel."""
    return Venv(VENV, VENV_PYTHON, pip)


def main(arguments: list[str]) -> None:
    """Make the environment hold the named list, and the native kernel."""
    if len(arguments) != 1 or arguments[0] not in (*LOCKS, NATIVE):
        sys.exit(f"usage: python tools/bootstrap.py {'|'.join(LOCKS)}|{NATIVE}")
    if sys.version_info < OLDEST:
        sys.exit(f"lockgate: needs Python 3.11 or later, this is {sys.version.split()[0]}")
    (kind,) = arguments
    make("runtime" if kind == NATIVE else kind)
    if not provide(venv(), again=kind == NATIVE) and kind == NATIVE:
        sys.exit(1)


def make(kind: str) -> None:
    """Make the environment hold the named list."""
    if venv_works():
        if is_filled(kind):
            return
        say("adding to the .venv that is here (`make clean` to start over)")
    else:
        make_venv()
    started = time.monotonic()
    fill(kind)
    say(f"ready in {time.monotonic() - started:.0f} s: .venv/bin/lockgate")


if __name__ == "__main__":
    main(sys.argv[1:])
