"""What one kernel protected, a process with the other reveals; and doctor says which is in use."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kernels import native_is_here
from lockgate.errors import ExitCode

NATIVE = pytest.mark.skipif(not native_is_here(), reason="the native kernel is not installed")


def lockgate(kernel: str, *words: str) -> tuple[int, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "lockgate", *words, "--json"],
        env={**os.environ, "LOCKGATE_KERNEL": kernel},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def kernel_line(document: Any) -> dict[str, str]:
    (found,) = [item for item in document["findings"] if item["what"] == "kernel"]
    return dict(found)


@NATIVE
@pytest.mark.parametrize(("first", "second"), [("native", "portable"), ("portable", "native")])
def test_the_other_kernel_reveals(
    first: str, second: str, repository: Path, tmp_path: Path
) -> None:
    people = shutil.copy(repository / "examples" / "people.csv", tmp_path)
    out = tmp_path / "out"
    code, document = lockgate(first, "protect", str(people), "--to", str(out), "--yes")
    assert code == 0, document
    part = next(Path(document["sinks"]["analytics"]).glob("part-*.csv"))
    with part.open() as file:
        row = next(csv.DictReader(file))

    words = ("reveal", row["email"], row["ssn"], "--purpose", "the other kernel")
    code, revealed = lockgate(second, *words, "--project", str(out))

    assert code == 0, revealed
    assert revealed["values"] == ["ada.lindgren@example.com", "912-41-0031"]


@NATIVE
def test_doctor_names_the_native_kernel_and_how_it_does_aes() -> None:
    code, document = lockgate("native", "doctor")

    assert code == 0
    assert kernel_line(document)["found"].startswith("native 0.1.0, AES by ")
    assert "LOCKGATE_KERNEL=native" in kernel_line(document)["found"]


def test_doctor_says_why_the_kernel_is_portable() -> None:
    code, document = lockgate("portable", "doctor")

    assert code == 0
    found = kernel_line(document)["found"]
    assert found == "portable: same bytes, slower (LOCKGATE_KERNEL=portable)"


def test_a_kernel_that_cannot_be_used_fails_the_doctor() -> None:
    code, document = lockgate("steam", "doctor")

    assert code == ExitCode.ENVIRONMENT
    assert kernel_line(document)["state"] == "failed"
    assert "LG-801" in kernel_line(document)["found"]
