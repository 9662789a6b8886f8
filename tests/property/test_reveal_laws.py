"""Laws of reveal counts: whatever the clock does, no day holds more than the quota."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lockgate.labels.label import LabelSet
from lockgate.policy.reveal_rules import Quota, RevealRule, RevealRules
from lockgate.testing.memory_state import MemoryStateStore

DAY = 24
START = 500_000
requests = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 60)), max_size=60)


@given(requests)
def test_no_24_hours_of_true_time_hold_more_than_the_quota(asked: list[tuple[int, int]]) -> None:
    quota, state = Quota("pii", 100), MemoryStateStore()
    taken = []
    for hour, values in sorted(asked):
        if state.reveals.take("ada", [(quota, values)], START + hour) is None:
            taken.append((hour, values))
    for hour, _ in taken:
        assert sum(values for when, values in taken if hour <= when <= hour + DAY) <= quota.most


@given(requests)
def test_a_clock_that_jumps_back_and_forth_gives_no_more_than_one_that_stands(
    asked: list[tuple[int, int]],
) -> None:
    """While the clock says hours of one day in any order, the quota is that of one day."""
    quota, state = Quota("pii", 100), MemoryStateStore()
    total = 0
    for hour, values in asked:
        if state.reveals.take("ada", [(quota, values)], START + hour % DAY) is None:
            total += values
    assert total <= quota.most


names = st.sampled_from(["*", "pii", "pii.email", "phi", "phi.note", "public", "unclassified"])
rule = st.builds(
    RevealRule,
    names,
    st.booleans(),
    st.none() | st.lists(st.sampled_from("abc"), min_size=1, max_size=2).map(tuple),
    st.none() | st.integers(1, 9),
    st.none() | st.integers(1, 9),
)
rules = st.lists(rule, max_size=6, unique_by=lambda one: one.pattern).map(
    lambda found: RevealRules(tuple(found))
)
labels = st.lists(
    st.sampled_from(["pii.email", "pii", "phi.note", "public", "unclassified"]), max_size=3
).map(lambda found: LabelSet.of(*found))


@given(rules, labels, labels)
def test_another_label_never_permits_more(
    found: RevealRules, some: LabelSet, more: LabelSet
) -> None:
    def permits(bounds: LabelSet, purpose: str) -> bool:
        return all(not b.denied_by and b.allows(purpose) for b in found.bounds(bounds))

    if some.public:
        return  # public is what has no label: with one it is something else
    for purpose in ("a", "b", "c", "d"):
        assert permits(some, purpose) or not permits(some.join(more), purpose)


@given(rules, labels)
def test_the_order_of_rules_says_nothing(found: RevealRules, some: LabelSet) -> None:
    turned = RevealRules(tuple(reversed(found.rules)))
    assert turned.bounds(some) == found.bounds(some)
    assert turned.digest == found.digest
