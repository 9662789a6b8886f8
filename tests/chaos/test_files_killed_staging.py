"""kill -9 while a run folder is being written: nothing is published, and it can be cleared."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockgate.adapters.connectors.files.listing import list_inputs
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.errors import IntegrityError, SourceError
from lockgate.pipeline.model import FileFormat

KEY = b"k" * 32
CHILD = """
import sys
from pathlib import Path
import pyarrow as pa
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.pipeline.model import FileFormat
from lockgate.plan.released_batch import mint

folder = Path(sys.argv[1])
table = pa.table({"a": ["row"] * 500})
sink = FileSink("s", str(folder / "out"), FileFormat(sys.argv[2]), Roots((), (folder,)), b"k" * 32)
print("ready", flush=True)
for number in range(100_000):
    session = sink.open("r-%d" % number, "plan", table.schema)
    session.write(session.prepare(mint(table.to_batches()[0], "plan", "s", "z")))
    session.stage({"_notes.json": b"{}"})
    session.publish()
"""


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_killed_at_any_moment(tmp_path: Path, format: str) -> None:
    roots = Roots((tmp_path,), (tmp_path,))
    sink = FileSink("s", str(tmp_path / "out"), FileFormat(format), roots, KEY)
    chance = random.Random(7)
    left = 0
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path), format], stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        first.stdout.readline()
        time.sleep(0.05 + chance.random() / 10)
        first.send_signal(signal.SIGKILL)

    out = tmp_path / "out"
    published = sorted(path.name for path in out.glob("run-*"))
    for path in out.glob(".staging-*"):
        left += 1
        run = path.name.removeprefix(".staging-")
        assert f"run-{run}" not in published
        resumed = sink.resume(run)
        if not (path / "_manifest.json").exists():
            with pytest.raises(IntegrityError):
                resumed.publish()
        resumed.discard()
    assert left <= 1
    assert list(out.glob(".staging-*")) == []
    for name in published:
        assert {path.name for path in (out / name).iterdir()} == {
            f"part-00000.{format}",
            "_notes.json",
            "_manifest.json",
        }
    if published:
        assert len(list_inputs(roots, str(out), FileFormat(format))) == len(published)


@pytest.mark.parametrize("step", ["write", "stage", "publish"])
def test_killed_right_before_a_step(tmp_path: Path, step: str) -> None:
    stop = f"    session.{step}("
    child = CHILD.replace(stop, f"    import os; os.kill(os.getpid(), 9)\n{stop}")
    code = subprocess.run(
        [sys.executable, "-c", child, str(tmp_path), "csv"], capture_output=True, check=False
    ).returncode
    roots = Roots((tmp_path,), (tmp_path,))
    sink = FileSink("s", str(tmp_path / "out"), FileFormat.CSV, roots, KEY)

    assert code == -signal.SIGKILL
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".staging-r-0"]
    with pytest.raises(SourceError):
        list_inputs(roots, str(tmp_path / "out"), FileFormat.CSV)
    if step == "publish":
        sink.resume("r-0").publish()
        assert len(list_inputs(roots, str(tmp_path / "out"), FileFormat.CSV)) == 1
    else:
        with pytest.raises(IntegrityError, match="not complete"):
            sink.resume("r-0").publish()
        sink.resume("r-0").discard()
        assert list((tmp_path / "out").iterdir()) == []
