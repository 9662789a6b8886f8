"""Attacks on grants, second persons and break-glass: by their holders, and through the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from access_desks import NOON, Office, logged_in, person
from lockgate.access.action import Action
from lockgate.access.decision import AccessRequest
from lockgate.access.grant_rows import Approval, ApprovalState, Grant
from lockgate.access.principal import Assurance, Principal, current_principal
from lockgate.access.resource import (
    ACCESS,
    LEDGER,
    Resource,
    ResourceKind,
    dataset,
    key_domain,
    label,
)
from lockgate.access.scope import EVERYWHERE, Scope
from lockgate.access.settings import AccessSettings, PolicyText, ProviderKind, ProviderSpec
from lockgate.adapters.access_policies.policies import parse
from lockgate.adapters.access_policies.texts import shipped_policies
from lockgate.errors import AuthorisationDenied, IntegrityError, UsageError
from lockgate.ledger.access_events import AccessDenied, AccountChanged, ApprovalEnded
from lockgate.run.break_glass import close_glass, open_glass, review_glass
from lockgate.run.granting import first_admin, grant, revoke
from lockgate.run.second_word import ask, decide, withdraw
from lockgate.testing.memory_state import MemoryStateStore

ADA, BOB, EVE, ROOT = (person(name) for name in ("ada", "bob", "eve", "root"))
EMAIL = key_domain("email")
DAY = timedelta(days=1)


@pytest.fixture
def office() -> Office:
    """Root administers; Ada looks after keys, Bob and Eve decide on requests."""
    office = Office(MemoryStateStore())
    office.give(ROOT.id, "admin")
    office.give(ADA.id, "security_officer")
    office.give(BOB.id, "security_officer")
    office.give(EVE.id, "privacy_officer")
    return office


def asked(office: Office, resource: Resource = EMAIL, purpose: str = "project ended") -> Approval:
    return ask(office.act(ADA), Action.DESTROY_KEY, resource, purpose, "as agreed")


def approved(office: Office) -> Approval:
    request = asked(office)
    return decide(office.act(BOB), request.id, approved=True)


def destroys(office: Office, who: Principal = ADA, purpose: str = "project ended") -> bool:
    office.who = who
    try:
        office.gate.permit(Action.DESTROY_KEY, EMAIL, purpose)
    except AuthorisationDenied:
        return False
    return True


def denials(office: Office) -> list[str]:
    events = [entry.event for entry in office.record.ledger.read()]
    return [event.reason for event in events if isinstance(event, AccessDenied)]


# ------------------------------------------------------------------ two persons


def test_nothing_is_destroyed_without_a_second_person(office: Office) -> None:
    assert not destroys(office)
    asked(office)
    assert not destroys(office)
    assert denials(office)[-1] == "needs-approval"


def test_an_approval_by_another_person_serves_once(office: Office) -> None:
    approved(office)
    assert destroys(office)
    assert not destroys(office)


def test_self_approval(office: Office) -> None:
    request = asked(office)
    with pytest.raises(AuthorisationDenied):
        decide(office.act(ADA), request.id, approved=True)
    assert denials(office)[-1] == "same-person"
    assert not destroys(office)


def test_approval_from_a_second_session_of_the_same_person(office: Office) -> None:
    request = asked(office)
    with pytest.raises(AuthorisationDenied):
        decide(office.act(person("ada", "another session")), request.id, approved=True)
    assert not destroys(office)


def test_approval_under_another_name_in_the_same_session(office: Office) -> None:
    request = asked(office)
    with pytest.raises(AuthorisationDenied):
        decide(office.act(replace(BOB, session=ADA.session)), request.id, approved=True)
    assert not destroys(office)


@pytest.fixture
def named_twice() -> Office:
    """One issuer that the project knows by two names; Ada is a security officer by both."""
    issuer = "https://id.example.org"
    providers = {
        name: ProviderSpec(name, kind, issuer, name)
        for name, kind in (("corp", ProviderKind.PEOPLE), ("jobs", ProviderKind.SERVICES))
    }
    settings = AccessSettings(environment="production", providers=providers)
    office = Office(MemoryStateStore(), settings)
    for name in ("corp/ada", "jobs/ada", "corp/bob"):
        office.give(name, "security_officer")
    return office


def of_provider(name: str) -> Principal:
    return replace(ADA, id=name, counted=name, session=f"session-{name}")


def test_approval_by_the_same_subject_under_another_provider_of_the_issuer(
    named_twice: Office,
) -> None:
    desk = named_twice.act(of_provider("jobs/ada"))
    request = ask(desk, Action.DESTROY_KEY, EMAIL, "project ended", "as agreed")
    with pytest.raises(AuthorisationDenied):
        decide(named_twice.act(of_provider("corp/ada")), request.id, approved=True)
    assert denials(named_twice)[-1] == "same-person"
    assert decide(named_twice.act(of_provider("corp/bob")), request.id, approved=True)


def test_approval_by_somebody_who_may_not_approve(office: Office) -> None:
    request = asked(office)
    for nobody in (ROOT, person("mallory")):
        with pytest.raises(AuthorisationDenied):
            decide(office.act(nobody), request.id, approved=True)
    assert not destroys(office)


def test_a_service_cannot_be_the_second_person(office: Office) -> None:
    from lockgate.access.principal import PrincipalKind

    robot = replace(person("robot"), id="service:robot", kind=PrincipalKind.SERVICE)
    office.give(robot.id, "security_officer")
    request = asked(office)
    with pytest.raises(AuthorisationDenied):
        decide(office.act(robot), request.id, approved=True)
    assert denials(office)[-1] == "forbidden"


@pytest.mark.parametrize(
    "other",
    [
        {"purpose": "another end"},
        {"resource": key_domain("ssn")},
        {"resource": replace(EMAIL, dataset="people")},
        {"resource": replace(EMAIL, labels=("pii",))},
        {"resource": replace(EMAIL, zone="research")},
        {"action": Action.EXPORT_KEYS},
        {"principal": BOB},
    ],
    ids=str,
)
def test_an_approval_for_something_else(office: Office, other: dict[str, object]) -> None:
    approved(office)
    exact = AccessRequest(ADA, Action.DESTROY_KEY, EMAIL, "project ended", office.at)
    assert office.approvals.use(replace(exact, **other)) == ""
    assert office.approvals.use(exact) != ""


def test_an_approval_under_policies_that_changed_since(office: Office) -> None:
    approved(office)
    office.with_policy("q" * 64)
    assert not destroys(office)
    office.with_policy("p" * 64)
    assert destroys(office)


def test_the_word_of_an_approver_who_lost_the_role(office: Office) -> None:
    approved(office)
    office.give(BOB.id, "data_analyst")
    [row] = [one for one in office.rows.grants.of([BOB.id]) if one.role == "security_officer"]
    revoke(office.act(ROOT), row.id, "left")
    assert not destroys(office)
    assert denials(office)[-1] == "needs-approval"
    office.give(BOB.id, "privacy_officer", scope=Scope(datasets=("people",)))
    assert not destroys(office)
    office.give(BOB.id, "privacy_officer")
    assert destroys(office)


def test_the_word_that_break_glass_allowed_after_it_is_over(office: Office) -> None:
    office.give("user:dan", "data_engineer")
    opened = open_glass(office.act(person("dan")), "security_officer", "danger", None)
    request = asked(office)
    decide(office.act(person("dan")), request.id, approved=True)
    close_glass(office.act(person("dan")), opened.id, "done")
    assert not destroys(office)


def test_the_word_of_an_approver_whose_account_is_disabled(office: Office) -> None:
    approved(office)
    bob = office.state.identities.user("bob")
    office.state.identities.put_user(replace(bob, disabled_at=office.at))
    assert not destroys(office)
    office.state.identities.put_user(bob)
    assert destroys(office)


def test_the_word_of_an_approver_who_has_no_account(office: Office) -> None:
    request = asked(office)
    office.who = BOB
    decide(office.desk, request.id, approved=True)
    assert office.state.identities.user("bob") is None
    assert not destroys(office)


def test_the_word_of_a_providers_person_whose_grant_ended(office: Office) -> None:
    own = office.give("corp/bob", "security_officer")
    request = asked(office)
    decide(office.act(of_provider("corp/bob")), request.id, approved=True)
    revoke(office.act(ROOT), own.id, "left")
    assert not destroys(office)


def test_the_word_of_a_groups_member_after_a_group_lost_its_role(office: Office) -> None:
    member = replace(of_provider("corp/bob"), groups=("corp/keys",))
    given = office.give("group:corp/keys", "security_officer")
    request = asked(office)
    decide(office.act(member), request.id, approved=True)
    revoke(office.act(ROOT), given.id, "dissolved")
    assert not destroys(office)
    office.give("group:corp/keys", "security_officer")
    assert destroys(office)


def test_the_word_of_a_groups_member_counts_whatever_became_of_other_roles(office: Office) -> None:
    member = replace(of_provider("corp/bob"), groups=("corp/keys",))
    office.give("group:corp/keys", "security_officer")
    other = office.give("group:corp/readers", "data_analyst")
    request = asked(office)
    decide(office.act(member), request.id, approved=True)
    revoke(office.act(ROOT), other.id, "dissolved")
    assert destroys(office)


def test_a_word_given_with_a_strong_log_in_counts_without_asking_for_it_again() -> None:
    strong = """
    forbid (principal, action == Action::"approve", resource)
    unless { context.strength.methods.contains("mfa") && context.purpose.word == "destroy-key" };
    """
    policies = parse((shipped_policies(), PolicyText("own.cedar", strong)))
    office = Office(MemoryStateStore(), policies=policies)
    for who in (ADA, BOB):
        office.give(who.id, "security_officer")
    request = asked(office)
    with pytest.raises(AuthorisationDenied):
        decide(office.act(BOB), request.id, approved=True)
    decide(office.act(replace(BOB, methods=("pwd", "mfa"))), request.id, approved=True)
    assert destroys(office)


@pytest.mark.parametrize("by", [BOB, EVE], ids=lambda who: who.id)
def test_an_approval_that_is_taken_back(office: Office, by: Principal) -> None:
    request = approved(office)
    with pytest.raises(AuthorisationDenied):
        decide(office.act(ADA), request.id, approved=False)
    decide(office.act(by), request.id, approved=False)
    assert not destroys(office)
    assert office.differences() == []
    with pytest.raises(UsageError):
        decide(office.act(EVE), request.id, approved=True)


def test_a_word_is_taken_back_by_whoever_granted_a_role_since(office: Office) -> None:
    request = approved(office)
    office.who = BOB
    office.give(ADA.id, "data_analyst")
    with pytest.raises(UsageError):
        decide(office.act(BOB), request.id, approved=True)
    assert decide(office.act(BOB), request.id, approved=False).state is ApprovalState.REFUSED


def test_a_used_approval_is_not_taken_back(office: Office) -> None:
    request = approved(office)
    assert destroys(office)
    with pytest.raises(UsageError):
        decide(office.act(BOB), request.id, approved=False)


Claims = tuple[Office, Principal, Resource, Approval]


@pytest.fixture
def claims() -> Claims:
    """A declassification that Eve approved, which Dan's pipeline makes."""
    settings = AccessSettings(two_person=frozenset({Action.DECLASSIFY}))
    office = Office(MemoryStateStore(), settings)
    office.give(ROOT.id, "admin")
    office.give(EVE.id, "privacy_officer")
    dan, claim = person("dan"), Resource(ResourceKind.PIPELINE, "shop.clean.total-0123")
    office.give(dan.id, "data_engineer")
    request = ask(office.act(dan), Action.DECLASSIFY, claim, "sales", "counts only")
    decide(office.act(EVE), request.id, approved=True)
    for _ in range(2):
        assert office.may(dan, Action.DECLASSIFY, claim, "sales")
    return office, dan, claim, request


def test_a_standing_approval_that_is_taken_back(claims: Claims) -> None:
    office, dan, claim, request = claims
    decide(office.act(EVE), request.id, approved=False)
    assert not office.may(dan, Action.DECLASSIFY, claim, "sales")
    assert office.differences() == []


def test_a_standing_approval_by_whoever_lost_the_role(claims: Claims) -> None:
    office, dan, claim, _ = claims
    [row] = office.rows.grants.of([EVE.id])
    revoke(office.act(ROOT), row.id, "left")
    assert not office.may(dan, Action.DECLASSIFY, claim, "sales")


def test_approving_a_request_of_other_policies(office: Office) -> None:
    request = asked(office)
    office.with_policy("q" * 64)
    with pytest.raises(UsageError):
        decide(office.act(BOB), request.id, approved=True)


def test_an_expired_approval(office: Office) -> None:
    approved(office)
    office.at += timedelta(hours=24)
    assert not destroys(office)


def test_an_expired_approval_after_the_clock_is_set_back(office: Office) -> None:
    approved(office)
    office.at += timedelta(hours=25)
    assert not destroys(office)
    office.at = NOON
    assert not destroys(office)


def test_approving_what_expired(office: Office) -> None:
    request = asked(office)
    office.at += timedelta(hours=24)
    with pytest.raises(UsageError):
        decide(office.act(BOB), request.id, approved=True)


def test_what_was_refused_or_withdrawn_cannot_be_approved(office: Office) -> None:
    refused, taken_back = asked(office), asked(office)
    decide(office.act(BOB), refused.id, approved=False)
    withdraw(office.act(ADA), taken_back.id)
    for request in (refused, taken_back):
        with pytest.raises(UsageError):
            decide(office.act(EVE), request.id, approved=True)
    assert not destroys(office)


def test_withdrawing_somebody_elses_request(office: Office) -> None:
    request = approved(office)
    with pytest.raises(AuthorisationDenied):
        withdraw(office.act(EVE), request.id)
    assert destroys(office)


def test_a_used_approval_whose_row_is_put_back(office: Office) -> None:
    before = approved(office)
    assert destroys(office)
    after = office.state.access.approvals.get(before.id)
    assert after is not None
    office.state.access.approvals.swap(after, before)

    with pytest.raises(IntegrityError):
        office.approvals.use(
            AccessRequest(ADA, Action.DESTROY_KEY, EMAIL, "project ended", office.at)
        )
    assert not destroys(office)
    assert f"request {before.id}" in office.differences()[0]


def test_a_request_whose_row_is_edited_into_an_approval(office: Office) -> None:
    request = asked(office)
    edited = replace(request, state=ApprovalState.APPROVED, approver=BOB.id)
    office.state.access.approvals.swap(request, edited)
    assert not destroys(office)
    assert "not written by this project" in office.differences()[0]


def test_an_approval_is_undone_with_the_decision_that_used_it(office: Office) -> None:
    approved(office)

    def fail() -> None:
        request = AccessRequest(ADA, Action.DESTROY_KEY, EMAIL, "project ended", office.at)
        with office.state.transaction():
            assert office.approvals.use(request)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    ends = [e for e in office.record.ledger.read() if isinstance(e.event, ApprovalEnded)]
    assert ends == []
    assert destroys(office)


def test_a_flood_of_requests(office: Office) -> None:
    office.desk = replace(office.desk, limits=replace(office.desk.limits, approval_requests=3))
    for _ in range(3):
        asked(office)
    with pytest.raises(UsageError):
        asked(office)


def test_operating_system_users_are_one_person() -> None:
    settings = AccessSettings(two_person=frozenset({Action.DESTROY_KEY}))
    office = Office(MemoryStateStore(), settings)
    office.gate = replace(office.gate, owns=lambda principal: True)
    office.desk = replace(office.desk, gatekeeper=office.gate)
    ada, bob = (Principal(f"os:{n}@h", Assurance.OPERATING_SYSTEM) for n in ("ada", "bob"))
    request = ask(office.act(ada), Action.DESTROY_KEY, EMAIL, "end", "why")
    with pytest.raises(AuthorisationDenied):
        decide(office.act(bob), request.id, approved=True)


def account(office: Office, by: Principal, of: Principal, reason: str) -> None:
    """What the built-in issuer tells of an account."""
    told = {"at": office.at, "purpose": "accounts", "source": "test"}
    event = AccountChanged(principal=by.id, account=of.id, reason=reason, **told)
    office.record.append(event)


def nobody_decides(office: Office, who: Principal, row: Approval) -> None:
    with pytest.raises(AuthorisationDenied):
        decide(office.act(who), row.id, approved=True)
    assert denials(office)[-1] == "same-person"


@pytest.mark.parametrize("reason", ["added", "password-set"])
def test_approving_for_whoever_made_ones_account(office: Office, reason: str) -> None:
    account(office, ADA, BOB, reason)
    nobody_decides(office, BOB, asked(office))
    account(office, BOB, BOB, "password-changed")  # whoever had the password can have done it
    nobody_decides(office, BOB, asked(office))
    account(office, ROOT, BOB, "password-set")  # now somebody else has it
    request = asked(office)
    assert decide(office.act(BOB), request.id, approved=True)


def test_approving_for_the_account_that_one_made(office: Office) -> None:
    account(office, BOB, ADA, "password-set")
    request = asked(office)
    nobody_decides(office, BOB, request)
    assert decide(office.act(EVE), request.id, approved=True)


def test_approving_for_whoever_granted_the_role(office: Office) -> None:
    office.who = ADA
    office.give("user:twin", "security_officer")
    office.give("group:corp/twins", "privacy_officer")
    for twin in (person("twin"), person("other", "", "corp/twins")):
        nobody_decides(office, twin, asked(office))


def test_approving_through_an_account_that_made_an_account(office: Office) -> None:
    account(office, ADA, person("twin"), "added")
    account(office, person("twin"), BOB, "added")
    nobody_decides(office, BOB, asked(office))
    office.who = person("twin")
    office.give("user:mole", "security_officer")
    nobody_decides(office, person("mole"), asked(office))


# ------------------------------------------------------------------ grants


def test_granting_to_oneself_in_production(office: Office) -> None:
    me = person("root", "", "corp/admins")
    for to in (ROOT.id, "group:corp/admins"):
        with pytest.raises(AuthorisationDenied):
            grant(office.act(me), to, "privacy_officer", EVERYWHERE, "why not", DAY)
    assert denials(office) == ["same-person", "same-person"]
    assert not office.may(me, Action.REVEAL, label("pii.email"))


def test_granting_without_being_an_administrator(office: Office) -> None:
    for nobody in (ADA, person("mallory")):
        with pytest.raises(AuthorisationDenied):
            grant(office.act(nobody), "user:zoe", "auditor", EVERYWHERE, "why not", DAY)
    assert list(office.rows.grants.of(["user:zoe"])) == []


def test_a_grant_by_an_administrator_who_was_revoked_meanwhile(office: Office) -> None:
    """Revoked between the decision and the row: the transaction of the row decides again."""
    admin = next(iter(office.rows.grants.of([ROOT.id])))
    permit = office.gate.permit

    class Late:
        """Asks, and then the grant ends before anything is written."""

        principal = ROOT
        confirm = staticmethod(office.gate.confirm)

        def permit(self, action: Action, resource: Resource, purpose: str) -> object:
            decision = permit(action, resource, purpose)
            office.rows.grants.change(admin, revoked_at=office.at, revoked_by="user:other")
            return decision

    office.who = ROOT
    desk = replace(office.desk, gatekeeper=Late())  # type: ignore[arg-type]
    with pytest.raises(AuthorisationDenied):
        grant(desk, "user:zoe", "auditor", EVERYWHERE, "too late", DAY)
    assert list(office.rows.grants.of(["user:zoe"])) == []
    assert denials(office)[-1] == "no-role"


def test_two_roles_that_exclude_each_other(office: Office) -> None:
    with pytest.raises(UsageError):
        grant(office.act(ROOT), ADA.id, "admin", EVERYWHERE, "both", DAY)
    office.give(ADA.id, "admin")  # as a group would bring it
    assert not office.may(ADA, Action.ADMINISTER, ACCESS)
    assert not office.may(ADA, Action.READ_KEYS, EMAIL)


@pytest.mark.parametrize("to", ["os:ada@host", "ada", "group:x", "user:", "user:a b", "corp/\n"])
def test_a_grant_to_what_is_no_verified_principal(office: Office, to: str) -> None:
    with pytest.raises(UsageError):
        grant(office.act(ROOT), to, "auditor", EVERYWHERE, "why", DAY)


def test_a_grant_of_the_owners_role_or_without_end(office: Office) -> None:
    for role, lasts in (("owner", DAY), ("root", DAY), ("auditor", None), ("auditor", 400 * DAY)):
        with pytest.raises(UsageError):
            grant(office.act(ROOT), "user:zoe", role, EVERYWHERE, "why", lasts)


def test_an_unverified_user_of_a_granted_name(office: Office) -> None:
    system = Principal(ADA.id, Assurance.OPERATING_SYSTEM)
    assert office.held.roles(system, EMAIL, office.at) == ()


def test_a_scope_is_not_left(office: Office) -> None:
    zoe = person("zoe")
    office.give(zoe.id, "privacy_officer", scope=Scope(datasets=("people",), labels=("pii",)))
    assert office.may(zoe, Action.REVEAL, label("pii.email", "people"))
    assert not office.may(zoe, Action.REVEAL, label("phi.note", "people"))
    assert not office.may(zoe, Action.REVEAL, label("pii.email", "visits"))
    assert not office.may(zoe, Action.READ_LEDGER, LEDGER)


def test_a_row_written_by_somebody_without_the_key(office: Office) -> None:
    until = office.at + DAY
    forged = Grant(
        "g1", "user:m", "auditor", "", "mine", "user:m", office.at, until, seal=b"?" * 32
    )
    office.state.access.grants.add(forged)
    assert not office.may(person("m"), Action.READ_LEDGER, LEDGER)
    assert denials(office)[-1] == "check-failed"
    assert office.differences() == ["grant g1 was not written by this project"]


@pytest.mark.parametrize(
    "change",
    [
        {"to": "user:mallory"},
        {"role": "admin"},
        {"scope": ""},
        {"expires_at": NOON + 1000 * DAY},
        {"at": NOON - DAY},
    ],
    ids=str,
)
def test_an_edited_row(office: Office, change: dict[str, object]) -> None:
    row = office.give("user:zoe", "auditor", scope=Scope(zones=("x",)))
    office.state.access.grants.swap(row, replace(row, **change))
    holder = str(change.get("to", row.to)).removeprefix("user:")
    assert not office.may(person(holder), Action.READ_LEDGER, LEDGER)
    assert office.differences() == [f"grant {row.id} was not written by this project"]


def test_a_seal_of_one_kind_on_a_row_of_another(office: Office) -> None:
    row = office.give("user:zoe", "auditor")
    moved = replace(row, to="user:mallory", id="g-other")
    office.state.access.grants.add(moved)
    assert not office.may(person("mallory"), Action.READ_LEDGER, LEDGER)


def test_a_revoked_row_that_is_put_back_is_found(office: Office) -> None:
    before = office.give("user:zoe", "auditor")
    revoke(office.act(ROOT), before.id, "left")
    after = office.state.access.grants.get(before.id)
    assert after is not None
    assert not office.may(person("zoe"), Action.READ_LEDGER, LEDGER)
    assert office.differences() == []

    office.state.access.grants.swap(after, before)
    found = f"grant {before.id} is not what the ledger says became of it"
    assert office.differences() == [found]


def test_a_sealed_row_that_the_ledger_does_not_know_is_found(office: Office) -> None:
    until = office.at + DAY
    office.rows.grants.add(Grant("g1", "user:m", "admin", "", "r", "user:m", office.at, until))
    assert office.differences() == ["grant g1 is unknown to the ledger"]


def test_a_removed_row_is_found(office: Office) -> None:
    row = office.give("user:zoe", "auditor")
    tables = office.state.tables.access.rows  # type: ignore[attr-defined]
    del tables["Grant", row.id]
    assert office.differences() == [f"grant {row.id} is missing"]


def test_a_clock_set_back_gives_nothing_back(office: Office) -> None:
    zoe = person("zoe")
    row = office.give(zoe.id, "auditor", days=1)
    assert office.may(zoe, Action.READ_LEDGER, LEDGER)
    office.at = row.expires_at or office.at
    assert not office.may(zoe, Action.READ_LEDGER, LEDGER)
    office.at -= timedelta(seconds=1)
    assert not office.may(zoe, Action.READ_LEDGER, LEDGER)
    again = Office(office.state, office.settings, office.ledger, NOON)  # another process
    assert not again.may(zoe, Action.READ_LEDGER, LEDGER)


def test_a_remembered_time_that_is_put_back_is_found(office: Office) -> None:
    before = office.state.access.latest.get("latest")
    assert before is not None
    office.at += 3 * DAY
    assert office.may(EVE, Action.READ_LEDGER, LEDGER)
    after = office.state.access.latest.get("latest")
    assert after is not None
    office.state.access.latest.swap(after, before)
    assert "the latest time seen" in office.differences()[0]


def test_what_the_owner_does_later_is_no_time_that_was_put_back() -> None:
    office = Office(MemoryStateStore(), AccessSettings(environment="development"))
    office.give(EVE.id, "privacy_officer")
    assert office.may(EVE, Action.READ_LEDGER, LEDGER)
    office.gate = replace(office.gate, owns=lambda principal: True)
    office.at += 3 * DAY
    assert office.may(current_principal(), Action.READ_LEDGER, LEDGER)
    assert office.differences() == []


def test_a_second_first_administrator(office: Office) -> None:
    for end in (False, True):
        if end:
            admin = next(iter(office.rows.grants.of([ROOT.id])))
            revoke(office.act(ROOT), admin.id, "left")
        with pytest.raises(AuthorisationDenied):
            first_admin(office.act(EVE), EVE.id, "mine now", lambda now: None)


# ------------------------------------------------------------------ break-glass


@pytest.fixture
def engineer(office: Office) -> Principal:
    office.give("user:dan", "data_engineer")
    return person("dan")


def test_break_glass_is_for_an_hour_and_named_in_what_it_allows(
    office: Office, engineer: Principal
) -> None:
    email = label("pii.email")
    assert not office.may(engineer, Action.REVEAL, email)
    opened = open_glass(office.act(engineer), "privacy_officer", "danger", None)
    assert office.may(engineer, Action.REVEAL, email)
    granted = [entry.event for entry in office.record.ledger.read()][-1]
    assert getattr(granted, "break_glass", "") == opened.id
    office.at += timedelta(minutes=60)
    assert not office.may(engineer, Action.REVEAL, email)
    office.at -= timedelta(minutes=30)
    assert not office.may(engineer, Action.REVEAL, email)


def test_break_glass_with_an_old_log_in(office: Office, engineer: Principal) -> None:
    office.at += timedelta(minutes=16)
    with pytest.raises(AuthorisationDenied):
        open_glass(office.act(engineer), "privacy_officer", "danger", None)
    again = logged_in(engineer, office.at)
    assert open_glass(office.act(again), "privacy_officer", "danger", None)


def test_break_glass_by_somebody_whom_no_policy_lets(office: Office) -> None:
    for nobody in (ROOT, EVE, person("mallory")):
        with pytest.raises(AuthorisationDenied):
            open_glass(office.act(nobody), "privacy_officer", "danger", None)


def test_break_glass_for_longer_than_the_limit(office: Office, engineer: Principal) -> None:
    with pytest.raises(UsageError):
        open_glass(office.act(engineer), "admin", "danger", timedelta(minutes=61))
    with pytest.raises(UsageError):
        open_glass(office.act(engineer), "owner", "danger", None)


def test_reviewing_ones_own_break_glass(office: Office, engineer: Principal) -> None:
    opened = open_glass(office.act(engineer), "security_officer", "danger", None)
    with pytest.raises(UsageError):
        review_glass(office.act(ADA), opened.id, "still open")
    close_glass(office.act(engineer), opened.id, "done")
    office.give(engineer.id, "security_officer")
    with pytest.raises(AuthorisationDenied):
        review_glass(office.act(engineer), opened.id, "all fine")
    assert review_glass(office.act(ADA), opened.id, "looked").reviewed_by == ADA.id
    assert office.differences() == []


@pytest.mark.parametrize("closed", [True, False])
def test_what_was_granted_under_break_glass_ends_with_it(office: Office, closed: bool) -> None:
    opened = open_glass(office.act(ADA), "admin", "danger", None)
    given = grant(office.act(ADA), "user:twin", "security_officer", EVERYWHERE, "mine", DAY)
    assert given.expires_at == opened.expires_at
    assert office.may(person("twin"), Action.READ_KEYS, EMAIL)
    if closed:
        close_glass(office.act(ADA), opened.id, "done")
    else:
        office.at = opened.expires_at
    assert not office.may(person("twin"), Action.READ_KEYS, EMAIL)
    assert office.may(BOB, Action.READ_KEYS, EMAIL)
    assert office.differences() == []


def test_reviewing_for_whoever_granted_the_role(office: Office) -> None:
    opened = open_glass(office.act(ADA), "admin", "danger", None)
    close_glass(office.act(ADA), opened.id, "done")
    office.who = ADA
    office.give("user:twin", "security_officer")
    with pytest.raises(AuthorisationDenied):
        review_glass(office.act(person("twin")), opened.id, "all fine")
    assert denials(office)[-1] == "same-person"
    assert review_glass(office.act(BOB), opened.id, "looked").reviewed_by == BOB.id


def test_closing_somebody_elses_break_glass(office: Office, engineer: Principal) -> None:
    opened = open_glass(office.act(engineer), "privacy_officer", "danger", None)
    with pytest.raises(AuthorisationDenied):
        close_glass(office.act(EVE), opened.id, "stop")
    assert close_glass(office.act(ROOT), opened.id, "stop").closed_by == ROOT.id
    assert not office.may(engineer, Action.REVEAL, label("pii.email"))


def test_a_closed_break_glass_whose_row_is_put_back_is_found(
    office: Office, engineer: Principal
) -> None:
    before = open_glass(office.act(engineer), "privacy_officer", "danger", None)
    after = close_glass(office.act(engineer), before.id, "done")
    office.state.access.break_glass.swap(after, before)
    assert f"break-glass {before.id}" in office.differences()[0]


def test_a_dataset_is_not_destroyed_by_a_word_for_another_kind_of_thing(office: Office) -> None:
    asked(office, dataset("email"))
    assert not destroys(office)
