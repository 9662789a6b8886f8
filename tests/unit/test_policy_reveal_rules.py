"""Which bounds hold for which labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.errors import LabelError, PolicyError
from lockgate.labels.label import LabelSet
from lockgate.labels.taxonomy import Taxonomy
from lockgate.policy.reveal_rules import (
    SHIPPED,
    Bounds,
    Quota,
    RevealRule,
    RevealRules,
    check_pattern,
    shipped_reveal_rules,
)

RULES = RevealRules(
    (
        RevealRule("*", False, None, 100, 1_000),
        RevealRule("pii", False, ("support", "audit"), 50),
        RevealRule("pii.email", False, None, None, 70),
        RevealRule("pii.ssn", True),
        RevealRule("pii.name", False, ()),
        RevealRule("phi", True),
        RevealRule("phi.mrn", False),
    )
)


def bounds(name: str, rules: RevealRules = RULES) -> Bounds:
    (found,) = rules.bounds(LabelSet.of(name))
    return found


def test_what_a_rule_leaves_out_the_next_wider_one_says() -> None:
    email = bounds("pii.email")
    assert email.purposes == ("support", "audit")
    assert email.purposes_by == "pii"
    assert email.request == Quota("pii", 50)
    assert email.day == Quota("pii.email", 70)
    assert bounds("pii.phone").day == Quota("*", 1_000)


def test_the_most_specific_rule_decides_whether_it_is_denied() -> None:
    denied = {name: bool(bounds(name).denied_by) for name in ("pii.ssn", "phi.note", "phi.mrn")}
    assert denied == {"pii.ssn": True, "phi.note": True, "phi.mrn": False}


def test_an_empty_list_of_purposes_takes_the_wider_list_away() -> None:
    assert bounds("pii.name").allows("whatever it takes")
    assert not bounds("pii.phone").allows("whatever it takes")


@pytest.mark.parametrize(
    ("purpose", "allowed"),
    [
        ("support", True),
        ("support: ticket 4711", True),
        (" support :x", True),
        ("supporting", False),
        ("Support", False),
        ("ticket: support", False),
        ("", False),
    ],
)
def test_a_purpose_is_a_word_of_the_list_with_or_without_a_detail(
    purpose: str, allowed: bool
) -> None:
    assert bounds("pii.phone").allows(purpose) is allowed


def test_every_label_of_a_column_has_bounds_of_its_own_behind_a_state_too() -> None:
    labels = LabelSet.of("pseudonym(pii.email; domain=email; key=1)", "pii.ssn", "unclassified")
    found = {one.label: bool(one.denied_by) for one in RULES.bounds(labels)}
    assert found == {"pii.email": False, "pii.ssn": True, "unclassified": True}


def test_what_no_rule_covers_is_denied() -> None:
    assert bounds("pii.email", RevealRules(())).denied_by
    assert bounds("public", RevealRules((RevealRule("pii"),))).denied_by
    assert not bounds("public").denied_by


def test_a_rule_of_the_project_replaces_the_one_for_the_same_label_only() -> None:
    changed = shipped_reveal_rules().with_rules([RevealRule("pci.pan", False, None, 5)])
    assert bounds("pci.pan", changed).request == Quota("pci.pan", 5)
    assert bounds("pci.cvv", changed).denied_by
    assert changed.digest != shipped_reveal_rules().digest
    assert (
        changed.digest
        == shipped_reveal_rules().with_rules([RevealRule("pci.pan", False, None, 5)]).digest
    )


def test_shipped_rules_deny_secrets_and_bound_everything() -> None:
    shipped = shipped_reveal_rules()
    for name in ("credential.api_key", "pci.cvv"):
        assert bounds(name, shipped).denied_by
    for name in ("public", "unclassified", *(e.label for e in Taxonomy.shipped().entries)):
        found = bounds(name, shipped)
        assert found.denied_by or (found.request and found.day)


def test_a_pattern_is_a_known_label_and_no_state() -> None:
    taxonomy = Taxonomy.shipped()
    assert check_pattern("pii.email", taxonomy) == "pii.email"
    with pytest.raises(LabelError):
        check_pattern("pii.emial", taxonomy)
    with pytest.raises(PolicyError):
        check_pattern("pseudonym(pii.email)", taxonomy)


def test_the_reference_shows_the_shipped_rules(repository: Path) -> None:
    page = (repository / "docs/reference/reveal.md").read_text(encoding="utf-8")
    table = page.split("<!-- shipped -->")[1].split("\n\n")[0]

    def shown(rule: RevealRule, most: int | None) -> str:
        return "deny" if rule.denied else f"{most:,}"

    for rule, why in SHIPPED:
        bounds = (shown(rule, rule.max_rows), shown(rule, rule.max_rows_per_day))
        assert f"| `{rule.pattern}` | {bounds[0]} | {bounds[1]} | {why} |" in table
    assert table.count("\n| `") == len(SHIPPED)
