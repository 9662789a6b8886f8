"""Tampering with a copy of the ledger, the way somebody with the database's password would."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from lockgate.ledger.merkle import leaf_hash

WANTED = b'"rows_rejected":'


def copy_project(source: Path, target: Path) -> Path:
    """Copy a project without its data: files, keys and state."""
    target.mkdir(mode=0o700)
    for name in ("contracts", "pipelines", ".lockgate"):
        shutil.copytree(source / name, target / name)
    shutil.copy2(source / "lockgate.yaml", target / "lockgate.yaml")
    return target


def hide_rejected(project: Path) -> int:
    """Set the rejected rows of the first receipt to none and repair its hash; its index."""
    with closing(sqlite3.connect(project / ".lockgate" / "state.db")) as database:
        entries = database.execute('SELECT "index", leaf FROM ledger_entries ORDER BY "index"')
        for index, leaf in entries.fetchall():
            at = leaf.find(WANTED)
            if at < 0:
                continue
            start = at + len(WANTED)
            end = start
            while leaf[end : end + 1].isdigit():
                end += 1
            changed = leaf[:start] + b"0" + leaf[end:]
            database.execute(
                'UPDATE ledger_entries SET leaf = ?, hash = ? WHERE "index" = ?',
                (changed, leaf_hash(changed), index),
            )
            database.commit()
            return int(index)
    raise LookupError("the ledger holds no receipt")
