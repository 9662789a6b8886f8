"""A killed run leaves rows between steps that nobody can read; the next one removes them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lockgate.adapters.engines.local.spool import LocalSpoolFolder

CANARY = "CANARY-c0ffee"
CHILD = f"""
import sys, time
from dataclasses import replace
from pathlib import Path
import pyarrow as pa
from lockgate.adapters.engines.local.spool import LocalSpoolFolder
from lockgate.limits import DEFAULT_LIMITS

limits = replace(DEFAULT_LIMITS, spool_memory=1000)
table = pa.table({{"s": [f"{CANARY}-{{n}}" for n in range(50_000)]}})
folder = LocalSpoolFolder(Path(sys.argv[1]), "run", limits)
writer = folder.writer("s", table.schema)
for batch in table.to_batches(max_chunksize=1000):
    writer.append(batch)
print("half", flush=True)
time.sleep(60)
"""


def test_kill_9_between_steps(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.kill()
    child.wait()
    child.stdout.close()

    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in left) > 500_000
    assert all(CANARY.encode() not in path.read_bytes() for path in left)

    LocalSpoolFolder(tmp_path, "next")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
