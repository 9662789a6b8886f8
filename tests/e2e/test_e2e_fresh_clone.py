"""A fresh clone, a Python with pip, and make: nothing else is on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KEPT = ("PIP_", "SSL_CERT", "REQUESTS_CA", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def machine(folder: Path, python: str | None) -> dict[str, str]:
    """An environment with make, perhaps a Python, and how this machine's pip is set up."""
    programs = folder / "programs"
    programs.mkdir()
    make = shutil.which("make")
    assert make is not None
    (programs / "make").symlink_to(make)
    if python is not None:
        (programs / "python3").symlink_to(python)
    (folder / "home").mkdir()
    kept = {name: value for name, value in os.environ.items() if name.upper().startswith(KEPT)}
    return {**kept, "PATH": str(programs), "HOME": str(folder / "home")}


@pytest.fixture
def clone(tmp_path: Path, repository: Path) -> Path:
    if shutil.which("git") is None or not (repository / ".git").exists():
        pytest.skip("no git, or not a git checkout, so there is nothing to clone")
    target = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", repository, target], check=True)
    return target


def make(clone: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/env", "make", *words],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_machine_without_python_is_told_what_it_needs(clone: Path, tmp_path: Path) -> None:
    done = make(clone, machine(tmp_path, None), "runtime")

    assert done.returncode != 0
    assert "no Python 3.11 or later runs here" in done.stderr


def test_a_shim_for_a_missing_version_is_passed_over(clone: Path, tmp_path: Path) -> None:
    environment = machine(tmp_path, None)
    shim = tmp_path / "programs" / "python3"
    shim.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    shim.chmod(0o755)
    done = make(clone, environment, "runtime")

    assert "no Python 3.11 or later runs here" in done.stderr


@pytest.mark.slow
def test_a_bare_python_gets_a_working_lockgate(clone: Path, tmp_path: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    environment = machine(tmp_path, str(base))
    first = make(clone, environment, "runtime")
    again = make(clone, environment, "runtime")
    version = subprocess.run(
        [clone / ".venv" / "bin" / "lockgate", "--version"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert first.returncode == 0, first.stdout + first.stderr
    assert "ready in" in first.stdout
    assert again.returncode == 0
    assert "installing" not in again.stdout
    why = "going on with the portable kernel (same bytes, slower): no cargo on PATH"
    assert first.stdout.count(why) == 1
    assert "kernel" not in again.stdout, "said once"
    assert version.returncode == 0, version.stderr
    assert "0.1.0" in version.stdout
