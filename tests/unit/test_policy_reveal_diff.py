"""Which values may be turned back more freely, when a reveal rule or a label changes."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import BaseModel

from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.markers import Labelled
from lockgate.policy.diff import Change
from lockgate.policy.reveal_diff import RevealDifference, reveal_differences, reveal_sight
from lockgate.policy.reveal_rules import RevealRule, RevealRules, shipped_reveal_rules

SSN = RevealRule("pii.ssn", False, ("fraud",), 20, 200)


class Person(BaseModel):
    ssn: Annotated[str, Labelled("pii.ssn")]
    city: Annotated[str, Labelled("public")]


class Relabelled(BaseModel):
    ssn: Annotated[str, Labelled("pii.email")]
    city: Annotated[str, Labelled("public")]


class Grown(Person):
    other: Annotated[str, Labelled("pii.email")]


class Both(BaseModel):
    ssn: Annotated[str, Labelled("pii.ssn", "pii.email")]
    city: Annotated[str, Labelled("public")]


def changes(before: RevealRules, after: RevealRules) -> list[RevealDifference]:
    return list(reveal_differences(reveal_sight(before, {}), reveal_sight(after, {})))


def rules(*own: RevealRule) -> RevealRules:
    return shipped_reveal_rules().with_rules(own)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (SSN, RevealRule("pii.ssn", False, ("fraud", "support"), 20, 200), Change.MORE),
        (SSN, RevealRule("pii.ssn", False, ("support",), 20, 200), Change.MORE),
        (SSN, RevealRule("pii.ssn", False, None, 20, 200), Change.MORE),
        (SSN, RevealRule("pii.ssn", False, ("fraud",), 21, 200), Change.MORE),
        (SSN, RevealRule("pii.ssn", False, ("fraud",), 20, 201), Change.MORE),
        (SSN, RevealRule("pii.ssn", False, ("fraud",), None, 200), Change.MORE),
        (SSN, RevealRule("pii.ssn", False, ("fraud",), 1, 201), Change.MORE),
        (RevealRule("pii.ssn", True), SSN, Change.MORE),
        (SSN, RevealRule("pii.ssn", True), Change.LESS),
        (RevealRule("pii.ssn", False, None, 20, 200), SSN, Change.LESS),
        (SSN, RevealRule("pii.ssn", False, ("fraud",), 19, 200), Change.LESS),
        (RevealRule("pii.ssn", False, ("fraud", "support"), 20, 200), SSN, Change.LESS),
    ],
)
def test_more_purposes_or_values_of_a_label_are_an_expansion(
    before: RevealRule, after: RevealRule, change: Change
) -> None:
    (found,) = changes(rules(before), rules(after))
    assert (found.label, found.column, found.change) == ("pii.ssn", "", change)
    assert found.expansion is (change is Change.MORE)


def test_a_first_rule_for_a_label_is_held_against_the_wider_rule_that_it_had() -> None:
    (found,) = changes(rules(), rules(SSN))
    assert (found.change, found.before) == (
        Change.LESS,
        "any purpose, 1,000,000 at once, 10,000,000 a day",
    )
    assert found.after == "fraud, 20 at once, 200 a day"
    (back,) = changes(rules(SSN), rules())
    assert back.change is Change.MORE


def test_what_a_new_rule_for_everything_leaves_out_is_without_bound() -> None:
    found = changes(rules(), rules(RevealRule("*", False, ("fraud",))))
    told = {one.label: one.change for one in found}
    assert told == {"*": Change.MORE, "public": Change.MORE, "pci.pan": Change.LESS}
    assert found[0].after == "fraud, any number at once, any number a day"


def test_a_label_denied_by_the_shipped_rules_that_is_turned_back_is_an_expansion() -> None:
    (found,) = changes(rules(), rules(RevealRule("credential", False, ("rotation",), 1, 1)))
    assert (found.label, found.before, found.change) == ("credential", "deny", Change.MORE)


def test_a_label_below_that_is_freed_from_its_rule_is_told_of_by_name() -> None:
    wide = RevealRule("pii", False, ("fraud",), 10, 10)
    (found,) = changes(rules(wide), rules(wide, RevealRule("pii.email", False, None, 11)))
    assert (found.label, found.change) == ("pii.email", Change.MORE)
    assert found.before == "fraud, 10 at once, 10 a day"
    assert found.after == "fraud, 11 at once, 10 a day"


def test_a_label_that_gets_a_count_of_its_own_as_large_as_the_shared_one_is_no_less() -> None:
    shared = rules(RevealRule("*", False, None, 100, 1_000))
    own = rules(
        RevealRule("*", False, None, 100, 1_000), RevealRule("pii", False, None, None, 1_000)
    )
    (found,) = changes(shared, own)
    assert (found.label, found.change, found.expansion) == ("pii", Change.OTHER, True)
    assert found.before.endswith("1,000 a day, counted by *")
    assert found.after.endswith("1,000 a day, counted by * and pii")
    assert changes(own, shared) == []


@pytest.mark.parametrize(
    "same", [(), (SSN,), (RevealRule("pii.ssn", True), RevealRule("pii", False, ("a", "b")))]
)
def test_rules_that_let_through_as_much_as_before_are_no_difference(
    same: tuple[RevealRule, ...],
) -> None:
    turned = tuple(
        RevealRule(r.pattern, r.denied, r.purposes and r.purposes[::-1], r.max_rows) for r in same
    )
    plain = tuple(RevealRule(r.pattern, r.denied, r.purposes, r.max_rows) for r in same)
    assert changes(rules(*plain), rules(*reversed(turned))) == []


def columns(old: type[BaseModel], new: type[BaseModel], *own: RevealRule) -> list[RevealDifference]:
    sights = [
        reveal_sight(rules(*own), {"people": compile_model(model, id="people", name="people")})
        for model in (old, new)
    ]
    return list(reveal_differences(sights[0], sights[1]))


def test_a_column_that_gets_out_of_its_labels_rule_is_an_expansion_though_no_rule_changed() -> None:
    (found,) = columns(Person, Relabelled, SSN)
    assert (found.label, found.column, found.change) == ("", "people.ssn", Change.MORE)
    (back,) = columns(Relabelled, Person, SSN)
    assert back.change is Change.LESS
    assert columns(Person, Grown, SSN) == columns(Grown, Person, SSN) == []


def test_a_column_keeps_the_rules_of_all_of_its_labels() -> None:
    email = RevealRule("pii.email", False, ("fraud", "support"), 10, 1_000)
    (found,) = columns(Person, Both, SSN, email)
    assert (found.after, found.change) == ("fraud, 10 at once, 200 a day", Change.LESS)
    other = RevealRule("pii.email", False, ("support",))
    (never,) = columns(Person, Both, SSN, other)  # no purpose is allowed by both
    assert (never.after, never.change) == ("deny", Change.LESS)


def test_expansions_come_first() -> None:
    found = changes(
        rules(SSN), rules(RevealRule("pii.ssn", True), RevealRule("pii.email", False, None, 10**7))
    )
    assert [(one.label, one.change) for one in found] == [
        ("pii.email", Change.MORE),
        ("pii.ssn", Change.LESS),
    ]
