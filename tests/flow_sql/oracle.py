"""Runs a query twice, with one column changed in between: what changes must be in the trace."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from flow_sql.generator import INT, LIST, STRUCT, TABLES, TEXT
from lockgate.flow.sql.lineage import InputTable, Ref, TracedQuery
from lockgate.flow.sql.names import unique
from lockgate.flow.sql.trace import trace
from lockgate.limits import DEFAULT_LIMITS

INPUTS = tuple(InputTable(name, tuple(columns)) for name, columns in TABLES.items())
TYPES = {
    INT: pa.int32(),
    TEXT: pa.string(),
    LIST: pa.list_(pa.int32()),
    STRUCT: pa.struct([("x", pa.int32()), ("y", pa.string())]),
}
Data = dict[str, dict[str, pa.Array]]
Rows = list[tuple[object, ...]]


def value(draw: random.Random, kind: str) -> object:
    """A value of a small domain, now and then null: changes show, and ties happen."""
    if draw.random() < 0.15:
        return None
    if kind == INT:
        return draw.randint(0, 4)
    if kind == TEXT:
        return draw.choice(["a", "b", "c", "ab"])
    if kind == LIST:
        return [draw.randint(0, 3) for _ in range(draw.randint(0, 3))]
    return {"x": draw.randint(0, 3), "y": draw.choice(["a", "b"])}


def column(draw: random.Random, kind: str, rows: int) -> pa.Array:
    return pa.array([value(draw, kind) for _ in range(rows)], TYPES[kind])


def data_of(seed: int, rows: int = 9) -> Data:
    """Tables of a seed."""
    draw = random.Random(seed)
    return {
        table: {name: column(draw, kind, rows) for name, kind in columns.items()}
        for table, columns in TABLES.items()
    }


def connect() -> duckdb.DuckDBPyConnection:
    """One thread: the order of rows is the engine's, but the same each time."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET scalar_subquery_error_on_multiple_rows = false")
    return connection


def hand_over(connection: duckdb.DuckDBPyConnection, data: Data) -> None:
    for table, columns in data.items():
        connection.register(table, pa.table(columns))


def run(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[str], Rows]:
    result = connection.execute(sql)
    names = [described[0] for described in result.description or ()]
    return names, result.fetchall()


def unlisted(traced: TracedQuery, ref: Ref) -> list[int]:
    """Outputs that the trace says a column cannot change."""
    if ref in traced.rows:
        return []
    return [
        place
        for place, output in enumerate(traced.columns)
        if ref not in output.direct and ref not in output.influence
    ]


def only(rows: Rows, places: Iterable[int]) -> list[object]:
    places = list(places)
    return [tuple(repr(row[place]) for place in places) for row in rows]


def leaks(
    connection: duckdb.DuckDBPyConnection,
    traced: TracedQuery,
    data: Mapping[str, Mapping[str, pa.Array]],
    seed: int,
    before: Rows,
    *,
    ordered: bool,
) -> list[str]:
    """Columns that change an output, or which rows there are, and are not listed for it."""
    draw = random.Random(seed)
    found = []
    for table, columns in data.items():
        for name in columns if table in traced.tables else ():
            ref = Ref(table, name)
            places = unlisted(traced, ref)
            if not places and ref in traced.rows:
                continue
            changed = column(draw, TABLES[table][name], len(columns[name]))
            connection.register(table, pa.table({**columns, name: changed}))
            _, after = run(connection, traced.sql)
            connection.register(table, pa.table(dict(columns)))
            one, other = only(before, places), only(after, places)
            same = one == other if ordered else Counter(one) == Counter(other)
            if not same:
                found.append(f"{ref} changes outputs {places}")
    return found


def judged(connection: duckdb.DuckDBPyConnection, text: str, seed: int) -> list[str] | None:
    """What is wrong with the trace of a query: None if DuckDB itself refuses the query."""
    data = data_of(seed)
    hand_over(connection, data)
    try:
        names, plain = run(connection, text)
    except duckdb.Error:
        return None
    traced = trace(text, INPUTS, DEFAULT_LIMITS)
    ours, before = run(connection, traced.sql)
    found = []
    if unique(names) != ours:
        found.append(f"names {ours} instead of {names}")
    if Counter(map(repr, plain)) != Counter(map(repr, before)):
        found.append("the written text gives other rows")
    return found + leaks(connection, traced, data, seed + 1, before, ordered="LIMIT" not in text)
