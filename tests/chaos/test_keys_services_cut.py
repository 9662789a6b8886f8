"""A key service sealed, throttled or cut off at any call of a run: refused or completed whole.

Nothing is half released, the ledger holds, no clear key is on the disk, and what was refused
completes when the service is back.
"""

from __future__ import annotations

import shutil
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from key_servers.http_server import CUT, Answer, Asked
from key_servers.kinds import NAMES, Running, running
from key_servers.projects import KeyRecorder, make_remote_project
from lockgate.assemble.workspace import Workspace
from lockgate.errors import KeyUnavailable
from lockgate.keys.derivation import new_domain_key
from lockgate.ledger.event import ReleaseDone, ReleaseIntent
from lockgate.run.runner import RunStatus


class Place:
    """A project on a service of its kind, made once, and copied for each run."""

    def __init__(self, folder: Path, remote: Running) -> None:
        self.remote = remote
        with pytest.MonkeyPatch.context() as patch:
            self.recorder = KeyRecorder(patch)
            self.template = make_remote_project(folder / "people", remote, patch)


@pytest.fixture(scope="module", params=NAMES)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("service")
    with running(request.param, folder) as started:
        yield Place(tmp_path_factory.mktemp("template"), started)


@pytest.fixture
def project(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, value in place.remote.variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield Path(shutil.copytree(place.template, tmp_path / "people"))
    calm(place.remote)


def calm(remote: Running) -> None:
    remote.front.meddle = lambda asked, answer: answer


def disturb(remote: Running, at: int, fault: str) -> Callable[[], int]:
    """From call ``at`` on (1 is the first) the service fails. Gives how many were made."""
    count = 0

    def meddle(asked: Asked, answer: Answer) -> Answer:
        nonlocal count
        if remote.is_call(asked, "wrap") or remote.is_call(asked, "unwrap"):
            count += 1
        if count < at:
            return answer
        if fault == "sealed":
            if count == at:
                remote.upstream.seal()
            return answer
        return remote.busy if fault == "throttled" else CUT

    remote.front.meddle = meddle
    return lambda: count


def released(project: Path) -> list[Path]:
    return sorted(project.glob("out/*/run-*"))


def rows_of(project: Path) -> int:
    tables = [pacsv.read_csv(file) for file in project.glob("out/study/run-*/part-*.csv")]
    return sum(table.num_rows for table in tables)


def look_at(project: Path) -> tuple[int, int]:
    """How many releases were begun and done, of a ledger that verifies."""
    with Workspace.open(project) as workspace:
        workspace.ledger.verify()
        events = [entry.event for entry in workspace.ledger.read()]
    return tuple(
        sum(isinstance(event, kind) for event in events) for kind in (ReleaseIntent, ReleaseDone)
    )


def test_a_run_completes_and_reveals(
    place: Place, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = KeyRecorder(monkeypatch)
    with Workspace.open(project) as workspace:
        assert workspace.run("people").status is RunStatus.RELEASED
        (file,) = project.glob("out/study/run-*/part-*.csv")
        values = pacsv.read_csv(file).column("email").to_pylist()
        revealed = workspace.reveal_values(values, purpose="test")

    assert min(revealed) == "ann@example.org"
    assert rows_of(project) == 3
    assert len(recorder.keys) >= 6
    assert recorder.found_below(tmp_path) == []


def test_a_key_on_the_disk_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = KeyRecorder(monkeypatch)
    key = new_domain_key().reveal()
    for number, text in enumerate((key, key.hex().encode(), b64encode(b"ab" + key + b"c"))):
        (tmp_path / f"leak-{number}").write_bytes(b"{" + text + b"}")

    assert len(recorder.found_below(tmp_path)) == 3


def calls_of_a_run(place: Place, project: Path, copy: Path) -> int:
    made = disturb(place.remote, 10_000, "cut")
    run_there(project, copy)
    return made()


def run_there(project: Path, copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(project, copy)
    run(copy)


def run(project: Path) -> None:
    with Workspace.open(project) as workspace:
        workspace.run("people")


def lost_and_back(place: Place, project: Path, copy: Path, at: int, fault: str) -> bool:
    """Lose the service at a call, look, give it back, run again, look. Whether it was refused."""
    disturb(place.remote, at, fault)
    try:
        run_there(project, copy)
        refused = False
    except KeyUnavailable:
        refused = True
    if fault == "sealed":
        place.remote.upstream.unseal()
    calm(place.remote)
    done = 0 if refused else 1
    assert (len(released(copy)), look_at(copy)) == (2 * done, (done, done))
    run(copy)
    assert (rows_of(copy), look_at(copy)) == (3, (1, 1))
    return refused


@pytest.mark.parametrize("place", ["vault"], indirect=True)
def test_a_vault_sealed_in_the_middle_of_a_run(
    place: Place, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = KeyRecorder(monkeypatch)
    middle = calls_of_a_run(place, project, tmp_path / "copy") // 2

    assert lost_and_back(place, project, tmp_path / "copy", middle, "sealed")
    assert recorder.keys
    assert recorder.found_below(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["throttled", "cut"])
def test_a_service_lost_at_any_call(
    place: Place, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    recorder = KeyRecorder(monkeypatch)
    copy = tmp_path / "copy"
    calls = calls_of_a_run(place, project, copy)
    points = sorted({1, 2, calls // 3, calls // 2, calls - 1, calls})
    refused = [lost_and_back(place, project, copy, at, fault) for at in points]

    assert all(refused)
    assert recorder.keys
    assert recorder.found_below(tmp_path) == []
