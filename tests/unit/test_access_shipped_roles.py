"""The shipped roles, action by action: the whole table, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lockgate.access.action import Action
from lockgate.access.applies import APPLIES
from lockgate.access.decision import Reason
from lockgate.access.principal import Assurance, PrincipalKind
from lockgate.access.resource import ACCESS, Resource, ResourceKind
from lockgate.access.roles import SHIPPED
from tests.access_questions import ANNA, AT, authoriser, request

# Columns: data_engineer, data_analyst, security_officer, privacy_officer, auditor, admin, owner.
TRUTH = """
run               x . . . . . x
check             x x x x x x x
publish           x . . . . . x
gate              x . . . . . x
unrecorded-gate   . . . . . . x
reveal            . . . x . . x
unseal            . . . x . . x
read-quarantine   x . . x . . x
declassify        x . . x . . x
expand-policy     . . . x . . x
replay            x . . . . . x
discard           . . . x . . x
read-keys         . . x . x . x
create-key        . . x . . . x
rotate            . . x . . . x
rewrap            . . x . . . x
destroy-key       . . x . . . x
shred             . . . x . . x
move-keys         . . x . . . x
export-keys       . . x . . . x
import-keys       . . x . . . x
resurrect-keys    . . x . . . x
unsafe-direct     . . . . . . x
use-secret        x . . . . . x
read-ledger       . . x x x . x
read-access       . . x . x x x
administer        . . . . . x x
leave-production  . . x . . . x
request-approval  x x x x . . x
approve           . . x x . . x
break-glass       x . x . . . x
review            . . x . x . x
"""
ROLES = tuple(spec.name for spec in SHIPPED)
ROWS = {line.split()[0]: line.split()[1:] for line in TRUTH.strip().splitlines()}


@pytest.fixture(scope="module")
def engine():
    return authoriser()


def test_the_table_has_every_action_and_role() -> None:
    assert list(ROWS) == [action.value for action in Action]
    assert ROLES == (
        "data_engineer",
        "data_analyst",
        "security_officer",
        "privacy_officer",
        "auditor",
        "admin",
        "owner",
    )


@pytest.mark.parametrize("action", list(Action), ids=str)
def test_each_role_may_what_the_table_says(engine, action: Action) -> None:
    told = {}
    for kind in APPLIES[action]:
        for role in ROLES:
            decision = engine.decide(request(action, Resource(kind, "it"), role))
            told.setdefault(role, set()).add(decision.allowed)
            assert decision.reason is (Reason.ALLOWED if decision.allowed else Reason.NO_PERMIT)
    assert told == {role: {mark == "x"} for role, mark in zip(ROLES, ROWS[action], strict=True)}


@pytest.mark.parametrize("action", list(Action), ids=str)
def test_an_action_on_another_kind_of_thing_is_denied_to_the_owner_too(engine, action) -> None:
    for kind in set(ResourceKind) - APPLIES[action]:
        decision = engine.decide(request(action, Resource(kind, "it"), "owner"))
        assert (decision.allowed, decision.reason) == (False, Reason.POLICY_ERROR)


@pytest.mark.parametrize("kind", [PrincipalKind.SERVICE, PrincipalKind.WORKLOAD])
@pytest.mark.parametrize("action", [Action.APPROVE, Action.REVIEW, Action.BREAK_GLASS])
def test_a_machine_is_no_second_person(engine, kind: PrincipalKind, action: Action) -> None:
    machine = replace(ANNA, id="service:nightly", kind=kind)
    decision = engine.decide(request(action, ACCESS, *ROLES, principal=machine))
    assert decision.reason is Reason.FORBIDDEN
    assert decision.policies == ("people.decide",)


def test_break_glass_wants_a_log_in_of_just_now(engine) -> None:
    def reason(principal, at=AT):
        return engine.decide(
            request(Action.BREAK_GLASS, ACCESS, "security_officer", principal=principal, at=at)
        ).reason

    assert reason(ANNA, AT + timedelta(seconds=900)) is Reason.ALLOWED
    assert reason(ANNA, AT + timedelta(seconds=901)) is Reason.NO_PERMIT
    assert reason(replace(ANNA, authenticated_at=None)) is Reason.NO_PERMIT
    assert reason(replace(ANNA, assurance=Assurance.OPERATING_SYSTEM)) is Reason.NO_PERMIT


def test_who_holds_no_role_is_permitted_nothing(engine) -> None:
    for action in Action:
        for kind in APPLIES[action]:
            decision = engine.decide(request(action, Resource(kind, "it")))
            assert not decision.allowed
            assert decision.reason in (Reason.NO_ROLE, Reason.FORBIDDEN)


def test_a_permit_names_the_policy_that_gave_it(engine) -> None:
    assert engine.decide(
        request(Action.SHRED, Resource(ResourceKind.KEY_DOMAIN, "d"), "privacy_officer")
    ).policies == ("privacy_officer.duties",)
