"""A person types `lockgate login`, opens the address in Chromium, and acts from then on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from identity_provider.installed import HERE, chromium
from identity_provider.projects import told, trusting_project
from identity_provider.running import real_provider

pytestmark = pytest.mark.slow


def test_log_in_by_a_browser(tmp_path: Path) -> None:
    executable = chromium()
    kept = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    lockgate = [sys.executable, "-m", "lockgate"]
    with real_provider(tmp_path) as provider:
        project = trusting_project(tmp_path / "project", provider.issuer)
        words = ["--project", str(project), "--json"]
        started = subprocess.Popen(
            [*lockgate, "login", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=kept,
        )
        try:
            assert started.stderr is not None
            lines = iter(started.stderr.readline, "")
            address = next(line.strip() for line in lines if provider.issuer in line)
            page = browse(address, executable, kept)
            out, err = started.communicate(timeout=30)
        finally:
            started.kill()
            started.wait()

        assert started.returncode == 0, err
        assert json.loads(out)["principal"] == "corp/anna"
        assert page["said"].startswith("Lockgate has its answer.")
        code = re.search(r"code=([^&]+)", page["at"])
        assert code is not None
        assert code[1] not in page["said"] + out + err

        who = subprocess.run(
            [*lockgate, "whoami", *words], capture_output=True, text=True, env=kept, check=True
        )
        assert json.loads(who.stdout)["principal"] == "corp/anna"
    assert [one["kind"] for one in told(project)] == ["authentication.succeeded", "session.started"]


def browse(address: str, executable: str, kept: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        ["node", str(HERE / "browser.mjs")],
        input=json.dumps({"address": address, "person": "anna", "executable": executable}),
        capture_output=True,
        text=True,
        env=kept,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))
