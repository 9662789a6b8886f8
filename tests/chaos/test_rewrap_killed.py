"""``kill -9`` at any moment of a rewrap, started again: each row once, never half a file."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pytest

from keys_at_hand import raw_keyring
from lockgate.assemble.rewrapping import RewrapRequest
from lockgate.assemble.workspace import Workspace
from lockgate.keys.ports import KeyState
from rewrap_project import FORMATS, data_files, make, released, rotate, values

CHILD = Path(__file__).with_name("killed_rewrap.py")
KILLED = -signal.SIGKILL


def start(project: Path, path: Path, step: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(CHILD), str(project), str(path), str(step)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def finish(project: Path, path: Path) -> tuple[int, int]:
    """Steps, and pieces that were made."""
    child = start(project, path)
    out, _ = child.communicate(timeout=600)
    assert child.returncode == 0
    steps, pieces = out.split()
    return int(steps), int(pieces)


def copy_of(project: Path, to: Path, folder: Path) -> tuple[Path, Path]:
    shutil.copytree(project, to)
    return to, to / folder.relative_to(project)


def assert_rewrapped_once(project: Path, folder: Path, clear: dict[str, list[object]]) -> None:
    """The ledger tells it once, nothing lies about, and all opens without the old keys."""
    (file,) = data_files(folder)
    with Workspace.open(project) as workspace:
        workspace.ledger.verify()
        events = [entry.event for entry in workspace.ledger.read()]
        done = [e.record for e in events if e.kind == "data.rewrapped"]
        intents = [e.record for e in events if e.kind == "rewrap.intent"]
        data = [record for record in done if record.new.name == file.name]
        assert len(data) == 1
        assert [r for r in intents if r.new.name == file.name] == data
        for version in workspace.keyring.versions():
            if version.state is KeyState.DECRYPT_ONLY:
                raw_keyring(workspace).destroy(version.number)
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]
    assert not list((project / ".lockgate" / "rewrap").iterdir())
    assert values(project, file) == clear


@pytest.fixture(params=FORMATS)
def prepared(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A small project whose released file is to be rewrapped."""
    project = make(tmp_path / "people", request.param, rows=60)
    folder = released(project)
    return project, folder


def test_killed_at_every_durable_step(prepared: tuple[Path, Path], tmp_path: Path) -> None:
    project, folder = prepared
    clear = values(project, data_files(folder)[0])
    rotate(project, "person", "address")
    total, _ = finish(*copy_of(project, tmp_path / "counted", folder))
    assert total > 12
    chosen = sorted(random.Random(3).sample(range(1, total + 1), 4))
    for step in chosen:
        copy, run = copy_of(project, tmp_path / f"at-{step}", folder)
        child = start(copy, run, step)
        child.communicate(timeout=120)
        assert child.returncode == KILLED
        finish(copy, run)
        assert_rewrapped_once(copy, run, clear)


@pytest.mark.slow
def test_killed_at_each_of_the_durable_steps(tmp_path: Path) -> None:
    """The steps are those of the files around it, whatever its format: above, four of each."""
    project = make(tmp_path / "people", "jsonl", rows=60)
    folder = released(project)
    clear = values(project, data_files(folder)[0])
    rotate(project, "person", "address")
    total, _ = finish(*copy_of(project, tmp_path / "counted", folder))
    for step in range(1, total + 1):
        copy, run = copy_of(project, tmp_path / f"at-{step}", folder)
        child = start(copy, run, step)
        child.communicate(timeout=120)
        assert child.returncode == KILLED
        finish(copy, run)
        assert_rewrapped_once(copy, run, clear)


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_pieces_that_are_done_are_not_done_again(tmp_path: Path, format: str) -> None:
    """Of a file of many pieces, killed in the middle, the rest alone is made."""
    project = make(tmp_path / "people", format, rows=40_000)
    folder = released(project)
    clear = values(project, data_files(folder)[0])
    rotate(project, "person", "address")
    copy, run = copy_of(project, tmp_path / "counted", folder)
    _, pieces = finish(copy, run)
    assert pieces > 4
    killed = start(project, folder, -(pieces // 2))
    killed.communicate(timeout=120)
    left = next((project / ".lockgate" / "rewrap").glob("*.jsonl")).read_text().count('"w"')
    assert 0 < left <= pieces

    _, made = finish(project, folder)

    assert made == pieces - left
    assert_rewrapped_once(project, folder, clear)


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
def test_two_million_rows_killed_twenty_times(tmp_path: Path, format: str) -> None:
    """Three times while it counts, fourteen while it writes, three when all is written."""
    rows = 2_000_000
    project = make(tmp_path / "people", format, rows=10)
    many_rows(project / "data/people.csv", rows)
    folder = released(project)
    (file,) = data_files(folder)
    whole = file.stat()
    rotate(project, "person", "address")
    seed = random.SystemRandom().randrange(10**9)
    moments = random.Random(seed)
    for kill in range(20):
        wanted = 0 if kill < 3 else min((kill - 2) / 15, 1.0) * whole.st_size
        child = start(project, folder)
        reached = wait_for(child, folder / f".rewrap-{file.name}", wanted)
        time.sleep(moments.uniform(0.2, 1.0) if kill < 3 else moments.uniform(0, 0.1))
        child.kill()
        child.communicate()
        assert child.returncode == KILLED, f"seed {seed}: it had ended before kill {kill + 1}"
        assert reached >= wanted
        assert (file.stat().st_ino, file.stat().st_size) == (whole.st_ino, whole.st_size)
    finish(project, folder)
    with Workspace.open(project) as workspace:
        request = RewrapRequest((folder,), "test", dry_run=True)
        (counted,) = workspace.keys.rewrap(request)
        assert counted.rows == rows
        assert {keys.state for keys in counted.keys} == {"primary"}
        for version in workspace.keyring.versions():
            if version.state is KeyState.DECRYPT_ONLY:
                raw_keyring(workspace).destroy(version.number)
        halves = [(1, rows // 2), (rows // 2 + 1, rows)]  # no reveal takes more at once
        last = [
            workspace.reveal_file(file, "last", purpose="test", rows=half).values for half in halves
        ]
    expected = pc.binary_join_element_wise(pa.array(range(rows)).cast(pa.string()), STREET, " ")
    assert pa.chunked_array([c for half in last for c in half.chunks]).combine_chunks() == expected


def wait_for(child: subprocess.Popen[str], hidden: Path, size: float) -> int:
    """Until so much of the successor is written, or the process has ended; how much is."""
    while child.poll() is None:
        found = hidden.stat().st_size if hidden.exists() else 0
        if found >= size:
            return found
        time.sleep(0.005)
    return -1


STREET = "Long Street"


def many_rows(path: Path, rows: int) -> None:
    ids = pa.array(range(rows))
    text = ids.cast(pa.string())
    pacsv.write_csv(
        pa.table(
            {
                "id": ids,
                "name": pc.binary_join_element_wise('Person "', text, '", Esq.', ""),
                "note": pc.binary_join_element_wise("a note of ", text, ""),
                "email": pc.binary_join_element_wise("p", text, "@example.org", ""),
                "born": pa.array(["1970-01-11", None]).take(pc.bit_wise_and(ids, 1)),
                "last": pc.binary_join_element_wise(text, STREET, " "),
            }
        ),
        path,
    )
