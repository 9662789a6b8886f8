"""Laws: labels form a lattice; more labels or more denials never permit more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lockgate.labels.label import Label, LabelSet, Mark, State, StateKind
from lockgate.labels.taxonomy import Taxonomy
from lockgate.policy.choose import Choice, Refusal, choose
from lockgate.policy.policy import Policy
from lockgate.policy.zone import Pattern, Word, Zone, ZoneRule
from lockgate.protect.parse import parse_treatment

TAXONOMY = Taxonomy.shipped()
NAMES = [entry.label for entry in TAXONOMY.entries]
SHIPPED = list(Policy.shipped().zones.values())

label_names = st.sampled_from(NAMES)
marks = st.one_of(
    label_names.map(Label),
    st.builds(State, st.sampled_from(list(StateKind)), label_names.map(Label)),
)
label_sets = st.builds(LabelSet, st.frozensets(marks, max_size=4), st.booleans())
treatments = st.sampled_from(
    [parse_treatment(x) for x in ("tokenize", "hash", "drop", "redact", "encrypt")]
)
label_rules = st.builds(
    ZoneRule,
    st.builds(Pattern, st.sampled_from([*NAMES, "*"])),
    st.one_of(st.sampled_from(list(Word)), treatments),
)
state_rules = st.builds(
    ZoneRule,
    st.builds(
        Pattern,
        st.sampled_from([*NAMES, "*"]),
        st.sampled_from([*(k.value for k in StateKind), "*"]),
    ),
    st.sampled_from([Word.ALLOW, Word.DENY, parse_treatment("drop")]),
)
influence_rules = st.builds(
    ZoneRule, st.builds(Pattern, st.sampled_from([*NAMES, "*"])), st.sampled_from(list(Word))
)
zones = st.one_of(
    st.sampled_from(SHIPPED),
    st.builds(
        Zone,
        st.just("z"),
        st.just(""),
        st.lists(st.one_of(label_rules, state_rules), max_size=8).map(tuple),
        st.lists(influence_rules, max_size=3).map(tuple),
        st.booleans(),
    ),
)


def permitted(found: Choice | tuple[Refusal, ...]) -> int:
    """How much leaves: 2 the value, 1 a treated one, 0 nothing (dropped or refused)."""
    if not isinstance(found, Choice):
        return 0
    if found.treatment is None:
        return 2
    return 0 if found.treatment.name == "drop" else 1


@given(label_sets, label_sets, label_sets)
def test_join_is_a_lattice(a: LabelSet, b: LabelSet, c: LabelSet) -> None:
    assert a.join(a) == a
    assert a.join(b) == b.join(a)
    assert a.join(b).join(c) == a.join(b.join(c))
    assert a.join(LabelSet()) == a


@given(label_sets, label_sets)
def test_unclassified_absorbs(a: LabelSet, b: LabelSet) -> None:
    joined = a.join(LabelSet(b.marks, unclassified=True))
    assert joined.unclassified
    assert not joined.public


@given(label_sets)
def test_a_set_reads_back_from_its_texts(a: LabelSet) -> None:
    assert LabelSet.of(*a.texts()) == a


@given(label_sets, label_sets, label_sets, zones)
def test_more_labels_never_permit_more(
    labels: LabelSet, more: LabelSet, influence: LabelSet, zone: Zone
) -> None:
    before = permitted(choose(labels, influence, zone))
    if not labels.public:  # public is a rule of its own, for columns that carry nothing
        assert permitted(choose(labels.join(more), influence, zone)) <= before
    assert permitted(choose(labels, influence.join(more), zone)) <= before


@given(marks, st.frozensets(marks, max_size=3), zones)
def test_a_denied_label_is_denied_whatever_stands_beside_it(
    mark: Mark, others: frozenset[Mark], zone: Zone
) -> None:
    alone = choose(LabelSet(frozenset({mark})), LabelSet(), zone)
    if not isinstance(alone, Choice):
        together = choose(LabelSet(others | {mark}), LabelSet(), zone)
        assert not isinstance(together, Choice)


@given(label_sets, zones, st.one_of(label_rules, state_rules))
def test_one_more_deny_never_permits_more(labels: LabelSet, zone: Zone, line: ZoneRule) -> None:
    denying = ZoneRule(line.pattern, Word.DENY)
    stricter = Zone("z", "", (*zone.rules, denying), zone.influence, zone.trusted)
    before = permitted(choose(labels, LabelSet(), zone))
    assert permitted(choose(labels, LabelSet(), stricter)) <= before


@given(label_names, st.sampled_from([Word.ALLOW, Word.DENY]), zones)
def test_the_most_specific_rule_wins(name: str, word: Word, zone: Zone) -> None:
    deepest = Pattern(name + ".finer")
    finer = LabelSet(frozenset({Label(name + ".finer")}))
    mine = Zone("z", "", (*zone.rules, ZoneRule(deepest, word)))
    found = choose(finer, LabelSet(), mine)
    assert isinstance(found, Choice) == (word is Word.ALLOW)


@given(label_sets)
def test_a_zone_without_rules_takes_only_public(labels: LabelSet) -> None:
    found = choose(labels, LabelSet(), Zone("empty", "", ()))
    assert isinstance(found, Choice) == labels.public


@given(label_sets, st.sampled_from(SHIPPED))
def test_no_shipped_zone_takes_what_nobody_labelled(labels: LabelSet, zone: Zone) -> None:
    unknown = LabelSet(labels.marks, unclassified=True)
    assert not isinstance(choose(unknown, LabelSet(), zone), Choice)
    assert not isinstance(choose(LabelSet(), unknown, zone), Choice)
