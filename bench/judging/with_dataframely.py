"""The model as a dataframely schema: it has no rule for e-mail but a pattern."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from bench.judging.member import FIRST_DAY, LAST_DAY, LONGEST_NAME, OLDEST, PHONE, SSN, ZIP
from bench.judging.polars_by_hand import EMAIL

NAME = "dataframely"
WHAT = "dataframely: good rows and failures"


class Members(dy.Schema):  # type: ignore[misc]  # no types where types are checked
    """Eight columns, and the row's number."""

    id = dy.Int64(min=1)
    email = dy.String(regex=EMAIL)
    ssn = dy.String(regex=SSN)
    phone = dy.String(regex=PHONE)
    zip = dy.String(regex=ZIP)
    name = dy.String(min_length=1, max_length=LONGEST_NAME)
    age = dy.Int64(min=0, max=OLDEST)
    joined = dy.Date(min=FIRST_DAY, max=LAST_DAY)
    row = dy.Int64()


def accepted(frame: pl.DataFrame) -> pl.DataFrame:
    """The good rows; the failures are made too."""
    good: pl.DataFrame = Members.filter(frame)[0]
    return good
