"""A traced query gives in the locked engine what its text gives in a plain DuckDB."""

from __future__ import annotations

from collections import Counter

import duckdb
import pyarrow as pa
import pytest

from flow_sql.generator import query_of
from flow_sql.oracle import INPUTS, data_of, hand_over
from lockgate.errors import StepRefused
from lockgate.flow.sql.names import unique
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS
from step_spools import computed

QUERIES = 25


@pytest.mark.parametrize("seed", range(4))
def test_the_locked_engine_gives_what_a_plain_one_gives(seed: int) -> None:
    compared = 0
    for number in range(QUERIES):
        text = query_of(seed * QUERIES + number)
        data = data_of(number)
        connection = duckdb.connect(config={"threads": 1})
        hand_over(connection, data)
        try:
            plain = connection.sql(text).to_arrow_table()
        except duckdb.Error:
            continue
        finally:
            connection.close()
        try:
            got = computed(
                trace(text, INPUTS, DEFAULT_LIMITS).sql,
                {name: pa.table(columns) for name, columns in data.items()},
            )
        except StepRefused as error:
            if "a type that no sink takes" not in error.message:
                raise
            continue
        compared += 1
        plain = plain.rename_columns(unique(plain.column_names))
        assert got.column_names == plain.column_names, text
        if "LIMIT" not in text:
            assert rows(got) == rows(plain), text
    assert compared > QUERIES // 2


def rows(table: pa.Table) -> Counter[str]:
    """Rows in any order, as text: not a number is itself."""
    return Counter(map(repr, table.to_pylist()))
