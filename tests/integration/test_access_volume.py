"""Many principals and grants do not slow a decision."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from bench.deciding import load, question
from lockgate.assemble.access_of_project import open_authoriser
from lockgate.assemble.access_of_state import open_entitlements
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from tests.small_project import make_project

ROUNDS, ASKED = 7, 200


def fastest(work) -> float:
    """Seconds of processor for each of what was asked, in the quietest round."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) / ASKED)
    return min(taken)


@pytest.mark.slow
def test_a_decision_takes_less_than_a_millisecond_among_ten_thousand(tmp_path: Path) -> None:
    make_project(tmp_path)
    with Workspace.open(tmp_path) as workspace:
        load(record_of(workspace), principals=10_000, grants=1_000)
        assert len(record_of(workspace).state.identities.users()) == 10_000
        assert len(record_of(workspace).state.access.grants.all()) == 1_000
        engine = open_authoriser(workspace.project)
        held = open_entitlements(workspace.project, record_of(workspace))
        asked = [question(number * 5) for number in range(ASKED)]
        ready = [replace(one, roles=held.roles(one.principal, one.resource, one.at))
                 for one in asked]  # fmt: skip
        assert {len(one.roles) for one in ready} == {0, 1}
        whole = fastest(
            lambda: [
                engine.decide(replace(one, roles=held.roles(one.principal, one.resource, one.at)))
                for one in asked
            ]
        )
        assert whole < 0.001
        assert 0 < sum(engine.decide(one).allowed for one in ready) < ASKED


def test_the_engine_is_given_what_the_decision_needs_and_no_more() -> None:
    """Entities are the principal, its roles and the resource, however many others there are."""
    from lockgate.access.roles import SHIPPED, Roles
    from lockgate.adapters.access_policies.question import entities

    roles = Roles({spec.name: spec for spec in SHIPPED})
    asked = question(7, ("data_analyst",))
    assert [
        one["uid"] for one in entities(asked.principal, asked.roles, asked.resource, roles)
    ] == [
        {"type": "Person", "id": "user:user-7"},
        {"type": "Role", "id": "data_analyst"},
        {"type": "Label", "id": "pii.name.first"},
        {"type": "Label", "id": "pii.name"},
        {"type": "Label", "id": "pii"},
    ]
