"""The model as a pandera schema over Polars, bad rows dropped."""

from __future__ import annotations

import pandera.polars as pandera
import polars as pl

from bench.judging.member import FIRST_DAY, LAST_DAY, LONGEST_NAME, OLDEST, PHONE, SSN, ZIP
from bench.judging.polars_by_hand import EMAIL

NAME = "pandera"
WHAT = "pandera over Polars, bad rows dropped"
_Check = pandera.Check

SCHEMA = pandera.DataFrameSchema(
    {
        "id": pandera.Column(pl.Int64, _Check.ge(1)),
        "email": pandera.Column(pl.String, _Check.str_matches(EMAIL)),
        "ssn": pandera.Column(pl.String, _Check.str_matches(SSN)),
        "phone": pandera.Column(pl.String, _Check.str_matches(PHONE)),
        "zip": pandera.Column(pl.String, _Check.str_matches(ZIP)),
        "name": pandera.Column(pl.String, _Check.str_length(1, LONGEST_NAME)),
        "age": pandera.Column(pl.Int64, _Check.in_range(0, OLDEST)),
        "joined": pandera.Column(pl.Date, _Check.in_range(FIRST_DAY, LAST_DAY)),
    },
    drop_invalid_rows=True,
)


def accepted(frame: pl.DataFrame) -> pl.DataFrame:
    """The good rows."""
    good: pl.DataFrame = SCHEMA.validate(frame, lazy=True)
    return good
