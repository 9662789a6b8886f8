"""How long one decision of who may takes, with 10,000 principals and 1,000 grants in the state.

`access.decide_us` is the engine alone: the request and its entities made, Cedar asked, the answer
read. `access.decision_us` has what is held looked up in SQLite and its seals checked before it.
`access.recorded_ms` is all of a gatekeeper's decision, durable in the signed ledger; beside it
`access.fsync_ms`, what this disk takes at that time to make 4 KiB durable once.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figures import Figures
from lockgate.access.action import Action
from lockgate.access.decision import AccessRequest
from lockgate.access.entitlements import GrantedRoles
from lockgate.access.grant_rows import Grant
from lockgate.access.identity_ports import User
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.resource import Resource, label
from lockgate.access.scope import Scope
from lockgate.assemble.access_of_project import open_authoriser
from lockgate.assemble.access_of_state import open_access_rows, open_entitlements
from lockgate.assemble.create import create_project
from lockgate.assemble.gate_of_access import open_gatekeeper
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.project_file import load_project
from lockgate.assemble.workspace import Workspace
from lockgate.run.record import Record

PRINCIPALS = 10_000
GRANTS = 1_000
ASKED = 2_000
RECORDED = 200
TIMES = 7
APPENDED = b"x" * 4096
_ROLES = ("data_analyst", "privacy_officer", "auditor")


def measure(folder: Path) -> Figures:
    """Medians of seven rounds, by the processor: what else the machine does is not in them.

    ``folder`` is made, on the disk that is to be measured.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        create_project(Path(inside) / "large", "large")
        with Workspace.open(Path(inside) / "large") as workspace:
            load(record_of(workspace))
            return _figures(workspace)


def load(record: Record, principals: int = PRINCIPALS, grants: int = GRANTS) -> None:
    """That many users, and every so many of them with a grant."""
    at = datetime.now(UTC) - timedelta(hours=1)
    rows = open_access_rows(record)
    with record.state.transaction():
        for number in range(grants):
            rows.grants.add(_grant(number, principals // grants, at))
        for number in range(principals):
            record.state.identities.add_user(User(_name(number), "", at, at))


def _name(number: int) -> str:
    return f"user-{number}"


def _grant(number: int, every: int, at: datetime) -> Grant:
    scope = str(Scope(labels=("pii.name",))) if number % 2 else ""
    return Grant(
        f"bench-{number}",
        f"user:{_name(number * every)}",
        _ROLES[number % len(_ROLES)],
        scope,
        "bench",
        "user:bench",
        at,
        at + timedelta(days=30),
    )


def question(number: int, roles: tuple[str, ...] = ()) -> AccessRequest:
    """Whether one of them may turn names back."""
    at = datetime.now(UTC)
    who = Principal(
        f"user:{_name(number)}", Assurance.TOKEN, kind=PrincipalKind.PERSON, authenticated_at=at
    )
    what: Resource = label("pii.name.first", "patients")
    return AccessRequest(who, Action.REVEAL, what, "fraud: case 7", at, roles)


def _figures(workspace: Workspace) -> Figures:
    engine = open_authoriser(workspace.project)
    held = open_entitlements(workspace.project, record_of(workspace))
    asked = [question(number * 5) for number in range(ASKED)]
    ready = [replace(one, roles=_roles(held, one)) for one in asked]
    allowed = sum(engine.decide(one).allowed for one in ready)
    if not 0 < allowed < len(ready):
        raise RuntimeError("the decisions that are timed are all alike")
    alone = _median(lambda: [engine.decide(one) for one in ready])
    decision = _median(
        lambda: [engine.decide(replace(one, roles=_roles(held, one))) for one in asked]
    )
    loaded = _median(lambda: open_authoriser(load_project(workspace.project.file)))
    return {
        "access.principals": PRINCIPALS,
        "access.grants": GRANTS,
        "access.decide_us": round(alone, 1),
        "access.decision_us": round(decision, 1),
        "access.load_policies_ms": round(loaded * ASKED / 1000, 1),
        **_recorded(workspace, [one for one in ready if engine.decide(one).allowed]),
    }


def _recorded(workspace: Workspace, asked: list[AccessRequest]) -> Figures:
    """By the clock, as the disk is waited for: a decision and a bare append in turns."""
    record = record_of(workspace)
    until = datetime.now(UTC) + timedelta(hours=8)
    acting = [asked[0].principal]
    gate = open_gatekeeper(workspace.project, record, lambda: acting[0])
    whole, disk = [], []
    cpu = 0.0
    with (record.home / "appended").open("ab", buffering=0) as file:
        for number in range(RECORDED):
            one = asked[number % len(asked)]
            acting[0] = replace(one.principal, expires_at=until)
            began, worked = time.perf_counter(), time.process_time()
            gate.permit(one.action, one.resource, one.purpose)
            cpu += time.process_time() - worked
            decided = time.perf_counter()
            file.write(APPENDED)
            os.fsync(file.fileno())
            whole.append(decided - began)
            disk.append(time.perf_counter() - decided)
    return {
        "access.recorded_ms": round(statistics.median(whole) * 1000, 2),
        "access.recorded_cpu_ms": round(cpu / RECORDED * 1000, 2),
        "access.fsync_ms": round(statistics.median(disk) * 1000, 2),
    }


def _roles(held: GrantedRoles, one: AccessRequest) -> tuple[str, ...]:
    return held.roles(one.principal, one.resource, one.at)


def _median(work: Callable[[], object]) -> float:
    """Microseconds of processor for each of what was asked."""
    taken = []
    for _ in range(TIMES):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) / ASKED * 1_000_000)
    return statistics.median(taken)
