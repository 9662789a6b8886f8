"""No grant, group or break-glass gives access that the answers about access do not show."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockgate.access.action import Action
from lockgate.access.decision import AccessRequest
from lockgate.access.entitlements import GrantedRoles
from lockgate.access.forecast import Answer
from lockgate.access.grant_rows import BreakGlass, Grant
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.resource import LEDGER, Resource, ResourceKind, label, zone
from lockgate.access.scope import Scope
from lockgate.access.sealed_rows import AccessRows
from lockgate.adapters.access_policies.engine import CedarAuthoriser
from lockgate.adapters.access_policies.foresee import Foreseer
from lockgate.assemble.access_of_project import open_authoriser
from lockgate.assemble.access_questions import AccessQuestions, Question
from lockgate.assemble.project_file import Project, load_project
from lockgate.secret import SecretBytes
from lockgate.testing.memory_state import MemoryStateStore
from tests.access_questions import AT
from tests.small_project import make_project

ROLES = ["data_engineer", "data_analyst", "privacy_officer", "auditor", "admin", "steward"]
ACCESS = """
access:
  roles:
    steward: {extends: [data_analyst], groups: [corp/stewards]}
"""
POLICY = """
permit (principal in Role::"steward", action == Action::"reveal", resource in Label::"pii.email")
when { context.purpose.word == "support" && context.dataset == "people" };
forbid (principal, action == Action::"publish", resource == Zone::"coarse")
when { context.time.hour < 6 || context.labels.contains("pii.birth_date") };
"""
KEY = SecretBytes(b"k" * 32)
people = st.sampled_from(["user:anna", "user:ben"])
holders = st.one_of(people, st.sampled_from(["group:corp/stewards", "group:corp/audit"]))
moments = st.integers(-60, 60).map(lambda minutes: AT + timedelta(minutes=minutes))
scopes = st.builds(
    Scope,
    st.sampled_from([(), ("people",), ("p*",), ("visits",)]),
    st.sampled_from([(), ("pii",), ("pii.email",), ("phi",)]),
    st.sampled_from([(), ("study",), ("coarse", "study")]),
)
things = st.one_of(
    st.builds(label, st.sampled_from(["pii.email", "pii", "phi.note"]),
              st.sampled_from(["", "people", "visits"]), st.sampled_from(["", "study"])),
    st.builds(zone, st.sampled_from(["study", "coarse"]),
              st.sampled_from(["", "people"]),
              st.sampled_from([(), ("pii.email",), ("pii.birth_date", "pii.email")])),
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's folder: of a whole project Hypothesis would make a text at every example."""
    folder: Path = tmp_path_factory.mktemp("shown")
    make_project(folder)
    with (folder / "lockgate.yaml").open("a") as file:
        file.write(ACCESS)
    (folder / "access").mkdir()
    (folder / "access" / "own.cedar").write_text(POLICY)
    return folder


@cache
def loaded(folder: Path) -> Project:
    return load_project(folder)


@cache
def engine_of(folder: Path) -> CedarAuthoriser:
    return open_authoriser(loaded(folder))


@st.composite
def granted(draw: st.DrawFn) -> list[tuple[str, str, str, datetime, datetime, bool]]:
    """Holder, role, scope, from, until, and whether it was revoked."""
    return draw(
        st.lists(
            st.tuples(holders, st.sampled_from(ROLES), scopes.map(str), moments, moments,
                      st.booleans()),
            max_size=6,
        )
    )  # fmt: skip


@given(
    given_to=granted(),
    glass=st.lists(st.tuples(people, st.sampled_from(ROLES), moments, moments), max_size=2),
    who=people,
    groups=st.sampled_from([(), ("corp/stewards",), ("corp/audit", "corp/stewards")]),
    what=things,
    purpose=st.sampled_from(["support: 7", "fraud"]),
    at=st.sampled_from([AT, AT.replace(hour=3)]),
)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_who_is_allowed_is_shown_and_who_is_shown_as_allowed_is(
    place, given_to, glass, who, groups, what, purpose, at
) -> None:
    rows = AccessRows(MemoryStateStore().access, lambda: KEY)
    for n, (to, role, scope, begins, ends, revoked) in enumerate(given_to):
        over = begins if revoked else None
        rows.grants.add(Grant(f"g{n}", to, role, scope, "x", "user:r", begins, ends, over))
    for n, (to, role, begins, ends) in enumerate(glass):
        rows.break_glass.add(BreakGlass(f"b{n}", to, role, "x", begins, ends))
    engine = engine_of(place)
    held = GrantedRoles(rows, engine.all_roles)
    questions = AccessQuestions(loaded(place), Foreseer(engine), held)
    action = Action.REVEAL if what.kind is ResourceKind.LABEL else Action.PUBLISH

    shown = questions.holder(who, groups, Question(action, what, purpose, at), at)
    unsaid = questions.holder(who, groups, Question(action, _bare(what)), at)
    by_name = {one.who for one in questions.who_can(Question(action, what, purpose, at), at)}
    alone = questions.holder(who, (), Question(action, what, purpose, at), at)

    principal = Principal(who, Assurance.TOKEN, kind=PrincipalKind.PERSON, groups=groups,
                          issuer="https://corp.example", authenticated_at=at)  # fmt: skip
    has = held.held(principal, what, at)
    allowed = engine.decide(
        AccessRequest(principal, action, what, purpose, at, has.roles, break_glass=has.break_glass)
    ).allowed
    if allowed:
        assert shown.forecast.answer is not Answer.NO
    if shown.forecast.answer is Answer.YES:
        assert allowed
    if shown.forecast.answer is Answer.NO:
        assert not allowed
    if allowed and at == AT:
        assert unsaid.forecast.answer is not Answer.NO
    assert (who in by_name) == (alone.forecast.answer is not Answer.NO and _named(rows, who))


def _bare(what: Resource) -> Resource:
    """The same before anybody said of which dataset, and with which labels."""
    if what.kind is ResourceKind.LABEL:
        return label(what.name)
    return zone(what.name)


def _named(rows: AccessRows, who: str) -> bool:
    return any(one.to == who for one in rows.grants.all()) or any(
        one.principal == who for one in rows.break_glass.all()
    )


def test_nobody_is_shown_for_what_nobody_holds(place) -> None:
    held = GrantedRoles(AccessRows(MemoryStateStore().access, lambda: KEY),
                        open_authoriser(loaded(place)).all_roles)  # fmt: skip
    questions = AccessQuestions(loaded(place), Foreseer(open_authoriser(loaded(place))), held)
    found = questions.who_can(Question(Action.READ_LEDGER, LEDGER), AT)
    assert [one.who for one in found] == ["the folder's owner"]
