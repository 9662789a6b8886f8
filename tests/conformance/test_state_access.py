"""What every store of grants, approvals and break-glass does alike."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockgate.access.grant_rows import (
    Approval,
    ApprovalState,
    ApprovedPolicy,
    BreakGlass,
    Grant,
    KeptEnvironment,
    LatestSeen,
    RowsOfHolder,
)
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.errors import UsageError
from lockgate.run.state_ports import StateStore

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=30)
GRANT = Grant("g1", "user:ada", "auditor", "label=pii", "audit", "user:eve", NOON, LATER, seal=b"1")
APPROVAL = Approval(
    "a1",
    "d" * 64,
    "shred",
    "project:project",
    "erasure",
    "asked",
    "user:ada",
    "s1",
    "p" * 64,
    ApprovalState.REQUESTED,
    NOON,
    LATER,
    seal=b"1",
)
GLASS = BreakGlass("b1", "user:ada", "admin", "fire", NOON, LATER, seal=b"1")
POLICY = ApprovedPolicy("f" * 64, 1, "{}", "user:eve", NOON, seal=b"1")
KEPT = KeptEnvironment("project", "production", "", None, "os:ada@db1", NOON, 3, b"1")
LATEST = LatestSeen("latest", NOON, b"1")
ROWS = [
    ("grants", GRANT, {"revoked_at": LATER, "revoked_by": "user:eve", "entry": 7}),
    ("approvals", APPROVAL, {"state": ApprovalState.USED, "used_at": LATER, "decided_at": NOON}),
    ("break_glass", GLASS, {"closed_at": NOON, "closed_by": "x", "reviewed_at": LATER}),
    ("policies", POLICY, {"approved_by": "user:bob", "entry": 2**40}),
    ("environment", KEPT, {"environment": "development", "until": LATER, "leaving_for": "a-b"}),
    ("latest", LATEST, {"at": LATER}),
]
KINDS = pytest.mark.parametrize(("kind", "row", "changes"), ROWS, ids=[kind for kind, *_ in ROWS])


@KINDS
def test_a_row_comes_back_as_it_was_given(state: StateStore, kind, row, changes) -> None:
    store = getattr(state.access, kind)
    assert store.get(row.id) is None
    store.add(row)

    assert store.get(row.id) == row
    assert list(store.all()) == [row]
    with pytest.raises(UsageError):
        store.add(replace(row, seal=b"2"))
    assert store.get(row.id) == row


@KINDS
def test_a_row_changes_only_from_what_it_is(state: StateStore, kind, row, changes) -> None:
    store = getattr(state.access, kind)
    store.add(row)
    after = replace(row, **changes, seal=b"2")

    assert store.swap(row, after) is True
    assert store.get(row.id) == after
    assert store.swap(row, replace(row, seal=b"3")) is False
    assert store.get(row.id) == after
    assert store.swap(replace(row, id="other"), row) is False


def test_rows_are_looked_up_by_holder_digest_and_principal(state: StateStore) -> None:
    state.access.grants.add(GRANT)
    state.access.grants.add(replace(GRANT, id="g0"))
    state.access.grants.add(replace(GRANT, id="g2", to="group:corp/x"))
    state.access.approvals.add(APPROVAL)
    state.access.break_glass.add(GLASS)

    of = state.access.grants.of
    assert [row.id for row in of(["user:ada"])] == ["g0", "g1"]
    assert [row.id for row in of(["user:ada", "group:corp/x"])] == ["g0", "g1", "g2"]
    assert list(of([])) == list(of(["user:ADA"])) == []
    assert [row.id for row in state.access.approvals.of([APPROVAL.digest])] == ["a1"]
    assert [row.id for row in state.access.break_glass.of(["user:ada"])] == ["b1"]


def test_all_of_a_holder_is_read_together(state: StateStore) -> None:
    of = state.access.of_holder
    assert of("user:ada", []) == RowsOfHolder((), (), None)

    revoked = replace(GRANT, id="g3", to="group:b", revoked_at=LATER, revoked_by="x", entry=9)
    others = replace(GRANT, id="g4", to="user:eve"), replace(GRANT, id="g5", to="group:c")
    lasting = replace(GRANT, id="g2", to="group:a", expires_at=None)
    for grant in (GRANT, lasting, revoked, *others):
        state.access.grants.add(grant)
    closed = replace(GLASS, id="b2", closed_at=NOON, closed_by="x", entry=3)
    reviewed = replace(closed, id="b3", reviewed_at=LATER, reviewed_by="user:eve")
    for glass in (GLASS, closed, reviewed, replace(GLASS, id="b4", principal="group:a")):
        state.access.break_glass.add(glass)
    state.access.latest.add(LATEST)
    state.access.latest.add(replace(LATEST, id="other"))

    alone, in_groups = of("user:ada", []), of("user:ada", ["group:a", "group:b"])
    assert alone.grants == (GRANT,)
    assert set(in_groups.grants) == {GRANT, lasting, revoked}
    assert len(in_groups.grants) == 3
    assert set(alone.break_glass) == set(in_groups.break_glass) == {GLASS, closed, reviewed}
    assert alone.latest == in_groups.latest == LATEST
    assert of("user:ADA", []) == RowsOfHolder((), (), LATEST)
    many = [f"group:{number}" for number in range(300)]
    assert set(of("user:ada", [*many, "group:a"]).grants) == {GRANT, lasting}


def test_a_row_is_undone_with_its_transaction(state: StateStore) -> None:
    def fail() -> None:
        with state.transaction():
            state.access.lock()
            state.access.grants.add(GRANT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert state.access.grants.get("g1") is None


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_many_swaps_at_once_exactly_one_wins(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = "sqlite"
    if database == "postgresql":
        url = request.getfixturevalue("postgres").database()
    with open_state(url, tmp_path / ".lockgate") as first:
        first.access.approvals.add(APPROVAL)
    start = threading.Barrier(4)

    def take(number: int) -> bool:
        with open_state(url, tmp_path / ".lockgate") as store:
            found = store.access.approvals.get("a1")
            assert found is not None
            start.wait()
            used = replace(found, state=ApprovalState.USED, seal=bytes([number]))
            return store.access.approvals.swap(found, used)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(4))) == 1
