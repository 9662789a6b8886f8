"""Build the native kernel into `.venv` if cargo is here; say why not if it is not.

`tools/bootstrap.py` calls it; `make native` tries again what failed before. Needs the standard
library only. Nothing is built anew unless `rust/` or the toolchain changed, and what
was said once about a state is not said again. A kernel of another state is taken out of `.venv`:
its formats could be others.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import crates
from cargo_progress import follow

ROOT = Path(__file__).resolve().parent.parent
RUST = ROOT / "rust"
PYTHON = RUST / "python"
LOCKED = ROOT / "requirements" / "native.txt"
BUILD = ROOT / "build"
LOG = BUILD / "native-kernel.log"
WHEELS = BUILD / "native-kernel"
STAMP = ".lockgate-native"
DISTRIBUTION = "lockgate-kernel"
SOURCES = ("arrow/**/*", "kernel/**/*", "python/**/*", "Cargo.toml", "crates.lock")
APART = frozenset({"target", "tests", "benches", "examples"})
FORCED = "LOCKGATE_KERNEL"
# A registry that does not answer must not hold anybody up.
PATIENCE = {"CARGO_HTTP_TIMEOUT": "10", "CARGO_NET_RETRY": "1", "PIP_DEFAULT_TIMEOUT": "10"}


class Venv(NamedTuple):
    """Where the kernel goes: an environment's folder, its Python, and what installs into it."""

    folder: Path
    python: Path
    pip: Callable[[], list[str | Path]]


class NotBuilt(Exception):
    """Why there is no native kernel, in one line."""


def say(text: str) -> None:
    """Tell the user what happens, one line a step."""
    print(f"lockgate: {text}", flush=True)


def provide(venv: Venv, *, again: bool = False) -> bool:
    """Make ``venv`` hold the native kernel of this source, if that can be; true if it does.

    ``again`` tries what failed before, and says what is there though nothing changed.
    """
    stamp = venv.folder / STAMP
    before = _read(stamp)
    state = sources()
    if before.get("built") == state and installed(venv):
        if again:
            say("the native kernel in .venv is of this source")
        return True
    toolchain = ""
    try:
        cargo, toolchain = find_cargo()
        if not again and before.get("failed") == [state, toolchain]:
            return False
        seconds = build(venv, cargo, toolchain)
    except NotBuilt as reason:
        gone = remove(venv)
        known = not again and before.get("failed") == [state, toolchain]
        if gone or not known:
            _tell(str(reason), gone, again=again)
        stamp.write_text(json.dumps({"failed": [state, toolchain], "why": str(reason)}))
        return False
    stamp.write_text(json.dumps({"built": state}))
    say(f"native kernel built and installed in {seconds:.0f} s")
    return True


def _tell(reason: str, gone: bool, *, again: bool) -> None:
    """One line. What a log tells of is not tried again unasked, so it says how to ask."""
    stale = "; the one in .venv was of other source and is removed" if gone else ""
    if again:
        say(f"the native kernel was not built: {reason}{stale}")
        return
    way = "; `make native` tries again" if LOG.name in reason else ""
    say(f"going on with the portable kernel (same bytes, slower): {reason}{stale}{way}")


def _read(stamp: Path) -> dict[str, object]:
    try:
        return dict(json.loads(stamp.read_text()))
    except (OSError, ValueError):
        return {}


def sources() -> str:
    """Digest of all that a built kernel is made of, but for the toolchain."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in RUST.glob(pattern)):
        name = path.relative_to(RUST)
        if path.is_file() and not APART & set(name.parts):
            digest.update(f"{name.as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def find_cargo() -> tuple[str, str]:
    """cargo, and the versions of the toolchain. Raises NotBuilt if it is missing or too old."""
    if os.environ.get(FORCED) == "portable":
        raise NotBuilt(f"{FORCED}=portable is set")
    cargo = shutil.which("cargo")
    if cargo is None:
        raise NotBuilt("no cargo on PATH to build the native one")
    versions = [_version([cargo, "--version"]), _version([_rustc(cargo), "--version"])]
    if None in versions:
        raise NotBuilt("the cargo on PATH does not run")
    wanted = tomllib.loads((RUST / "Cargo.toml").read_text())["workspace"]["package"]
    oldest = str(wanted["rust-version"])
    for tool, version in zip(("cargo", "rustc"), versions, strict=True):
        if _numbers(str(version)) < _numbers(oldest):
            raise NotBuilt(f"{tool} {version} is older than {oldest}")
    return cargo, " ".join(map(str, versions))


def _rustc(cargo: str) -> str:
    """The compiler that cargo would use."""
    beside = Path(cargo).with_name("rustc.exe" if os.name == "nt" else "rustc")
    return os.environ.get("RUSTC") or (str(beside) if beside.is_file() else "rustc")


def _version(command: list[str]) -> str | None:
    """The version a tool gives of itself; None if it does not run."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    words = done.stdout.split()
    return words[1] if done.returncode == 0 and len(words) > 1 else None


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:2]]


def installed(venv: Venv) -> bool:
    """Whether the environment holds a native kernel, of whatever state."""
    found = "site-packages/lockgate_kernel-*.dist-info"
    return any(path for where in ("lib/*", "Lib") for path in venv.folder.glob(f"{where}/{found}"))


def remove(venv: Venv) -> bool:
    """Take a native kernel out of the environment; true if one was there."""
    if not installed(venv):
        return False
    subprocess.run(
        [*venv.pip(), "uninstall", "-q", "-y", DISTRIBUTION],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return True


def build(venv: Venv, cargo: str, toolchain: str) -> float:
    """Build the wheel and install it; seconds it took. Raises NotBuilt."""
    started = time.monotonic()
    version, _ = toolchain.split(maxsplit=1)
    say(f"cargo {version} is here: building the native kernel, once, into .venv")
    BUILD.mkdir(exist_ok=True)
    shutil.rmtree(WHEELS, ignore_errors=True)
    with LOG.open("w", encoding="utf-8") as log:
        pinned = ("--require-hashes", "--only-binary", ":all:", "-r", LOCKED)
        _logged(
            [*venv.pip(), "install", "-q", *pinned],
            log.write,
            "maturin, which builds it, could not be installed",
        )
        try:
            crates.write_working_lock(cargo)
        except crates.NoSource:
            raise NotBuilt("cargo does not say where crates come from") from None
        _compile(venv, cargo, log.write)
        (wheel,) = WHEELS.glob("*.whl")
        _logged(
            [*venv.pip(), "install", "-q", "--no-index", "--no-deps", "--force-reinstall", wheel],
            log.write,
            "its wheel could not be installed",
        )
        _logged(
            [venv.python, "-c", "import lockgate_kernel"], log.write, "it was built, but not loaded"
        )
    return time.monotonic() - started


def _compile(venv: Venv, cargo: str, log: Callable[[str], object]) -> None:
    manifest = str(PYTHON / "Cargo.toml")
    command: list[str | Path] = [venv.python, "-m", "maturin", "build", "--release", "--locked"]
    command += ["--manifest-path", manifest, "--interpreter", venv.python, "--out", WHEELS]
    # Found by name from maturin's own environment, so the one that was examined stands first.
    path = os.pathsep.join([str(Path(cargo).parent), os.environ.get("PATH", "")])
    environment = {**PATIENCE, **os.environ, "PATH": path, "CARGO_TERM_COLOR": "never"}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    expected = (RUST / "crates.lock").read_text().count("[[package]]")
    begun, error = follow(process.stdout or (), log, expected)
    if process.wait():
        what = "it did not compile" if begun else "its crates cannot be had here"
        raise NotBuilt(f"{what}: {error or 'cargo stopped'} ({LOG.relative_to(ROOT)})")


def _logged(command: list[str | Path], log: Callable[[str], object], failure: str) -> None:
    """Run a step; its words go to the log."""
    done = subprocess.run(
        command,
        env={**PATIENCE, **os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_RETRIES": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    log(done.stdout)
    if done.returncode:
        raise NotBuilt(f"{failure} ({LOG.relative_to(ROOT)})")
