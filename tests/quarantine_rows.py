"""A project whose quarantine's row in the state is edited by hand, by SQL and without a key."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import text

from lockgate.access.scope import Scope
from lockgate.adapters.state_stores.sql.store import SqlStateStore
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from session_cases import People
from small_project import CONTRACT, PIPELINE, make_project

PURPOSE = "support"


def two_datasets(folder: Path, state: str = "sqlite") -> Path:
    """Beside people, with a second pipeline of theirs: leads, of the same columns, all public."""
    project = make_project(folder, state=state)
    leads = re.sub(r"value: pii\.\w+", "value: public", CONTRACT)
    for old, new in (
        ("id: people\nname: people", "id: leads\nname: leads"),
        ("  - name: people\n", "  - name: leads\n"),
        ("          - {property: lockgate.subject, value: true}\n", ""),
        (", pattern: '@'", ""),
        ("maxLength: 20", "maxLength: 200"),
    ):
        assert old in leads
        leads = leads.replace(old, new)
    (project / "contracts/leads.odcs.yaml").write_text(leads)
    for name, contract in (("leads", "leads"), ("callers", "people")):
        told = PIPELINE.replace("\n  people:", f"\n  {name}:").replace("out/", f"out/{name}/")
        told = told.replace("contract: people", f"contract: {contract}")
        (project / f"pipelines/{name}.yaml").write_text(told)
    return project


def edit(workspace: Workspace, run_id: str, change: str) -> None:
    """What whoever can write to the database does."""
    state = record_of(workspace).state
    assert isinstance(state, SqlStateStore)
    with state._connections.writing() as connection:
        statement = text(f"update quarantine set {change} where run_id = :run")
        assert connection.execute(statement, {"run": run_id}).rowcount == 1


def scoped(people: People, name: str, role: str, *datasets: str) -> None:
    people.token(name)  # which makes the user
    people.workspace.grants.grant(
        f"user:{name}", role, reason="test", scope=Scope(datasets=datasets)
    )
