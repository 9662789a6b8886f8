"""Groups are told if, and only if, a plain loop over the rows says that they may be."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from folds import Row, guarded, plainly

SQL = (
    "SELECT city, count(*) AS rows, count(x) AS n, sum(x) AS total, avg(x) AS mean "
    "FROM t GROUP BY city"
)
# Whole numbers: their sums are exact, so both sides compare the same shares.
rows = st.lists(
    st.builds(
        Row,
        st.sampled_from(["a", "b", None]),
        st.sampled_from([1, 2, 3, 4, None]),
        st.one_of(st.none(), st.integers(-8, 8).map(float)),
    ),
    max_size=40,
)
SHARES = st.sampled_from([0.25, 0.5, 0.75, 1.0])


@settings(max_examples=60)
@given(rows, st.integers(2, 4), SHARES)
def test_told_is_what_a_plain_loop_tells(listed: list[Row], k: int, dominance: float) -> None:
    told = guarded(SQL, listed, k, dominance)
    expected, held_back = plainly(listed, k, dominance)

    assert {
        row["city"]: (row["rows"], row["n"], row["total"], row["mean"]) for row in told.rows
    } == expected
    assert told.held_back == held_back


@settings(max_examples=15)
@given(rows, st.integers(2, 4), SHARES, st.integers(2, 30))
def test_repeating_every_row_changes_no_verdict(
    listed: list[Row], k: int, dominance: float, times: int
) -> None:
    once = guarded(SQL, listed, k, dominance)
    often = guarded(SQL, listed * times, k, dominance)

    assert {row["city"] for row in once.rows} == {row["city"] for row in often.rows}


@settings(max_examples=15)
@given(rows, st.integers(2, 4), SHARES)
def test_a_larger_k_tells_no_more(listed: list[Row], k: int, dominance: float) -> None:
    few = {row["city"] for row in guarded(SQL, listed, k + 1, dominance).rows}
    assert few <= {row["city"] for row in guarded(SQL, listed, k, dominance).rows}
