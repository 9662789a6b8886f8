"""``kill -9`` in the middle of steps, run again: released once, no clear value on any disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.run.state_ports import RunState
from steps_shop import JOINED, SINK, make_shop, pipeline, step

PEOPLE, ORDERS = 3_000, 40_000
CHILD = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from lockgate.assemble.workspace import Workspace
from lockgate.limits import DEFAULT_LIMITS
import lockgate.run.stepping as stepping
from lockgate.adapters.engines.local import spool

last, seen = int(sys.argv[2]), 0


def counted(original):
    def wrapper(*args, **kwargs):
        global seen
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    return wrapper


spool.LocalSpoolWriter.append = counted(spool.LocalSpoolWriter.append)
spool.LocalSpoolWriter.finish = counted(spool.LocalSpoolWriter.finish)
spool.SealedSpool.reader = counted(spool.SealedSpool.reader)
with Workspace.open(Path(sys.argv[1])) as workspace:
    limits = replace(DEFAULT_LIMITS, spool_memory=10_000, batch_rows=2_000)
    workspace._opened = replace(workspace.context, limits=limits)
    workspace.run("shop")
print(seen)
"""
SORTED = step("sorted", "SELECT *, upper(email) AS loud FROM joined ORDER BY email, amount")
FOLDED = step(
    "folded",
    "SELECT city, count(*) AS n FROM joined GROUP BY city",
    "aggregate: {subject: id, k: 5}",
)
SINKS = SINK.replace("parquet", "parquet, from: sorted") + (
    "      totals: {zone: open, path: out/totals, format: csv, from: folded}\n"
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = make_shop(tmp_path / "shop", pipeline(JOINED + SORTED + FOLDED, SINKS), keys=True)
    people, bought = range(PEOPLE), range(ORDERS)
    customers = {
        "id": people,
        "city": [f"City{n % 4}" for n in people],
        "email": [f"CANARY{n}@example.org" for n in people],
        "salary": [n + 0.5 for n in people],
    }
    orders = {
        "id": [n % PEOPLE for n in bought],
        "amount": [n % 9 + 0.25 for n in bought],
        "diagnosis": [f"CANARYill{n % 7}" for n in bought],
    }
    pacsv.write_csv(pa.table(customers), folder / "customers.csv")
    pacsv.write_csv(pa.table(orders), folder / "orders.csv")
    (tmp_path / "tmp").mkdir()
    (tmp_path / "home").mkdir()
    return folder


def start(shop: Path, last: int) -> subprocess.Popen[str]:
    """A run of its own that kills itself at the ``last`` step between spools; 0 for never."""
    beside = shop.parent
    environment = {
        **os.environ,
        "HOME": str(beside / "home"),
        "TMPDIR": str(beside / "tmp"),
    }
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(shop), str(last)],
        cwd=beside / "tmp",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_no_clear_value(shop: Path) -> None:
    """Nowhere in the project but its inputs, nor in HOME or TMPDIR, in either letter case."""
    for path in shop.parent.rglob("*"):
        if path.is_file() and path.parent != shop:
            content = path.read_bytes().upper()
            for secret in (b"CANARY", b"@EXAMPLE.ORG"):
                if path.suffix == ".parquet" and secret == b"CANARY":
                    continue  # diagnoses are allowed as they are
                assert secret not in content, path


def assert_released_once(shop: Path) -> None:
    for sink, rows in (("o", ORDERS), ("totals", 4)):
        (folder,) = (shop / "out" / sink).iterdir()
        assert folder.name.startswith("run-")
        (part,) = folder.glob("part-*")
        table = pq.read_table(part) if part.suffix == ".parquet" else pacsv.read_csv(part)
        assert table.num_rows == rows
    with Workspace.open(shop) as workspace:
        assert workspace.ledger.verify().size > 0
        events = [entry.event for entry in workspace.ledger.read()]
        assert [e.kind for e in events].count("release.done") == 1
        assert not workspace.state.runs.unfinished()
        states = [record.state for record in workspace.state.runs.recent(100)]
    assert states.count(RunState.RELEASED) == 1
    assert set(states) <= {RunState.RELEASED, RunState.FAILED}
    assert not list((shop / ".lockgate/spool").glob("*"))
    assert not list((shop / ".lockgate").rglob("*.part"))
    assert not list(shop.rglob(".staging-*"))


def finish(shop: Path) -> int:
    child = start(shop, 0)
    out, words = child.communicate(timeout=300)
    assert child.returncode == 0, words
    return int(out)


def test_killed_between_and_inside_steps(shop: Path) -> None:
    """One killed attempt behind the other at several moments, then one that is left alone."""
    left = 0
    for last in (2, 9, 23, 30, 45):
        child = start(shop, last)
        _, words = child.communicate(timeout=300)
        assert child.returncode == -signal.SIGKILL, words
        assert "CANARY" not in words
        left += bool(list((shop / ".lockgate/spool").glob("*/*.sealed")))
        assert not list(shop.glob("out/*/run-*"))
        assert_no_clear_value(shop)
    assert left >= 3
    assert finish(shop) > 45
    assert_released_once(shop)
    assert_no_clear_value(shop)


@pytest.mark.slow
def test_killed_at_moments_of_the_clock(shop: Path) -> None:
    killed = 0
    for tenth in range(6, 30, 4):
        child = start(shop, 0)
        time.sleep(tenth / 10)
        child.kill()
        child.communicate()
        killed += child.returncode == -signal.SIGKILL
        assert_no_clear_value(shop)
    assert killed
    finish(shop)
    assert_released_once(shop)
    assert_no_clear_value(shop)
