"""Patterns, rules and choices, case by case."""

from __future__ import annotations

import pytest

from lockgate.errors import LabelError, PolicyError
from lockgate.labels.label import LabelSet
from lockgate.labels.taxonomy import Taxonomy
from lockgate.policy.choose import Cause, Choice, choose
from lockgate.policy.policy import Policy
from lockgate.policy.shipped import make_rule
from lockgate.policy.zone import Zone, ZoneRule, parse_pattern, rule_text
from lockgate.protect.parse import parse_treatment

TAXONOMY = Taxonomy.shipped()


def zone(influence: dict[str, object] | None = None, /, **rules: object) -> Zone:
    def lines(given: dict[str, object]) -> tuple[ZoneRule, ...]:
        named = {key.replace("__", "."): spec for key, spec in given.items()}
        return tuple(make_rule(key, spec, "", TAXONOMY) for key, spec in named.items())

    return Zone("z", "", lines(rules), lines(influence or {}))


def outcome(labels: LabelSet, where: Zone) -> str:
    found = choose(labels, LabelSet(), where)
    if isinstance(found, Choice):
        return "allow" if found.treatment is None else rule_text(found.treatment)
    return found[0].cause.value


def test_the_deeper_label_wins_over_a_deny() -> None:
    where = zone(pii="deny", pii__email="tokenize")
    assert outcome(LabelSet.of("pii.email"), where) == "tokenize"
    assert outcome(LabelSet.of("pii.phone"), where) == "zone-denies-label"


def test_a_label_without_a_rule_is_denied() -> None:
    assert outcome(LabelSet.of("phi.mrn"), zone(pii="allow")) == "zone-denies-label"


def test_labels_that_want_different_treatments_clash_and_name_both_rules() -> None:
    where = zone(pii="tokenize", phi="hash")
    found = choose(LabelSet.of("pii.id", "phi.mrn"), LabelSet(), where)
    assert not isinstance(found, Choice)
    assert found[0].cause is Cause.CLASH
    assert "phi: hash and pii: tokenize" in found[0].message


def test_drop_satisfies_every_rule_and_allow_any() -> None:
    where = zone(pii="tokenize", phi="drop", financial="allow")
    assert outcome(LabelSet.of("pii.id", "phi.mrn"), where) == "drop"
    assert outcome(LabelSet.of("pii.id", "financial.amount"), where) == "tokenize"


def test_a_state_needs_a_rule_of_its_own() -> None:
    state = LabelSet.of("pseudonym(pii.email; domain=email; key=3)")
    assert outcome(state, zone(pii="allow")) == "zone-denies-label"
    for pattern in ("pseudonym(pii.email)", "pseudonym(pii)", "pseudonym(*)", "*(pii)", "*(*)"):
        where = Zone("z", "", (make_rule(pattern, "allow", "", TAXONOMY),))
        assert outcome(state, where) == "allow", pattern
    for pattern in ("hashed(*)", "pseudonym(phi)", "*"):
        where = Zone("z", "", (make_rule(pattern, "allow", "", TAXONOMY),))
        assert outcome(state, where) == "zone-denies-label", pattern


def test_a_named_state_wins_over_any_state_of_the_same_label() -> None:
    lines = (("*(pii)", "deny"), ("masked(pii)", "allow"))
    where = Zone("z", "", tuple(make_rule(p, r, "", TAXONOMY) for p, r in lines))
    assert outcome(LabelSet.of("masked(pii.phone)"), where) == "allow"
    assert outcome(LabelSet.of("hashed(pii.phone)"), where) == "zone-denies-label"


def test_a_treated_value_is_not_treated_again() -> None:
    with pytest.raises(PolicyError, match="takes allow, deny or drop"):
        Zone("z", "", (make_rule("encrypted(pii)", "tokenize", "", TAXONOMY),))


def test_public_can_be_denied() -> None:
    assert outcome(LabelSet(), zone()) == "allow"
    assert outcome(LabelSet(), zone(public="deny")) == "zone-denies-label"


def test_an_influence_rule_denies_also_the_states_of_its_label() -> None:
    where = zone({"phi": "deny"}, pii="allow")
    for text in ("phi.diagnosis", "hashed(phi.diagnosis)"):
        found = choose(LabelSet.of("pii.id"), LabelSet.of(text), where)
        assert not isinstance(found, Choice)
        assert found[0].cause is Cause.INFLUENCE


def test_two_equal_rules_that_disagree_deny() -> None:
    lines = (*zone(pii="tokenize").rules, *zone(pii="redact").rules)
    for rules in (lines, lines[::-1]):
        assert outcome(LabelSet.of("pii.email"), Zone("z", "", rules)) == "zone-denies-label"
    agreed = Zone("z", "", (*lines[:1], *lines[:1]))
    assert outcome(LabelSet.of("pii.email"), agreed) == "tokenize"


def test_a_trusted_zone_takes_the_unlabelled_but_keeps_its_other_rules() -> None:
    where = Zone("z", "", zone(credential="deny").rules, trusted=True)
    assert outcome(LabelSet.of("unclassified"), where) == "allow"
    assert outcome(LabelSet.of("unclassified", "credential.token"), where) == "zone-denies-label"


def test_extending_replaces_the_rule_of_the_same_pattern_only() -> None:
    base = Policy.shipped().zone("analytics")
    mine = base.extended("mine", [make_rule("pii.phone", {"mask": {"last": 4}}, "", TAXONOMY)])
    assert outcome(LabelSet.of("pii.phone"), mine) == "mask (last: 4)"
    assert outcome(LabelSet.of("pii.email"), mine) == "tokenize"
    assert len(mine.rules) == len(base.rules)


@pytest.mark.parametrize(
    "text", ["", "Pii", "pii email", "(pii)", "pseudonym()", "a(b(c))", "pii.*"]
)
def test_a_malformed_pattern_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_pattern(text, TAXONOMY)


def test_an_unknown_state_or_label_is_refused() -> None:
    with pytest.raises(PolicyError, match="not a state"):
        parse_pattern("tokenized(pii)", TAXONOMY)
    with pytest.raises(LabelError) as caught:
        parse_pattern("pii.emial", TAXONOMY)
    assert caught.value.hint == "did you mean pii.email?"


def test_an_unknown_zone_names_the_nearest() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.shipped().zone("analytcs")
    assert caught.value.hint == "did you mean analytics?"


def test_the_digest_changes_with_a_rule_and_not_with_a_reason() -> None:
    policy = Policy.shipped()
    base = policy.zone("dev")
    rule = parse_treatment("redact")
    pattern = parse_pattern("pii.other", TAXONOMY)
    one, other = (
        policy.with_zones([base.extended("dev", [ZoneRule(pattern, rule, reason)])])
        for reason in ("a", "b")
    )
    assert one.digest == other.digest != policy.digest
    assert Policy.shipped().digest == policy.digest
