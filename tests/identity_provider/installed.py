"""The npm packages of this folder, installed on first use, once for all test processes."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
NODE = 20


def require_node() -> None:
    """Skip where node or npm is not there, or nothing can be installed; in CI it fails."""
    why = _missing() or _installed()
    if not why:
        return
    if os.environ.get("LOCKGATE_TEST_PROVIDER") == "required":
        pytest.fail(why)
    pytest.skip(why)


def chromium() -> str:
    """Where the browser is; skip where it is not."""
    require_node()
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("LOCKGATE_TEST_PROVIDER") == "required":
            pytest.fail("no Chromium is installed")
        pytest.skip("no Chromium is installed on this machine")
    return found


def _missing() -> str:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not installed on this machine"
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    major = said.stdout.lstrip("v").partition(".")[0]
    return "" if major.isdigit() and int(major) >= NODE else f"node is older than {NODE}"


def _installed() -> str:
    """Install what the lock file names, scripts not run; why it could not be."""
    modules = HERE / "node_modules"
    modules.mkdir(exist_ok=True)
    done = modules / ".lockgate-installed"
    wanted = (HERE / "package-lock.json").read_text()
    with (HERE / "node_modules.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.is_file() and done.read_text() == wanted:
            return ""
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        said = subprocess.run(command, cwd=HERE, capture_output=True, timeout=300, check=False)
        if said.returncode:
            return "the OpenID provider's packages could not be installed by npm"
        done.write_text(wanted)
    return ""
