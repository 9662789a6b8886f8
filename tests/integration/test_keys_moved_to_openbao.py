"""A project's keys moved to a running OpenBao: sealed midway, rotated there, and moved back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from key_servers.kinds import Running, running
from lockgate.assemble.workspace import Workspace
from lockgate.errors import LockgateError
from lockgate.ledger.key_events import KeyMoved
from small_project import change, make_project


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("vault", tmp_path_factory.mktemp("bao")) as started:
        yield started


@pytest.fixture
def project(tmp_path: Path, bao: Running, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in bao.variables.items():
        monkeypatch.setenv(name, value)
    folder = make_project(tmp_path / "people")
    change(folder / "policy" / "zones.yaml", "pii.email: tokenize", "pii.email: encrypt")
    return folder


def keys_of(file: Path, section: dict[str, object]) -> None:
    """Put another ``keys:`` into the project's file."""
    lines = file.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("keys:"))
    end = next(i for i in range(at + 1, len(lines)) if not lines[i].startswith(" "))
    lines[at:end] = ["keys: " + json.dumps(section)]
    file.write_text("\n".join(lines) + "\n")


def emails(workspace: Workspace, file: Path) -> list[str]:
    values = workspace.reveal_file(file, "email", purpose="test").values
    assert values is not None
    return values.to_pylist()


def test_to_the_service_through_a_seal_and_a_rotation_there_and_back(
    project: Path, bao: Running
) -> None:
    local = {"service": "local", "protection": "file"}
    there = {"service": "vault", **bao.section("clinic")}
    with Workspace.open(project) as workspace:
        file = workspace.run("people").sinks["study"] / "part-00000.csv"
        expected = emails(workspace, file)

    keys_of(project / "lockgate.yaml", {**there, "previous": local})
    with Workspace.open(project) as workspace:
        total = len(workspace.keys.to_move())

        def seal(done: int, of: int) -> None:
            if done == 4:
                bao.upstream.seal()

        with pytest.raises(LockgateError):
            workspace.keys.move("to OpenBao", moved=seal)
    bao.upstream.unseal()
    with Workspace.open(project) as workspace:
        assert len(workspace.keys.to_move()) == total - 4
        assert emails(workspace, file) == expected  # some keys here, some there
        assert workspace.keys.move("to OpenBao") == total - 4

    keys_of(project / "lockgate.yaml", there)
    (project / ".lockgate" / "root.key").rename(project / "away")
    bao.upstream.ask("POST", "transit/keys/clinic/rotate")
    with Workspace.open(project) as workspace:
        assert emails(workspace, file) == expected
        assert workspace.keys.move("the root key was rotated", again=True) == total
    bao.upstream.ask("POST", "transit/keys/clinic/config", {"min_decryption_version": 2})
    with Workspace.open(project) as workspace:
        assert emails(workspace, file) == expected  # nothing needs the older root key any more
        moved = [e.event for e in workspace.ledger.read() if isinstance(e.event, KeyMoved)]
        assert len(moved) == 2 * total
        assert {e.from_service.split(":")[0] for e in moved[:total]} == {"local"}
        assert {e.to_service.split(":")[0] for e in moved} == {"vault"}

    keys_of(project / "lockgate.yaml", {**local, "root": "new.key", "previous": there})
    with Workspace.open(project) as workspace:
        assert workspace.make_root()
        assert workspace.keys.move("back") == total
        assert emails(workspace, file) == expected
        workspace.rotate("email")
        workspace.ledger.verify()
