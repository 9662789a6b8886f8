"""A run in a process of its own that kills itself at a chosen step, as a power cut would.

``python killed_run.py PROJECT PIPELINE STEP``: SIGKILL just before the STEPth durable operation
(fsync, rename, unlink, database commit); STEP 0 never. Prints how many steps there were. With
``SENT_AT_STEP=SIGSTOP`` in the environment it waits there, to be looked at.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy.engine.default as engine_default

from lockgate.assemble.workspace import Workspace

STEPS = 0
SENT = signal.Signals[os.environ.get("SENT_AT_STEP", "SIGKILL")]


def counted(original: Callable[..., Any], last: int) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        global STEPS
        STEPS += 1
        if last == STEPS:
            os.kill(os.getpid(), SENT)
        return original(*args, **kwargs)

    return wrapper


def arm(last: int) -> None:
    """Count durable operations from now on, and die before number ``last``."""
    for name in ("fsync", "fdatasync", "rename", "replace", "unlink", "rmdir"):
        setattr(os, name, counted(getattr(os, name), last))
    dialect = engine_default.DefaultDialect
    dialect.do_commit = counted(dialect.do_commit, last)  # type: ignore[method-assign]


def main() -> None:
    folder, pipeline, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    arm(last)
    with Workspace.open(folder) as workspace:
        workspace.run(pipeline)
    print(STEPS)


if __name__ == "__main__":
    main()
