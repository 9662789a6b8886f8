"""Makes salts of the people 0 to COUNT in a process of its own, and prints their handles.

``python salts_maker.py PROJECT COUNT``
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa

from lockgate.access.action import Action
from lockgate.access.resource import dataset
from lockgate.assemble.workspace import Workspace
from lockgate.keys.ports import KeyUse
from lockgate.keys.release import Covered
from lockgate.run.subject_salts import DOMAIN, INDEX_INFO, SEAL_INFO

COVERED = (
    Covered("person-id", KeyUse.INDEX, INDEX_INFO, protects=True),
    Covered(DOMAIN.name, KeyUse.ENCRYPTION, SEAL_INFO, protects=True, opens=True),
)

with Workspace.open(Path(sys.argv[1])) as workspace:
    context = workspace.context
    permit = context.permit(Action.GATE, dataset("people"), "test")
    with context.released(permit, COVERED) as keyed:
        salts = keyed.subject_salts().prepare(["person-id"])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for start in range(0, int(sys.argv[2]), 500):
        made = salts.to_protect(pa.array(range(start, start + 500)), "person-id")
        sys.stdout.write(b"".join(made.handles.take(made.rows).to_pylist()).hex() + "\n")
