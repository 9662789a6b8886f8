"""TPC-H and TPC-DS, as sqlglot's source archive holds them: queries, tables, small data."""

from __future__ import annotations

import ast
import re
import tarfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

from flow_sql.oracle import Rows
from lockgate.flow.sql.lineage import InputTable

SCHEMAS = {"tpc-h": "TPCH_SCHEMA", "tpc-ds": "TPCDS_SCHEMA"}


@dataclass
class Benchmark:
    """One of the two: its queries and a database with its tables."""

    queries: list[str]
    inputs: tuple[InputTable, ...]
    connection: duckdb.DuckDBPyConnection


def benchmark(archive: Path, folder: Path, name: str) -> Benchmark:
    """Read queries and tables out of the archive."""
    with tarfile.open(archive) as opened:
        wanted = [
            member
            for member in opened.getmembers()
            if f"/fixtures/optimizer/{name}/" in member.name
            or member.name.endswith("/tests/helpers.py")
        ]
        opened.extractall(folder, wanted, filter="data")
    helpers = next(folder.glob("*/tests/helpers.py")).read_text(encoding="utf-8")
    fixtures = next(folder.glob(f"*/tests/fixtures/optimizer/{name}"))
    found = re.search(rf"^{SCHEMAS[name]} = (\{{.*?^\}})", helpers, re.DOTALL | re.MULTILINE)
    assert found is not None
    schema: dict[str, dict[str, str]] = ast.literal_eval(found[1])
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("CREATE SCHEMA base")
    for table, columns in schema.items():
        listed = ", ".join(f"{column} {typed(column, kind)}" for column, kind in columns.items())
        connection.execute(f"CREATE TABLE base.{table} ({listed})")
        data = fixtures / f"{table}.csv.gz"
        connection.execute(f"COPY base.{table} FROM '{data}' (DELIMITER '|', HEADER)")
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM base.{table}")
    inputs = tuple(InputTable(table, tuple(columns)) for table, columns in schema.items())
    return Benchmark(queries(fixtures / f"{name}.sql"), inputs, connection)


def typed(column: str, kind: str) -> str:
    """The type of a column: the queries of TPC-DS compare its dates with dates."""
    if column == "d_date":
        return "DATE"
    return "VARCHAR" if kind.lower() == "string" else kind


def queries(path: Path) -> list[str]:
    """Every other statement of the file: the rest is what sqlglot's optimizer makes of it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.strip().startswith(("--", "#")))
    statements = [statement.strip() for statement in text.split(";")]
    return [statement for statement in statements[::2] if statement]


def altered(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    """Give each row the column's value of the next one."""
    moved = f"lead({column}) OVER () AS {column}"
    connection.execute(
        f"CREATE OR REPLACE VIEW {table} AS SELECT * REPLACE ({moved}) FROM base.{table}"
    )


def restored(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM base.{table}")


def only(rows: Rows, places: list[int]) -> Counter[tuple[str, ...]]:
    """Some columns of the rows; sums of floats depend on the order they are added in."""
    return Counter(tuple(rounded(row[place]) for place in places) for row in rows)


def rounded(found: object) -> str:
    return f"{found:.9g}" if isinstance(found, float) else repr(found)
