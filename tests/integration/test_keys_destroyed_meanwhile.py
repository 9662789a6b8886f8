"""A key is destroyed by somebody else while rows are protected under it: nothing is released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from keys_at_hand import raw_keyring
from lockgate.assemble.workspace import Workspace
from lockgate.errors import KeyUnavailable
from lockgate.keys.ports import KeyState, KeyUse
from lockgate.ledger.event import ReleaseIntent
from lockgate.ledger.ledger import Ledger
from small_project import make_project


def destroy_first(folder: Path) -> None:
    """Somebody else rotates the key of birth dates and destroys the version before."""
    with Workspace.open(folder) as other:
        used = next(
            v
            for v in other.keyring.versions("birth-date")
            if v.use is KeyUse.ENCRYPTION and v.state is KeyState.PRIMARY
        )
        other.rotate("birth-date")
        raw_keyring(other).destroy(used.number)


def released(ledger: Ledger) -> list[ReleaseIntent]:
    return [e.event for e in ledger.read() if isinstance(e.event, ReleaseIntent)]


def test_a_run_whose_key_is_destroyed_while_it_runs(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "people")
    told = []

    def progress(*counts: Any) -> None:
        if not told:
            destroy_first(folder)
        told.append(counts)

    with Workspace.open(folder) as workspace:
        with pytest.raises(KeyUnavailable, match="was destroyed"):
            workspace.run("people", progress=progress)
        assert told
        assert released(workspace.ledger) == []
        assert not [p for p in (folder / "out").rglob("*") if p.is_file()]
        assert workspace.run("people").sinks  # under the new key


def test_a_gate_whose_key_was_destroyed(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "people")
    rows = pa.table(
        {
            "id": pa.array([1], pa.int64()),
            "email": pa.array(["ada@example.org"]),
            "born": pa.array([None], pa.date32()),
            "city": pa.array(["Oslo"]),
        }
    )
    with Workspace.open(folder) as workspace:
        gate = workspace.gate("people", "study", purpose="test")
        gate(rows)
        destroy_first(folder)
        with pytest.raises(KeyUnavailable, match="was destroyed"):
            gate(rows)
