"""Grants, expiries, approvals, revocations, break-glass and clocks against a simple model.

The model knows what was given and when it ends. Whatever is permitted must be in the model, and
what the model has is permitted; what is used once is used once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from access_desks import NOON, Office, logged_in, person
from lockgate.access.action import Action
from lockgate.access.decision import AccessRequest
from lockgate.access.resource import dataset, key_domain, label
from lockgate.access.scope import EVERYWHERE, Scope
from lockgate.errors import AuthorisationDenied, UsageError
from lockgate.run.approver import Approvers
from lockgate.run.break_glass import close_glass, open_glass, review_glass
from lockgate.run.granting import grant, revoke
from lockgate.run.second_word import ask, decide, withdraw
from lockgate.testing.memory_state import MemoryStateStore

PEOPLE = {name: person(name) for name in ("ada", "bob", "eve")}
ROOT = person("root")
NAMES = st.sampled_from(sorted(PEOPLE))
ROLES = st.sampled_from(["data_engineer", "security_officer", "privacy_officer", "auditor"])
PURPOSES = st.sampled_from(["end", "move"])
SCOPES = st.sampled_from([EVERYWHERE, Scope(datasets=("people",)), Scope(labels=("pii",))])
THINGS = {
    "pii, people": label("pii.email", "people"),
    "pii, visits": label("pii.email", "visits"),
    "phi, people": label("phi.note", "people"),
    "dataset": dataset("people"),
    "key": key_domain("email"),
}
INSIDE = {
    EVERYWHERE: set(THINGS),
    Scope(datasets=("people",)): {"pii, people", "phi, people", "dataset"},
    Scope(labels=("pii",)): {"pii, people", "pii, visits"},
}
KEY = THINGS["key"]


@dataclass
class Given:
    """What the model remembers of a grant or a break-glass."""

    name: str
    role: str
    scope: Scope
    until: datetime
    lasting: bool = True


@dataclass
class Word:
    """What it remembers of a request."""

    name: str
    purpose: str
    until: datetime
    approved: bool = False
    over: bool = False
    by: str = ""


class Access(RuleBasedStateMachine):
    """Acts at random; after each, everybody is asked about everything."""

    grants = Bundle("grants")
    glasses = Bundle("glasses")
    words = Bundle("words")

    def __init__(self) -> None:
        super().__init__()
        self.office = Office(MemoryStateStore())
        self.office.give(ROOT.id, "admin", days=360)
        self.given: dict[str, Given] = {}
        self.asked: dict[str, Word] = {}
        self.disabled: set[str] = set()
        self.seen = NOON
        for name in ("ada", "bob"):  # so that requests are decided and used in short runs too
            row = self.office.give(f"user:{name}", "security_officer", days=3)
            until = NOON + timedelta(days=3)
            self.given[row.id] = Given(name, "security_officer", EVERYWHERE, until)

    def holds(self, name: str, thing: str) -> set[str]:
        """The roles of the model, for a thing, at the latest time seen."""
        live = [g for g in self.given.values() if g.name == name and self.seen < g.until]
        lasting = {g.role for g in live if g.lasting}
        excluded = {role for pair in self.office.roles.toxic(lasting) for role in pair}
        return {
            g.role
            for g in live
            if thing in INSIDE[g.scope] and not (g.lasting and g.role in excluded)
        }

    @rule(target=grants, name=NAMES, role=ROLES, scope=SCOPES, hours=st.integers(1, 100))
    def give(self, name: str, role: str, scope: Scope, hours: int) -> str:
        lasts = timedelta(hours=hours)
        desk = self.office.act(logged_in(ROOT, self.office.at))
        try:
            row = grant(desk, f"user:{name}", role, scope, "model", lasts)
        except UsageError:
            held = {
                g.role
                for g in self.given.values()
                if g.name == name and g.lasting and self.seen < g.until
            }
            assert self.office.roles.toxic({*held, role})
            return ""
        self.given[row.id] = Given(name, role, scope, self.seen + lasts)
        return row.id

    @rule(grant_id=grants)
    def take(self, grant_id: str) -> None:
        known = self.given.get(grant_id)
        try:
            revoke(self.office.act(ROOT), grant_id, "model")
        except UsageError:
            assert known is None or known.until <= self.seen
        else:
            del self.given[grant_id]

    @rule(minutes=st.one_of(st.integers(-600, 900), st.integers(-5000, 3000)))
    def turn_clock(self, minutes: int) -> None:
        self.office.at = max(NOON, self.office.at + timedelta(minutes=minutes))
        self.seen = max(self.seen, self.office.at)

    @rule()
    def open_anew(self) -> None:
        """As another process would: nothing is remembered but the state."""
        old = self.office
        self.office = Office(old.state, old.settings, old.ledger, old.at, policy=old.policy)

    @rule(target=glasses, name=NAMES, role=ROLES)
    def break_glass(self, name: str, role: str) -> str:
        who = logged_in(PEOPLE[name], self.office.at)
        may = {"data_engineer", "security_officer"} & self.everywhere(name)
        try:
            row = open_glass(self.office.act(who), role, "model", None)
        except AuthorisationDenied:
            assert not may
            return ""
        except UsageError:
            return ""
        assert may
        until = self.seen + timedelta(minutes=60)
        self.given[row.id] = Given(name, role, EVERYWHERE, until, lasting=False)
        return row.id

    @rule(glass=glasses, name=NAMES)
    def close(self, glass: str, name: str) -> None:
        known = self.given.get(glass)
        try:
            close_glass(self.office.act(PEOPLE[name]), glass, "model")
        except (AuthorisationDenied, UsageError):
            return
        assert known is not None
        assert known.name == name
        del self.given[glass]

    @rule(glass=glasses, name=NAMES)
    def review(self, glass: str, name: str) -> None:
        try:
            row = review_glass(self.office.act(PEOPLE[name]), glass, "model")
        except (AuthorisationDenied, UsageError):
            return
        assert row.principal != f"user:{name}"

    @rule(target=words, purpose=PURPOSES)
    def request_and_approve(self, purpose: str) -> str:
        word = self.request("ada", purpose)
        if word:
            self.decide(word, "bob", True)
        return word

    @rule(purpose=PURPOSES, disabled=st.booleans())
    def approver_leaves(self, purpose: str, disabled: bool) -> None:
        """Between word and use: the account, or the roles; Bob gets them again another time."""
        self.request_and_approve(purpose)
        if disabled:
            self.disable("bob", True)
        else:
            for one in [i for i, g in self.given.items() if g.name == "bob" and g.lasting]:
                self.take(one)
        self.use("ada", purpose)

    @rule(word=words)
    def use_it(self, word: str) -> None:
        known = self.asked.get(word)
        if known is not None:
            self.use(known.name, known.purpose)

    @rule(target=words, name=st.sampled_from(["ada", "bob"]), purpose=PURPOSES)
    def request(self, name: str, purpose: str) -> str:
        desk = self.office.act(PEOPLE[name])
        try:
            row = ask(desk, Action.DESTROY_KEY, KEY, purpose, "model")
        except AuthorisationDenied:
            return ""
        self.asked[row.id] = Word(name, purpose, self.seen + timedelta(hours=24))
        return row.id

    @rule(word=words, name=NAMES, approved=st.sampled_from([True, True, True, False]))
    def decide(self, word: str, name: str, approved: bool) -> None:
        known = self.asked.get(word)
        try:
            decide(self.office.act(PEOPLE[name]), word, approved=approved)
        except (AuthorisationDenied, UsageError):
            return
        assert known is not None
        assert known.name != name
        assert not known.over
        assert self.seen < known.until
        assert self.may_approve(name)
        known.approved, known.over, known.by = approved, not approved, name

    def may_approve(self, name: str) -> bool:
        return bool({"security_officer", "privacy_officer"} & self.holds(name, "key"))

    @rule(name=NAMES, disabled=st.booleans())
    def disable(self, name: str, disabled: bool) -> None:
        self.office.act(PEOPLE[name])
        at = self.office.at if disabled else None
        accounts = self.office.state.identities
        accounts.put_user(replace(accounts.user(name), disabled_at=at))
        (self.disabled.add if disabled else self.disabled.discard)(name)

    @rule(word=words)
    def withdraw(self, word: str) -> None:
        known = self.asked.get(word)
        if known is None:
            return
        try:
            withdraw(self.office.act(PEOPLE[known.name]), word)
        except (AuthorisationDenied, UsageError):
            return
        assert not known.over
        known.over = True

    @rule(name=NAMES, purpose=PURPOSES)
    def use(self, name: str, purpose: str) -> None:
        """Destroy a key: by the role and one approval, no more and no less."""
        live = [
            w
            for w in self.asked.values()
            if (w.name, w.purpose) == (name, purpose)
            and w.approved
            and not w.over
            and self.seen < w.until
            and w.by not in self.disabled
            and self.may_approve(w.by)
        ]
        expected = bool(live) and "security_officer" in self.holds(name, "key")
        self.office.who = PEOPLE[name]
        try:
            decision = self.office.gate.permit(Action.DESTROY_KEY, KEY, purpose)
        except AuthorisationDenied:
            assert not expected
            return
        assert expected
        assert decision.allowed
        used = {row.id for row in self.office.rows.approvals.all() if row.state == "used"}
        now_over = [i for i, w in self.asked.items() if i in used and not w.over]
        assert len(now_over) == 1
        self.asked[now_over[0]].over = True

    @invariant()
    def nobody_holds_more_or_less(self) -> None:
        for name, who in PEOPLE.items():
            for thing, resource in THINGS.items():
                roles = self.office.held.roles(who, resource, self.office.at)
                assert set(roles) == self.holds(name, thing), (name, thing)

    @invariant()
    def what_is_permitted_follows_from_a_role(self) -> None:
        for name, who in PEOPLE.items():
            for thing in ("pii, people", "pii, visits", "phi, people"):
                roles = self.holds(name, thing)
                asked = AccessRequest(
                    who, Action.REVEAL, THINGS[thing], "test", self.office.at, tuple(sorted(roles))
                )
                permitted = self.office.gate.decide(asked).allowed
                assert permitted == ("privacy_officer" in roles)

    @invariant()
    def rows_are_what_the_ledger_says(self) -> None:
        assert self.office.differences() == []

    def everywhere(self, name: str) -> set[str]:
        """Roles for what says no dataset and no label."""
        return self.holds(name, "key")


class TestAccess(Access.TestCase):  # type: ignore[misc]  # hypothesis makes it
    settings = settings(
        max_examples=25,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


@pytest.mark.slow
class TestAccessLonger(Access.TestCase):  # type: ignore[misc]
    settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_the_model_would_notice_a_grant_that_does_not_end() -> None:
    machine = Access()
    row = machine.give("eve", "auditor", EVERYWHERE, 1)
    machine.nobody_holds_more_or_less()
    kept = machine.office.rows.grants.get(row)
    assert kept is not None
    machine.office.rows.grants.change(kept, expires_at=NOON + timedelta(days=300))
    machine.turn_clock(61)
    with pytest.raises(AssertionError):
        machine.nobody_holds_more_or_less()


@pytest.mark.parametrize("disabled", [True, False])
def test_the_model_would_notice_a_word_that_outlives_its_giver(
    monkeypatch: pytest.MonkeyPatch, disabled: bool
) -> None:
    machine = Access()
    machine.approver_leaves("end", disabled)
    monkeypatch.setattr(Approvers, "counts", lambda self, row, request: True)
    with pytest.raises(AssertionError):
        machine.use("ada", "end")
