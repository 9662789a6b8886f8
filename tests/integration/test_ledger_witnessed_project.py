"""The ledger's checkpoint outside the database: in a project, its run folders and a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.adapters.state_stores.witness_file import FileWitness
from lockgate.assemble.workspace import Workspace
from lockgate.errors import LedgerTampered
from lockgate.testing.ledgers import event, new_ledger, new_signing_key
from small_project import make_project


class Crash(BaseException):
    """The process is gone."""


def test_a_rolled_back_project_without_its_checkpoint_neither_verifies_nor_runs(
    tmp_path: Path,
) -> None:
    project = make_project(tmp_path / "people")
    home = project / ".lockgate"
    older = (home / "state.db").read_bytes()
    with Workspace.open(project) as workspace:
        workspace.run("people")
    (home / "state.db").write_bytes(older)
    (home / "checkpoint").unlink()
    with Workspace.open(project) as workspace:
        with pytest.raises(LedgerTampered, match="witness missing"):
            workspace.ledger.verify()
        with pytest.raises(LedgerTampered, match="witness missing"):
            workspace.run("people")


def test_a_run_folder_tells_of_a_rollback_that_took_the_checkpoint_along(tmp_path: Path) -> None:
    project = make_project(tmp_path / "people")
    home = project / ".lockgate"
    older = {name: (home / name).read_bytes() for name in ("state.db", "checkpoint")}
    with Workspace.open(project) as workspace:
        folder = workspace.run("people").sinks["study"]
    held = (folder / "_checkpoint").read_text(encoding="utf-8")
    with Workspace.open(project) as workspace:
        assert workspace.ledger.verify([held]).held == 1
    for name, content in older.items():
        (home / name).write_bytes(content)
    with Workspace.open(project) as workspace:
        assert workspace.ledger.verify().size
        with pytest.raises(LedgerTampered, match="rolled back"):
            workspace.ledger.verify([held])


def test_a_crash_between_the_first_commit_and_its_checkpoint_is_no_tampering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, key = tmp_path / ".lockgate", new_signing_key()
    witness = FileWitness(home / "checkpoint")
    with open_state("sqlite", home) as state:
        ledger = new_ledger(state.ledger, key, witness)

        def crash(*_: object) -> None:
            raise Crash

        with monkeypatch.context() as patch:
            prepare = witness.prepare

            def prepare_then_crash(checkpoint: str, size: int) -> object:
                held = prepare(checkpoint, size)
                if size:
                    patch.setattr(type(held), "publish", crash)
                return held

            patch.setattr(witness, "prepare", prepare_then_crash)
            with pytest.raises(Crash):
                ledger.append(event(0))
    with open_state("sqlite", home) as state:
        ledger = new_ledger(state.ledger, key, FileWitness(home / "checkpoint"))
        verified = ledger.verify()
        assert (verified.size, verified.witnessed) == (1, 0)
        ledger.append(event(1))
        assert ledger.verify().witnessed == 2


def test_several_entries_in_the_first_transaction_need_no_checkpoint_before(
    tmp_path: Path,
) -> None:
    home = tmp_path / ".lockgate"
    with open_state("sqlite", home) as state:
        ledger = new_ledger(state.ledger, new_signing_key(), FileWitness(home / "checkpoint"))
        with state.transaction():
            ledger.append(event(0))
            ledger.append(event(1))
        assert ledger.verify().witnessed == 2
