"""Where a grant counts."""

from __future__ import annotations

import pytest

from lockgate.access import resource
from lockgate.access.resource import LEDGER, Resource, ResourceKind
from lockgate.access.scope import EVERYWHERE, Scope
from lockgate.errors import UsageError

SSN = resource.label("pii.ssn", "patients", "research")
TREATED = resource.zone("research", "patients", ("public", "pseudonym(pii.ssn; domain=x; key=1)"))


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (EVERYWHERE, True),
        (Scope(labels=("pii",)), True),
        (Scope(labels=("pii.ssn",)), True),
        (Scope(labels=("pii.ss",)), False),
        (Scope(labels=("pii.ssn.last4",)), False),
        (Scope(labels=("phi", "pii")), True),
        (Scope(datasets=("pat*",)), True),
        (Scope(datasets=("*pat",)), False),
        (Scope(datasets=("visits", "patients")), True),
        (Scope(zones=("research",)), True),
        (Scope(zones=("re.earch",)), False),
        (Scope(datasets=("patients",), labels=("pii",), zones=("dev",)), False),
    ],
)
def test_a_scope_covers_what_all_its_kinds_cover(scope: Scope, covered: bool) -> None:
    assert scope.covers(SSN) is covered


def test_what_does_not_say_is_outside_of_a_scope_that_asks() -> None:
    assert not Scope(datasets=("*",)).covers(LEDGER)
    assert not Scope(labels=("pii",)).covers(resource.zone("research", "patients"))
    assert not Scope(zones=("*",)).covers(resource.label("pii.ssn", "patients"))
    assert EVERYWHERE.covers(LEDGER)


def test_every_label_of_a_resource_must_be_inside() -> None:
    both = Resource(ResourceKind.ZONE, "research", "d", ("pii.ssn", "phi.note"), "research")
    assert not Scope(labels=("pii",)).covers(both)
    assert Scope(labels=("pii", "phi")).covers(both)
    assert Scope(labels=("pii",)).covers(TREATED)
    assert not Scope(labels=("phi",)).covers(TREATED)
    assert not Scope(labels=("pii",)).covers(resource.zone("z", "d", ("public",)))
    assert not Scope(labels=("pii",)).covers(resource.zone("z", "d", ("pii.ssn", "unclassified")))
    assert not Scope(labels=("pii",)).covers(resource.zone("z", "d", ("pii.ssn", "(((")))


@pytest.mark.parametrize(
    "scope",
    [
        EVERYWHERE,
        Scope(("a b", "c=d", "e,f", "%2C*"), ("pii", "phi.note"), ("re search",)),
        Scope(datasets=("ünïcode",)),
    ],
)
def test_a_scope_is_read_back_from_its_text(scope: Scope) -> None:
    assert Scope.parse(str(scope)) == scope


@pytest.mark.parametrize("text", ["dataset", "role=x", "label=PII", "dataset=", "zone=a zone=b"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Scope.parse(text)


def test_a_pattern_of_many_stars_is_matched_quickly() -> None:
    assert not Scope(datasets=("a*" * 127 + "b",)).covers(resource.dataset("a" * 255))


@pytest.mark.parametrize(
    ("pattern", "name", "like"),
    [("a*a", "a", False), ("a*a", "aa", True), ("a*b*c", "abbc", True), ("a*b*c", "acb", False)],
)
def test_pieces_between_stars_do_not_overlap(pattern: str, name: str, like: bool) -> None:
    assert Scope(datasets=(pattern,)).covers(resource.dataset(name)) is like
