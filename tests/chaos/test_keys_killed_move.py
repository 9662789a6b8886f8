"""A move of keys killed again and again: every key opens at every moment, and the move ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from keys_at_hand import raw_keyring
from lockgate.assemble.workspace import Workspace
from lockgate.ledger.key_events import KeyMoved
from small_project import change, make_project

CHILD = """
    import os, sys
    from pathlib import Path
    from lockgate.assemble.workspace import Workspace
    from lockgate.adapters.state_stores.sql import keys

    folder, left, when = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    stored = keys.SqlKeyStore.rewrap

    def die():
        os.kill(os.getpid(), 9)

    def rewrap(self, number, service, wrapped):
        global left
        left -= 1
        if when == "before" and left == 0:
            die()
        stored(self, number, service, wrapped)
        if when == "inside" and left == 0:
            die()

    keys.SqlKeyStore.rewrap = rewrap
    with Workspace.open(folder) as workspace:
        workspace.keys.move(
            "chaos", moved=lambda done, of: die() if when == "after" and left == 0 else None
        )
"""


def test_a_move_killed_before_inside_and_after_a_transaction_ends_complete(tmp_path: Path) -> None:
    project = make_project(tmp_path / "people")
    with Workspace.open(project) as workspace:
        expected = derived(workspace)
    text = "  root: next.key\n  previous: {service: local}\n  service: local"
    change(project / "lockgate.yaml", "  service: local", text)
    with Workspace.open(project) as workspace:
        workspace.make_root()
        total = len(workspace.keys.to_move())
    left = []
    for when in ("before", "inside", "after"):
        child = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(CHILD), str(project), "1", when],
            check=False,
            capture_output=True,
            timeout=120,
        )
        assert child.returncode == -signal.SIGKILL, child.stderr.decode()
        with Workspace.open(project) as workspace:
            assert derived(workspace) == expected
            left.append(len(workspace.keys.to_move()))
            workspace.ledger.verify()
    assert left == [total, total, total - 1]
    with Workspace.open(project) as workspace:
        assert workspace.keys.move("chaos") == total - 1
        assert derived(workspace) == expected
        moved = [
            e.event.key_number for e in workspace.ledger.read() if isinstance(e.event, KeyMoved)
        ]
        assert sorted(moved) == sorted(set(moved))
        assert len(moved) == total


def derived(workspace: Workspace) -> dict[int, bytes]:
    ring = raw_keyring(workspace)
    return {
        v.number: ring.derive(v.domain, v.use, ("x",), 32, v.number).key.reveal()
        for v in ring.versions()
    }
