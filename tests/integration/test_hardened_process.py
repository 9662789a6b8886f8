"""A crash with a key in memory leaves no core, and nobody else's process reads that memory."""

from __future__ import annotations

import os
import resource
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="what the system does is asked of Linux"
)

CRASH = """
import os, resource, signal, sys
from lockgate.hardening import harden_process
from lockgate.secret import SecretBytes
os.chdir(sys.argv[1])
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
key = SecretBytes(bytes.fromhex(sys.stdin.read()))
copy = key.reveal()
if sys.argv[2] == "hardened":
    harden_process()
os.kill(os.getpid(), signal.SIGSEGV)
"""
LOOK = """
import subprocess, sys
from lockgate.hardening import harden_process, hardening
print(harden_process() == hardening(), hardening())
print(open("/proc/self/status").read())
print(open("/proc/self/limits").read())
open(sys.argv[1], "w").close()
child = "import resource; print('child', resource.getrlimit(resource.RLIMIT_CORE))"
print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout)
"""


def crash(folder: Path, how: str) -> tuple[int, bytes]:
    """The wait status of a child that ended by SIGSEGV with a key in memory, and the key."""
    key = secrets.token_bytes(32)
    child = subprocess.Popen([sys.executable, "-c", CRASH, str(folder), how], stdin=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.write(key.hex().encode())
    child.stdin.close()
    _, status = os.waitpid(child.pid, 0)
    child.returncode = -os.WTERMSIG(status)
    assert os.WTERMSIG(status) == signal.SIGSEGV
    return status, key


def test_a_crash_leaves_no_core(tmp_path: Path) -> None:
    status, key = crash(tmp_path, "hardened")
    assert not os.WCOREDUMP(status), "the kernel says that it wrote no core"
    assert not [path for path in tmp_path.rglob("*") if key in path.read_bytes()]
    assert list(tmp_path.iterdir()) == []


def test_without_hardening_the_same_crash_leaves_one_with_the_key(tmp_path: Path) -> None:
    """The control: the test above would see a core, where this machine writes any."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("this machine allows no process a core")
    if "/" in pattern or pattern.startswith("|"):
        pytest.skip("this machine's cores go elsewhere")
    status, key = crash(tmp_path, "as it is")
    assert os.WCOREDUMP(status)
    assert any(key in path.read_bytes() for path in tmp_path.iterdir())


def test_the_system_says_what_was_reached(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path / "made")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "True Hardening(dumpable=False, core_bytes=0, private_files=True" in done.stdout
    assert "Max core file size        0                    0 " in done.stdout
    assert "child (0, 0)" in done.stdout
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(hasattr(os, "getuid") and os.getuid() == 0, reason="root may read any process")
def test_another_process_of_the_same_user_cannot_read_its_memory() -> None:
    script = "import lockgate.hardening as h; h.harden_process(); print(1, flush=True); input()"
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(PermissionError):
            Path(f"/proc/{child.pid}/mem").read_bytes()
        with pytest.raises(PermissionError):
            Path(f"/proc/{child.pid}/environ").read_bytes()
    finally:
        child.kill()
        child.wait()


def test_importing_the_library_changes_nothing() -> None:
    script = (
        "import resource, os; before = (resource.getrlimit(resource.RLIMIT_CORE), os.umask(0o22));"
        "os.umask(before[1]); import lockgate; lockgate.open; lockgate.Workspace;"
        "from lockgate.hardening import hardening; umask = os.umask(0o22);"
        "print(before == (resource.getrlimit(resource.RLIMIT_CORE), umask), hardening().dumpable)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True"]
