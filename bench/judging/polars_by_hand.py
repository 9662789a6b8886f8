"""The model's rules as a Polars filter, as somebody careful would write it."""

from __future__ import annotations

import polars as pl

from bench.judging.member import FIRST_DAY, LAST_DAY, LONGEST_NAME, OLDEST, PHONE, SSN, ZIP

NAME = "polars"
WHAT = "a Polars filter by hand"
EMAIL = r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$"

RULES = [
    pl.col("id") >= 1,
    pl.col("email").str.contains(EMAIL),
    pl.col("ssn").str.contains(SSN),
    pl.col("phone").str.contains(PHONE),
    pl.col("zip").str.contains(ZIP),
    pl.col("name").str.len_chars().is_between(1, LONGEST_NAME),
    pl.col("age").is_between(0, OLDEST),
    pl.col("joined").is_between(FIRST_DAY, LAST_DAY),
]


def accepted(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that hold to every rule; null holds to none."""
    return frame.filter(*RULES)
