"""A shredding in a process of its own that kills itself at a chosen step, as a power cut would.

``python killed_shred.py PROJECT SUBJECT STEP``: SIGKILL just before the STEPth durable operation
(fsync, rename, unlink, database commit); STEP 0 never. Prints how many steps there were.
"""

from __future__ import annotations

import sys
from pathlib import Path

import killed_run

from lockgate.assemble.workspace import Workspace
from lockgate.secret import SecretText


def main() -> None:
    killed_run.arm(int(sys.argv[3]))
    with Workspace.open(Path(sys.argv[1])) as workspace:
        workspace.subjects.shred(SecretText(sys.argv[2]), purpose="request")
    print(killed_run.STEPS)


if __name__ == "__main__":
    main()
