"""Which columns become more visible where, when a policy or a label changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import pytest
from pydantic import BaseModel

from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.markers import Labelled
from lockgate.contract.model import Contract
from lockgate.policy.diff import ABSENT, REFUSED, Change, Difference, difference
from lockgate.policy.policy import Policy
from lockgate.policy.shipped import make_rule
from lockgate.policy.zone import Zone

SHIPPED = Policy.shipped()


class Person(BaseModel):
    email: Annotated[str, Labelled("pii.email")]
    city: Annotated[str, Labelled("public")]


class Careless(BaseModel):
    email: Annotated[str, Labelled("public")]
    city: Annotated[str, Labelled("public")]


def people(model: type[BaseModel] = Person) -> Mapping[str, Contract]:
    return {"people": compile_model(model, id="people", name="people")}


def with_rule(rule: object) -> Policy:
    line = make_rule("pii.email", rule, "", SHIPPED.taxonomy)
    return Policy(SHIPPED.taxonomy, {"lab": Zone("lab", "", (line,))}, {})


def changes(before: object, after: object) -> list[Difference]:
    return list(difference((with_rule(before), people()), (with_rule(after), people())))


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("drop", "redact", Change.MORE),
        ("redact", "hash", Change.MORE),
        ("tokenize", "allow", Change.MORE),
        ("deny", "hash", Change.MORE),
        ("hash", "tokenize", Change.OTHER),
        ({"mask": {"last": 2}}, {"mask": {"last": 4}}, Change.OTHER),
        ("allow", "encrypt", Change.LESS),
        ("redact", "drop", Change.LESS),
        ("hash", "deny", Change.LESS),
    ],
)
def test_a_rule_that_shows_more_is_an_expansion(
    before: object, after: object, change: Change
) -> None:
    (found,) = changes(before, after)
    assert (found.column, found.zone, found.change) == ("email", "lab", change)
    assert found.expansion is (change is not Change.LESS)


@pytest.mark.parametrize(
    ("before", "after"), [("hash", "hash"), ("drop", "deny"), ("deny", "drop"), ("allow", "allow")]
)
def test_what_shows_as_much_as_before_is_no_difference(before: object, after: object) -> None:
    assert changes(before, after) == []


def test_a_label_taken_away_is_an_expansion_though_no_rule_changed() -> None:
    policy = with_rule("hash")
    (found,) = difference((policy, people()), (policy, people(Careless)))
    assert (found.before, found.after, found.change) == ("hash", "allow", Change.MORE)
    assert (found.labels_before, found.labels_after) == ("pii.email", "public")


def test_a_new_zone_column_or_contract_shows_more_and_one_that_goes_shows_less() -> None:
    empty = Policy(SHIPPED.taxonomy, {}, {})
    found = difference((empty, people()), (with_rule("deny"), people()))
    assert [(one.column, one.before, one.after) for one in found] == [("city", ABSENT, "allow")]
    assert difference((empty, {}), (empty, people())) == ()
    (gone,) = difference((with_rule("deny"), people()), (with_rule("deny"), {}))
    assert (gone.before, gone.after, gone.change) == ("allow", ABSENT, Change.LESS)
    (refused,) = changes("deny", "hash")
    assert refused.before == REFUSED


def test_expansions_come_first() -> None:
    old = (with_rule("hash"), people())
    new = (with_rule("allow"), people(Careless))
    assert [one.change for one in difference(new, old)] == [Change.LESS]
    both = difference(
        (SHIPPED, people()), (SHIPPED.with_zones([Zone("partner", "", ()), *_lab()]), people())
    )
    ranks = [list(Change).index(one.change) for one in both]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 1


def _lab() -> list[Zone]:
    return list(with_rule("allow").zones.values())
