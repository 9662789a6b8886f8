"""Write `requirements/*.txt` anew from `pyproject.toml`: `make lock`, or `make lock UPGRADE=1`.

The lists hold for Python 3.11 and later on Linux, macOS and Windows, carry every file's hash, and
name no index: where packages come from is each machine's own setting. uv does not read pip's
settings, so they are handed over here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import crates

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
OPTIONS = (
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--only-binary=:all:",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--custom-compile-command=make lock",
)


def pip_setting(name: str) -> str:
    """What this machine's pip is told, "" if nothing."""
    for section in ("install", "global", ":env:"):
        command = [sys.executable, "-m", "pip", "config", "get", f"{section}.{name}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.strip()
    return ""


def environment() -> dict[str, str]:
    """The environment with pip's index and certificates under uv's names."""
    result = dict(os.environ)
    for setting, variable in (("index-url", "UV_DEFAULT_INDEX"), ("cert", "SSL_CERT_FILE")):
        if value := pip_setting(setting):
            result.setdefault(variable, value)
    return result


def lock(name: str, *what: str) -> None:
    """Compile one list; existing pins stay unless `--upgrade` is among the words."""
    output = REQUIREMENTS / f"{name}.txt"
    command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, *what, "-o", str(output)]
    subprocess.run(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, check=True)
    pins = sum("==" in line for line in output.read_text().splitlines())
    print(f"requirements/{name}.txt: {pins} pins")


def lock_crates(*, upgrade: bool) -> None:
    """The crates of the native kernel, if cargo is here to say."""
    cargo = shutil.which("cargo")
    if cargo is None:
        print("rust/crates.lock: left as it is (no cargo here)")
        return
    for folder in (crates.RUST, crates.FUZZ):
        locked = crates.refresh(cargo, folder, upgrade=upgrade)
        print(f"{folder.relative_to(ROOT)}/{crates.COMMITTED}: {locked} crates")


def main() -> None:
    """Lock everything at once, then the parts of it, then the crates."""
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    REQUIREMENTS.mkdir(exist_ok=True)
    lock("dev", "pyproject.toml", "--all-extras", "--group=dev", *upgrade)
    same = ("--constraints=requirements/dev.txt", *upgrade)
    lock("runtime", "pyproject.toml", *same)
    lock("build", "--group=build", *same)
    lock("bench", "pyproject.toml", "--group=bench", *same)
    lock("native", "--group=native", *upgrade)
    lock_crates(upgrade=bool(upgrade))


if __name__ == "__main__":
    main()
