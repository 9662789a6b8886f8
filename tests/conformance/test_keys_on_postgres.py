"""A project's keys with their state in PostgreSQL: to be destroyed, copied, restored elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from postgres_server import Server

from lockgate.assemble.create import create_project
from lockgate.assemble.workspace import Workspace
from lockgate.errors import KeyUnavailable
from lockgate.keys.ports import KeyState
from lockgate.secret import SecretBytes
from small_project import change, make_project

WORDS = SecretBytes(b"correct horse battery staple")


def emails(workspace: Workspace, file: Path) -> list[str]:
    values = workspace.reveal_file(file, "email", purpose="test").values
    assert values is not None
    return values.to_pylist()


def test_a_copy_of_a_postgresql_state_restores_into_sqlite(
    postgres: Server, tmp_path: Path
) -> None:
    project = make_project(tmp_path / "people", state=postgres.database())
    change(project / "policy" / "zones.yaml", "pii.email: tokenize", "pii.email: encrypt")
    change(
        project / "lockgate.yaml",
        "  service: local",
        "  unsafe_destroy_after_days: 0\n  service: local",
    )
    copy = tmp_path / "safe.keys"
    with Workspace.open(project) as workspace:
        first = workspace.run("people").sinks["study"] / "part-00000.csv"
        workspace.rotate("email")
        change(project / "data" / "people.csv", "dave@", "eve@")
        second = workspace.run("people").sinks["study"] / "part-00000.csv"
        (waiting,) = workspace.keys.schedule_destruction("email", 1, "test")
        assert waiting.destroy_at is not None
        with pytest.raises(KeyUnavailable):
            emails(workspace, first)
        workspace.keys.cancel_destruction("email", 1, "test")
        expected = emails(workspace, first)
        workspace.keys.schedule_destruction("email", 1, "test")
        (gone,) = workspace.keys.destroy_due("test")
        workspace.keys.check()
        workspace.keys.export(copy, WORDS, "test")

    create_project(tmp_path / "fresh", "people")
    pin = "  public_key: "
    new = (tmp_path / "fresh" / "lockgate.yaml").read_text().split(pin)[1].split("\n")[0]
    text = (project / "lockgate.yaml").read_text()
    old = text.split(pin)[1].split("\n")[0]
    url = text.split("\nstate: ")[1].split("\n")[0]
    text = text.replace(old, new).replace(f"\nstate: {url}", "\nstate: sqlite")
    (project / "lockgate.yaml").write_text(text)
    shutil.rmtree(project / ".lockgate")
    (tmp_path / "fresh" / ".lockgate").rename(project / ".lockgate")
    with Workspace.open(project) as workspace:
        workspace.keys.restore(copy, WORDS, "test")
        assert emails(workspace, second)[0] == expected[0] == "ann@example.org"
        with pytest.raises(KeyUnavailable, match="destroyed"):
            emails(workspace, first)
        tombstone = {v.number: v for v in workspace.keyring.versions()}[gone.number]
        assert (tombstone.state, tombstone.wrapped) == (KeyState.DESTROYED, b"")
