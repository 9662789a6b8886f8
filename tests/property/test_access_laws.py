"""Laws of the authoriser, whatever the names, roles and questions are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.access.action import Action
from lockgate.access.applies import APPLIES
from lockgate.access.decision import AccessRequest, Reason
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.resource import Resource
from lockgate.access.roles import SHIPPED
from lockgate.access.settings import RoleSpec
from lockgate.adapters.access_policies.engine import CedarAuthoriser
from tests.access_questions import ANNA, AT, LABEL, authoriser, request

ROLES = [spec.name for spec in SHIPPED]
HOSTILE = [
    '"',
    '" || true || "',
    'a"::Role::"owner',
    'Role::"owner"',
    "owner",
    "\\u{22}",
    "line\nend\r\0",
    "/* */ // ;",
    "__entity",
    '{"type": "Role", "id": "owner"}',
    "é\u202e\U0001f510",
    "\ud800",
    "",
]
names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))


@st.composite
def questions(draw: st.DrawFn) -> AccessRequest:
    action = draw(st.sampled_from(list(Action)))
    kind = draw(st.sampled_from(sorted(APPLIES[action])))
    resource = Resource(
        kind, draw(names), draw(names), tuple(draw(st.lists(names, max_size=3))), draw(names)
    )
    principal = Principal(
        draw(names),
        draw(st.sampled_from(list(Assurance))),
        kind=draw(st.sampled_from(list(PrincipalKind))),
        issuer=draw(names),
        groups=tuple(draw(st.lists(names, max_size=3))),
        methods=tuple(draw(st.lists(names, max_size=3))),
        authenticated_at=draw(st.sampled_from([None, AT])),
    )
    roles = tuple(draw(st.lists(st.one_of(st.sampled_from(ROLES), names), max_size=4)))
    return AccessRequest(principal, action, resource, draw(names), AT, roles)


EMPTY = authoriser(shipped=False)
ALONE = authoriser()
FORBIDDING = authoriser("forbid (principal, action, resource);")


@given(questions())
def test_without_a_policy_everything_is_denied(asked: AccessRequest) -> None:
    assert not EMPTY.decide(asked).allowed


@given(questions())
def test_a_forbid_wins_over_every_permit(asked: AccessRequest) -> None:
    assert not FORBIDDING.decide(asked).allowed


@given(questions())
def test_no_name_is_taken_for_syntax(asked: AccessRequest) -> None:
    """The same question under harmless names has the same answer, but where text is not text."""
    plain = replace(
        asked,
        principal=replace(asked.principal, id="user:x", issuer="i", groups=("g",), methods=("m",)),
        resource=replace(asked.resource, name="x", dataset="d", labels=("pii",), zone="z"),
        purpose="fraud",
        roles=tuple(name if name in ROLES else "nobody" for name in asked.roles),
    )
    decision = ALONE.decide(asked)
    if decision.reason is not Reason.POLICY_ERROR:
        assert decision.allowed == ALONE.decide(plain).allowed
    else:
        assert not decision.allowed
        assert "\\ud800" in str(asked)


@given(questions(), st.sampled_from(ROLES))
def test_another_role_takes_no_permit_away(asked: AccessRequest, role: str) -> None:
    """But by a forbid, and the shipped ones forbid by kind of principal, not by role."""
    before = ALONE.decide(asked)
    after = ALONE.decide(replace(asked, roles=(*asked.roles, role)))
    assert after.allowed or not before.allowed or after.reason is Reason.FORBIDDEN


@given(questions())
def test_the_order_of_roles_and_asking_again_change_nothing(asked: AccessRequest) -> None:
    assert ALONE.decide(asked) == ALONE.decide(replace(asked, roles=asked.roles[::-1]))


@given(st.lists(st.sampled_from(ROLES[:-1]), min_size=1, unique=True), questions())
@settings(max_examples=40)
def test_a_role_may_what_those_it_extends_may(extended: list[str], asked: AccessRequest) -> None:
    own = RoleSpec("steward", extends=tuple(extended))
    engine = authoriser(roles=(own,))
    held = engine.decide(replace(asked, roles=("steward",)))
    assert held.allowed == engine.decide(replace(asked, roles=tuple(extended))).allowed


def test_a_forbid_whose_evaluation_fails_denies() -> None:
    """Cedar alone skips it, and lets pass. (The schema would refuse it; it is put in past that.)"""
    overflow = (
        "forbid (principal, action, resource)"
        " when { context.time.epoch * 9223372036854775807 > 0 };"
    )
    asked = request(Action.REVEAL, LABEL, "privacy_officer")
    assert authoriser().decide(asked).allowed
    assert authoriser(overflow).decide(asked).reason is Reason.POLICY_ERROR
    permit = overflow.replace("forbid (principal", 'permit (principal in Role::"auditor"')
    assert (
        authoriser(permit).decide(replace(asked, roles=("privacy_officer", "auditor"))).reason
        is Reason.POLICY_ERROR
    )


@pytest.mark.parametrize("broken", ["is_authorized", "Decision"])
def test_an_engine_that_fails_denies(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> object:
        raise RuntimeError("no engine")

    import cedarpy

    monkeypatch.setattr(cedarpy, broken, fail)
    assert ALONE.decide(request(Action.CHECK, LABEL, "owner")).reason is Reason.POLICY_ERROR


def test_many_threads_get_one_answer() -> None:
    asked = [request(action, LABEL, role) for action in Action for role in ROLES]
    alone = [ALONE.decide(one) for one in asked]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert list(pool.map(ALONE.decide, asked)) == alone


def test_a_label_is_in_the_labels_above_it_and_a_state_in_its_label() -> None:
    engine = authoriser(
        'permit (principal in Role::"data_analyst", action == Action::"reveal",'
        ' resource in Label::"pii.name");'
    )

    def allowed(label: str) -> bool:
        resource = replace(LABEL, name=label, labels=(label,))
        return engine.decide(request(Action.REVEAL, resource, "data_analyst")).allowed

    assert allowed("pii.name")
    assert allowed("pii.name.first")
    assert allowed("pseudonym(pii.name.first; domain=person-name; key=3)")
    assert not allowed("pii")
    assert not allowed("pii.names")
    assert not allowed("pii.ssn")
    assert not allowed("unclassified")


def test_what_only_an_approval_lacks_says_so() -> None:
    engine = authoriser(
        'forbid (principal, action == Action::"reveal", resource) unless { context.approval };'
    )
    asked = request(Action.REVEAL, LABEL, "privacy_officer")
    assert engine.decide(asked).reason is Reason.NEEDS_APPROVAL
    assert engine.decide(replace(asked, approval="7")).reason is Reason.ALLOWED_BY_APPROVAL
    assert engine.decide(replace(asked, roles=("auditor",))).reason is Reason.FORBIDDEN


def test_context_is_what_the_request_says() -> None:
    engine = authoriser(
        'permit (principal in Role::"data_analyst", action == Action::"reveal", resource) when {'
        ' context.purpose.word == "fraud" && context.purpose.detail == "case 7" &&'
        " context.time.hour == 9 && context.time.weekday == 1 && context.strength.verified &&"
        ' context.strength.age == 0 && context.strength.methods.contains("pwd") &&'
        ' context.dataset == "patients" && context.labels.containsAll(["pii", "pii.ssn"]) &&'
        ' context.zone == "" && !context.break_glass && context.environment == "development" &&'
        ' principal.issuer == "lockgate" };'
    )
    asked = request(Action.REVEAL, LABEL, "data_analyst")
    assert engine.decide(asked).allowed
    for change in (
        replace(asked, purpose="marketing: case 7"),
        replace(asked, purpose="fraud"),
        replace(asked, at=AT.replace(hour=10)),
        replace(asked, at=AT.replace(day=4)),
        replace(asked, break_glass="1"),
        replace(asked, principal=replace(ANNA, methods=())),
        replace(asked, principal=replace(ANNA, assurance=Assurance.OPERATING_SYSTEM)),
        replace(asked, principal=replace(ANNA, issuer="https://other.example")),
        replace(asked, resource=replace(LABEL, dataset="visits")),
        replace(asked, resource=replace(LABEL, labels=("phi",))),
        replace(asked, resource=replace(LABEL, zone="analytics")),
    ):
        assert not engine.decide(change).allowed, change


def test_an_authoriser_is_what_the_gatekeeper_asks_for() -> None:
    assert isinstance(ALONE, CedarAuthoriser)
    assert tuple(ALONE.roles()) == tuple(ROLES)
