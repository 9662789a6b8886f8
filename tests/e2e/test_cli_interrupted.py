"""Ctrl-C in the middle of a run: a clean word, exit code 130, nothing half-published."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from importlib.resources import as_file, files
from pathlib import Path

from lockgate.cli.demo.tables import write_patients
from lockgate.cli.main import INTERRUPTED, invoke

# Whoever started the tests in the background made them ignore the signal; the run must not.
LISTENING = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from lockgate.cli.main import main; main()"
)


def project(folder: Path, rows: int) -> Path:
    assert invoke(["init", str(folder), "--name", "demo", "-q"]) == 0
    with as_file(files("lockgate.cli.demo") / "project") as source:
        shutil.copytree(source, folder, dirs_exist_ok=True)
    (folder / "data").mkdir()
    write_patients(folder / "data" / "patients.csv", rows)
    assert invoke(["keys", "init", "-q", "-C", str(folder)]) == 0
    return folder


def test_interrupted_run_publishes_nothing_and_the_next_one_everything(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", 60_000)
    command = [sys.executable, "-c", LISTENING, "run", "patients", "-C", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        assert any("run.started" in line for line in iter(run.stderr.readline, ""))
        time.sleep(0.3)
        run.send_signal(signal.SIGINT)
        rest = run.stderr.read()
    assert run.returncode == INTERRUPTED, rest
    assert "Stopped" in rest
    assert "Traceback" not in rest
    assert not list((folder / "out").rglob("run-*/part-*"))
    assert invoke(["run", "patients", "-C", str(folder), "-q"]) == 0
    published = list((folder / "out" / "analytics" / "patients").iterdir())
    assert [path.name.startswith("run-") for path in published] == [True]
    assert invoke(["ledger", "verify", "-C", str(folder), "-q"]) == 0
