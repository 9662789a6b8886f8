"""DuckDB: COPY (SELECT … FROM read_csv) TO."""

from __future__ import annotations

from pathlib import Path

import duckdb

from bench.end_to_end.customers import SCHEMA

TYPES = {
    "customer_id": "BIGINT",
    "birth_date": "DATE",
    "balance": "DOUBLE",
    "joined_at": "TIMESTAMP",
}


def copy(
    source: Path,
    target: Path,
    *,
    typed: bool = False,
    compression: str = "zstd",
    files: int = 1,
    ordered: bool = True,
) -> None:
    """Copy; with more than one file each thread writes its own."""
    with duckdb.connect() as connection:
        connection.execute(f"SET preserve_insertion_order = {str(ordered).lower()}")
        if files > 1:
            connection.execute(f"SET threads = {files}")
        what = f"SELECT * FROM {_read(source, typed)}"  # noqa: S608 - our own names and paths
        connection.execute(f"COPY ({what}) TO '{target}' ({_form(target, compression, files)})")


def _read(source: Path, typed: bool) -> str:
    if source.suffix == ".parquet":
        return f"read_parquet('{source}')"
    types = {name: TYPES.get(name, "VARCHAR") if typed else "VARCHAR" for name in SCHEMA.names}
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    return (
        f"read_csv('{source}', header = true, auto_detect = false, quote = '\"', escape = '\"', "
        f"columns = {{{columns}}})"
    )


def _form(target: Path, compression: str, files: int) -> str:
    if target.suffix == ".csv":
        return "FORMAT csv, HEADER true"
    spread = ", PER_THREAD_OUTPUT true" if files > 1 else ""
    return f"FORMAT parquet, COMPRESSION {compression}{spread}"
