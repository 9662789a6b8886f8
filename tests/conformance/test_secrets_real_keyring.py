"""The store of the OS keyring on a real one: gnome-keyring in a D-Bus session of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lockgate.testing.secret_stores import SECRET_STORE_LAWS

NEEDED = ("dbus-run-session", "gnome-keyring-daemon")


def test_gnome_keyring_keeps_the_laws_and_log_ins(tmp_path: Path) -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed on this machine: {', '.join(missing)}")
    for name in ("home", "run"):
        (tmp_path / name).mkdir(mode=0o700)
    session = Path(__file__).with_name("keyring_session.py")
    kept = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
    }
    done = subprocess.run(
        ["dbus-run-session", "--", sys.executable, str(session)],
        env=kept,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines == [
        *(f"kept {law.__name__}" for law in SECRET_STORE_LAWS),
        "kept a log-in",
        "replaced it",
        "forgot it, and no other",
        "refused without a keyring",
        "neither read nor forgot it without a keyring",
    ], done.stderr[-2000:]
