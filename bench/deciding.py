"""How long one decision of who may takes, with 10,000 principals and 1,000 grants in the state.

`access.decide_us` is the engine alone: the request and its entities made, Cedar asked, the answer
read. `access.held_us` has the roles looked up in SQLite and their seals checked before it.
"""

from __future__ import annotations

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
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.project_file import load_project
from lockgate.assemble.workspace import Workspace
from lockgate.run.record import Record

PRINCIPALS = 10_000
GRANTS = 1_000
ASKED = 2_000
TIMES = 7
_ROLES = ("data_analyst", "privacy_officer", "auditor")


def measure() -> Figures:
    """Medians of seven rounds, by the processor: what else the machine does is not in them."""
    with tempfile.TemporaryDirectory() as folder:
        create_project(Path(folder) / "large", "large")
        with Workspace.open(Path(folder) / "large") as workspace:
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
    looked_up = _median(
        lambda: [engine.decide(replace(one, roles=_roles(held, one))) for one in asked]
    )
    loaded = _median(lambda: open_authoriser(load_project(workspace.project.file)))
    return {
        "access.principals": PRINCIPALS,
        "access.grants": GRANTS,
        "access.decide_us": round(alone, 1),
        "access.held_us": round(looked_up, 1),
        "access.load_policies_ms": round(loaded * ASKED / 1000, 1),
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
