"""Spools and engines for tests of steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from lockgate.adapters.engines.local.spool import MemorySpool
from lockgate.adapters.engines.local.sql_engine import DuckDbEngine
from lockgate.limits import DEFAULT_LIMITS, Limits

_ENGINE = DuckDbEngine()


def spooled(table: pa.Table, rows: int = 1000) -> MemorySpool:
    """A table as rows between steps."""
    return MemorySpool(table.schema, table.to_batches(max_chunksize=rows))


def computed(
    sql: str, inputs: Mapping[str, pa.Table] | None = None, limits: Limits = DEFAULT_LIMITS
) -> pa.Table:
    """What a SQL step gives: planned, then run."""
    engine = _ENGINE if limits is DEFAULT_LIMITS else DuckDbEngine(limits)
    tables = dict(inputs or {})
    schema = engine.types("s", sql, {name: table.schema for name, table in tables.items()})
    spools = {name: spooled(table) for name, table in tables.items()}
    return pa.Table.from_batches(engine.run("s", sql, spools, schema), schema)


def column(values: list[Any], type: pa.DataType | None = None) -> pa.Table:
    """A table of one column, `c`."""
    return pa.table({"c": pa.array(values, type)})
