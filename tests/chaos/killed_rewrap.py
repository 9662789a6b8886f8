"""A rewrap in a process of its own that kills itself at a chosen step, as a power cut would.

``python killed_rewrap.py PROJECT PATH STEP``: SIGKILL just before the STEPth durable operation
(fsync, replace, unlink, database commit) or journalled piece, a negative one before that piece of
them; STEP 0 never. Prints how many steps
there were, and how many pieces were made.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy.engine.default as engine_default

from lockgate.assemble.rewrapping import RewrapRequest
from lockgate.assemble.workspace import Workspace
from lockgate.run.rewrap_journal import Journal

STEPS = 0
PIECES = 0


def counted(original: Callable[..., Any], last: int) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        global STEPS
        STEPS += 1
        if last == STEPS:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    return wrapper


def remembered(original: Callable[..., Any], last: int) -> Callable[..., Any]:
    def wrapper(*args: Any) -> Any:
        global PIECES
        PIECES += 1
        if last == -PIECES:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args)

    return wrapper


def main() -> None:
    folder, path, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    for name in ("fsync", "rename", "replace", "unlink"):
        setattr(os, name, counted(getattr(os, name), last))
    Journal.add = counted(remembered(Journal.add, last), last)  # type: ignore[method-assign]
    dialect = engine_default.DefaultDialect
    dialect.do_commit = counted(dialect.do_commit, last)  # type: ignore[method-assign]
    with Workspace.open(folder) as workspace:
        for _ in workspace.keys.rewrap(RewrapRequest((path,), "test")):
            pass
    print(STEPS, PIECES)


if __name__ == "__main__":
    main()
