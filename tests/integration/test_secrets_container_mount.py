"""Secrets as a container has them: a read-only mount with files that others may read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MOUNT = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"]
SCRIPT = """
mount -t tmpfs none "$1"
mkdir "$1/..2026"
printf 'inside\\n' > "$1/..2026/pw"
chmod 0444 "$1/..2026/pw"
ln -s ..2026 "$1/..data"
ln -s ..data/pw "$1/pw"
"$2" -c "$3" "$1"
mount -o remount,ro "$1"
"$2" -c "$3" "$1"
"""
READ = """
import sys
from pathlib import Path
from lockgate.adapters.secret_stores.mounted_files import MountedFileStore
from lockgate.errors import SecretDenied
try:
    print(MountedFileStore(Path(sys.argv[1])).fetch("pw", "").value.reveal())
except SecretDenied as error:
    print(error.message)
"""


def test_what_others_may_read_is_taken_from_a_read_only_mount_only(tmp_path: Path) -> None:
    tried = [*MOUNT, "mount -t tmpfs none /mnt"]
    able = shutil.which("unshare") is not None
    if not able or subprocess.run(tried, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount in a namespace of his own")
    words = [*MOUNT, SCRIPT, "sh", str(tmp_path), sys.executable, READ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout.splitlines() == ["the file can be read by others", "inside"], done.stderr
