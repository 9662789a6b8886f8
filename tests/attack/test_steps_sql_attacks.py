"""SQL steps reach their inputs and nothing else, and their errors hold nothing of the data."""

from __future__ import annotations

import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from lockgate.adapters.engines.local import sql_engine
from lockgate.adapters.engines.local.connection import open_locked
from lockgate.adapters.engines.local.sql_engine import DuckDbEngine
from lockgate.errors import LockgateError, StepFailed, StepLimitExceeded, StepRefused
from lockgate.limits import DEFAULT_LIMITS
from step_spools import column, computed, spooled

CANARY = "CANARY-7f3a9c"
SMALL = replace(DEFAULT_LIMITS, step_memory=100 << 20, step_seconds=1)
PEOPLE = {"t": column([CANARY, "b"])}

# What each would do, and how DuckDB itself would let it.
OUTSIDE = {
    "read a file": "SELECT * FROM read_csv('/etc/passwd')",
    "read a file by its name": "SELECT * FROM '/etc/passwd'",
    "read a file as text": "SELECT content FROM read_text('/etc/passwd')",
    "read a file as bytes": "SELECT content FROM read_blob('/etc/passwd')",
    "read from the network": "SELECT * FROM read_parquet('https://localhost/x.parquet')",
    "list files": "SELECT * FROM glob('/etc/*')",
    "write a file": "COPY t TO 'stolen.csv'",
    "export": "EXPORT DATABASE 'stolen'",
    "attach a file": "ATTACH 'stolen.db'",
    "attach memory": "ATTACH ':memory:' AS other",
    "install an extension": "INSTALL httpfs",
    "load an extension": "LOAD httpfs",
    "change a setting": "SET threads = 4",
    "change a setting by pragma": "PRAGMA enable_profiling",
    "call a pragma": "SELECT * FROM pragma_table_info('t')",
    "read settings": "SELECT * FROM duckdb_settings()",
    "read a setting": "SELECT current_setting('memory_limit') AS x",
    "read the environment": "SELECT getenv('HOME') AS x",
    "read a variable": "SELECT getvariable('x') AS x",
    "read secrets": "SELECT * FROM duckdb_secrets()",
    "make a secret": "CREATE SECRET s (TYPE s3)",
    "read the catalogue": "SELECT * FROM duckdb_tables",
    "read the schema": "SELECT * FROM information_schema.tables",
    "read sqlite_master": "SELECT * FROM sqlite_master",
    "run text": "SELECT * FROM query('SELECT c FROM t')",
    "run text as a table": "SELECT * FROM query_table('t')",
    "run a serialized tree": "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "two statements": "SELECT 1 AS x; SELECT 2 AS x",
    "make a table": "CREATE TABLE x AS SELECT 1",
    "drop an input": "DROP VIEW t",
    "write a log": "SELECT write_log('x') AS x",
    "describe": "SELECT * FROM (DESCRIBE t)",
    "summarize": "SELECT * FROM (SUMMARIZE t)",
    "pivot": "PIVOT t ON c USING count(*)",
    "a table in a subquery": "SELECT (SELECT count(*) FROM duckdb_settings()) AS x",
    "a table in a condition": "SELECT c FROM t WHERE c IN (SELECT content FROM read_text('x'))",
    "a table in a WITH": "WITH x AS (SELECT * FROM glob('*')) SELECT * FROM x",
    "another schema": "SELECT * FROM pg_catalog.pg_class",
    "scan a pointer": "SELECT * FROM arrow_scan(1, 2, 3)",
    "explain": "EXPLAIN SELECT c FROM t",
    "nothing": "",
}


@pytest.mark.parametrize("attack", OUTSIDE)
def test_reach_outside(attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = DuckDbEngine()
    with pytest.raises(StepRefused) as caught:
        engine.types("s", OUTSIDE[attack], {"t": PEOPLE["t"].schema})
    with pytest.raises(StepRefused):
        list(engine.run("s", OUTSIDE[attack], {"t": spooled(PEOPLE["t"])}, PEOPLE["t"].schema))

    assert bare(caught.value)
    assert not list(tmp_path.iterdir())


# The lock itself, below the look at the statement.
LOCKED = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_parquet('https://localhost/x.parquet')",
    "COPY (SELECT 1) TO 'stolen.csv'",
    "EXPORT DATABASE 'stolen'",
    "ATTACH 'stolen.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 4",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET temp_directory = 'spill'",
    "RESET memory_limit",
    "CREATE SECRET s (TYPE s3)",
]


@pytest.mark.parametrize("statement", LOCKED)
def test_the_lock_holds_by_itself(
    statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    connection = open_locked(DEFAULT_LIMITS)
    with pytest.raises(duckdb.Error):
        connection.execute(statement)
    connection.close()

    assert not list(tmp_path.iterdir())


def test_a_python_variable_named_like_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    secret_table = pa.table({"c": [CANARY]})
    monkeypatch.setattr(sql_engine, "secret_table", secret_table, raising=False)
    with pytest.raises(StepRefused):
        computed("SELECT * FROM secret_table")
    connection = open_locked(DEFAULT_LIMITS)
    with pytest.raises(duckdb.CatalogException):
        connection.execute("SELECT * FROM secret_table")
    connection.close()


def test_the_input_of_another_step() -> None:
    engine = DuckDbEngine()
    engine.types("first", "SELECT c FROM t", {"t": PEOPLE["t"].schema})
    with pytest.raises(StepRefused):
        engine.types("second", "SELECT c FROM t", {"u": PEOPLE["t"].schema})


ORACLES = [
    "SELECT CAST(c AS INT) AS x FROM t",
    "SELECT CAST(c AS DATE) AS x FROM t",
    "SELECT CAST(c AS UUID) AS x FROM t",
    "SELECT strptime(c, '%Y') AS x FROM t",
    "SELECT error(c) AS x FROM t",
    "SELECT CAST(c AS ENUM('a')) || '' AS x FROM t",
    "SELECT regexp_matches('a', c || '(') AS x FROM t",
    "SELECT json_extract(c, '$.a') AS x FROM t",
    "SELECT (SELECT a.c FROM t a) AS x FROM t",
    "SELECT date_trunc(c, TIMESTAMP '2000-01-01') AS x FROM t",
    "SELECT CAST('" + CANARY + "' AS INT) AS x",
    "SELECT " + CANARY.replace("-", "_") + " AS x FROM t",
]


@pytest.mark.parametrize("sql", ORACLES)
def test_error_oracle(sql: str) -> None:
    with pytest.raises(LockgateError) as caught:
        computed(sql, PEOPLE)

    assert isinstance(caught.value, StepFailed | StepRefused)
    assert bare(caught.value)


LATE = [
    ("SELECT if(n > 150000, CAST(c AS INT), n) AS x FROM t", "a value cannot be cast"),
    ("SELECT if(n > 150000, n * 9223372036854775807, n) AS x FROM t", "out of its type's range"),
    ("SELECT if(n > 150000, error(c), c) AS x FROM t", "does not take one of its values"),
]


@pytest.mark.parametrize(("sql", "told"), LATE)
def test_error_oracle_after_rows_have_come(sql: str, told: str) -> None:
    many = pa.table({"c": [f"{CANARY} {n}" for n in range(200_000)], "n": range(200_000)})
    with pytest.raises(StepFailed, match=told) as caught:
        for_nobody(sql, {"t": many}, replace(DEFAULT_LIMITS, batch_rows=1000))

    assert "Exception" in caught.value.message
    assert bare(caught.value)


def bare(error: BaseException) -> bool:
    """Nothing of the data or the engine's words, however deep one looks."""
    told = "".join(traceback.format_exception(error)) + repr(error.__dict__)
    near = error.__cause__ is None and error.__context__ is None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    kept = any(
        isinstance(value, duckdb.Error)
        for frame in frames
        for value in frame.f_locals.values()
        if "lockgate" in frame.f_code.co_filename
    )
    return near and not kept and all(c not in told for c in (CANARY, CANARY.replace("-", "_")))


BOMBS = {
    "a join without a condition": "SELECT count(*) AS n FROM t a, t b, t c, t d, t e",
    "endless recursion": "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) "
    "SELECT count(*) AS n FROM r",
    "everything sorted": "SELECT a.c || b.c AS c FROM t a, t b, t d ORDER BY 1",
    "everything in one list": "SELECT list(a.c || b.c || d.c) AS l FROM t a, t b, t d",
    "everything in one text": "SELECT string_agg(a.c || b.c || d.c, '') AS s FROM t a, t b, t d",
    "many groups": "SELECT DISTINCT a.c || b.c || d.c AS c FROM t a, t b, t d",
    "many rows": "SELECT a.c FROM t a, t b, t c, t d",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_in_time_and_memory(bomb: str) -> None:
    words = {"t": column([f"word number {n}" for n in range(2000)])}
    begun = time.monotonic()
    with pytest.raises(StepLimitExceeded) as caught:
        computed_rows = replace(SMALL, step_rows=50_000_000)
        for_nobody(BOMBS[bomb], words, computed_rows)

    assert time.monotonic() - begun < 20
    assert "step_" in caught.value.message
    assert bare(caught.value)


def for_nobody(sql: str, inputs: dict[str, pa.Table], limits: object) -> None:
    """Run a step and keep none of its rows."""
    engine = DuckDbEngine(limits)  # type: ignore[arg-type]
    schema = engine.types("s", sql, {name: table.schema for name, table in inputs.items()})
    for _ in engine.run("s", sql, {n: spooled(t) for n, t in inputs.items()}, schema):
        pass


LONG = [
    "SELECT range(1000000000000) AS x",
    "SELECT range(CAST(1e9 AS BIGINT)) AS x",
    "SELECT * FROM range(1000000000000)",
    "SELECT unnest(generate_series(1, 1000000000)) AS x",
    "SELECT repeat('x', 1000000000) AS x",
    "SELECT repeat(c, length(c)) AS x FROM t",
    "SELECT repeat(repeat('x', 10000), 10000) AS x",
    "SELECT repeat(upper(lpad('x', 10000, 'y')), 10000) AS x",
    "SELECT main.repeat('x', 1000000000) AS x",
    "SELECT REPEAT('x', 1000000000) AS x",
    "SELECT 'x'.repeat(1000000000) AS x",
    "SELECT lpad('x', 1000000000, 'y') AS x",
    "SELECT rpad('x', 1000000000, 'y') AS x",
    "SELECT format('{:1000000000}', 'x') AS x",
    "SELECT printf('%1000000000d', 1) AS x",
    "SELECT format('{:{}}', 'x', 1000000000) AS x",
    "SELECT printf('%*d', 1000000000, 1) AS x",
    "SELECT printf('%-*.*f', 1000000000, 1, 1.0) AS x",
    "SELECT bitstring('1', 1000000000) AS x",
    "SELECT format(c, 1) AS x FROM t",
    "SELECT list_resize([1], 1000000000) AS x",
    "SELECT bar(1, 0, 1, 1000000000) AS x",
]


@pytest.mark.parametrize("sql", LONG)
def test_one_value_as_long_as_the_memory(sql: str) -> None:
    with pytest.raises(StepRefused, match="written down|made long|not one SELECT"):
        computed(sql, PEOPLE)


def test_long_values_of_a_written_size_are_fine() -> None:
    sql = "SELECT lpad(c, 8, '0') AS x, repeat('ab', 2) AS y, format('{{{:>3}', c) AS f FROM t"
    got = computed(sql, {"t": column(["7"])})
    assert got.to_pylist() == [{"x": "00000007", "y": "abab", "f": "{  7"}]


def test_more_rows_than_are_allowed() -> None:
    limits = replace(DEFAULT_LIMITS, step_rows=1000)
    with pytest.raises(StepLimitExceeded, match="step_rows"):
        computed("SELECT a.c FROM t a, t b", {"t": column(list(range(100)))}, limits)


def test_more_bytes_than_are_allowed() -> None:
    limits = replace(DEFAULT_LIMITS, step_result_bytes=1000)
    with pytest.raises(StepLimitExceeded, match="step_result_bytes"):
        computed("SELECT a.c FROM t a, t b", {"t": column(list(range(100)))}, limits)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Names of all files that appear in the folders where something could be spilled to."""
    monkeypatch.chdir(tmp_path)
    folders = [tmp_path, Path(tempfile.gettempdir())]
    before = {path for folder in folders for path in folder.glob("*")}
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            for folder in folders:
                seen.update(
                    path.name
                    for path in folder.glob("*")
                    if (path not in before and "duckdb" in path.name) or path.parent == tmp_path
                )

    watcher = threading.Thread(target=look)
    watcher.start()
    yield seen
    over.set()
    watcher.join()


def test_spill_canary(watched: set[str]) -> None:
    """What does not fit is refused: no file holds it, while the query runs or afterwards."""
    rows = {"t": column([f"{CANARY}-{n:09d}" for n in range(1_000_000)])}
    limits = replace(DEFAULT_LIMITS, step_memory=48 << 20)
    with pytest.raises(StepLimitExceeded, match="step_memory"):
        for_nobody("SELECT c FROM t ORDER BY reverse(c)", rows, limits)

    assert not watched
