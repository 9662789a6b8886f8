"""Outputs and inputs that are called like what stands hidden in a guarded aggregation."""

from __future__ import annotations

import pyarrow as pa
import pytest

from folds import guarded
from lockgate.flow.sql.guarded import guard
from lockgate.flow.sql.lineage import InputTable, Ref
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS
from step_spools import computed

HIDDEN = (
    *("o0", "o1", "o2", "k0", "r0", "R0", "n0", "c0", "s", "having", "_told", "_TOLD"),
    *("_groups", "_subjects", "_bound", "_judged", "_released", "_held_back", "_held_back_2t"),
)
# One person's 9999 in the smaller group.
ROWS = [
    ("a", 1, 9999.0),
    *(("a", who, 1.0) for who in (2, 3)),
    *(("b", who, 9.0) for who in range(9)),
]


@pytest.mark.parametrize("name", HIDDEN)
def test_an_output_called_like_a_hidden_column_orders_and_decides_nothing(name: str) -> None:
    sql = f'SELECT city, count(*) AS n, max(x) AS "{name}" FROM t GROUP BY city '
    ordered = guarded(sql + "ORDER BY 1 * count(*) DESC LIMIT 1", ROWS)
    decided = guarded(sql + "HAVING count(*) > 5", [*ROWS, ("c", 1, 5.0)])

    assert ordered.rows == [{"city": "b", "n": 9, name: 9.0}]
    assert decided == (ordered.rows, 1)


@pytest.mark.parametrize("name", HIDDEN)
def test_an_input_called_like_a_hidden_table_is_read_still(name: str) -> None:
    inputs = [InputTable(name, ("who", name + "x", "_told"))]
    sql = f'SELECT count("{name}x") AS n FROM "{name}" HAVING count("_told") > 0'
    bound = guard(trace(sql, inputs, DEFAULT_LIMITS), inputs, "who", 2, 1.0)
    table = pa.table({"who": [1, 2, 3], name + "x": [1, 2, 3], "_told": [1, 1, 1]})

    assert computed(bound.sql, {name: table}).column(0).to_pylist() == [3, None]
    assert bound.folded == {Ref(name, name + "x"), Ref(name, "_told")}


def test_a_key_called_like_a_hidden_column() -> None:
    types = {"k0": pa.string(), "s": pa.int64(), "c0": pa.float64()}
    inputs = [InputTable("t", tuple(types))]
    sql = "SELECT k0 AS o1, sum(c0) AS k0 FROM t GROUP BY k0 ORDER BY o1"
    bound = guard(trace(sql, inputs, DEFAULT_LIMITS), inputs, "s", 2, 1.0)
    rows = [{"k0": key, "s": who, "c0": 2.0} for key in ("a", "b") for who in (1, 2)]
    table = pa.Table.from_pylist([*rows, {"k0": "c", "s": 1}], schema=pa.schema(types))

    told = computed(bound.sql, {"t": table})
    assert [list(row.values()) for row in told.to_pylist()] == [
        ["a", 4.0, None],
        ["b", 4.0, None],
        [None, None, 1],
    ]
