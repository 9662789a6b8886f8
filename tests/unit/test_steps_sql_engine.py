"""SQL steps: what types come out, in which order, and that nothing of the machine shows."""

from __future__ import annotations

import datetime as dt
import math
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.adapters.engines.local.faults import binding_fault
from lockgate.adapters.engines.local.sql_engine import DuckDbEngine
from lockgate.errors import IntegrityError, StepFailed, StepRefused
from lockgate.limits import DEFAULT_LIMITS
from step_spools import column, computed, spooled

UNCHANGED = {
    "string": (pa.string(), ["", "é\U0010ffff", "a\x00b", None]),
    "int8": (pa.int8(), [-128, 127, None]),
    "int64": (pa.int64(), [-(2**63), 2**63 - 1, None]),
    "uint64": (pa.uint64(), [0, 2**64 - 1, None]),
    "float32": (pa.float32(), [1.5, None]),
    "bool": (pa.bool_(), [True, False, None]),
    "binary": (pa.binary(), [b"", b"\x00\xff", None]),
    "decimal": (pa.decimal128(38, 18), [Decimal("1" * 20 + "." + "9" * 18), None]),
    "small decimal": (pa.decimal128(5, 2), [Decimal("-1.10"), None]),
    "date": (pa.date32(), [dt.date(1, 1, 1), dt.date(9999, 12, 31), None]),
    "time": (pa.time64("us"), [dt.time(), dt.time(23, 59, 59, 999999), None]),
    "time ns": (pa.time64("ns"), [1, None]),
    "timestamp": (
        pa.timestamp("us"),
        [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999), None],
    ),
    "timestamp s": (pa.timestamp("s"), [1, None]),
    "timestamp ms": (pa.timestamp("ms"), [1, None]),
    "timestamp ns": (pa.timestamp("ns"), [1, -1, None]),
    "instant": (
        pa.timestamp("us", "UTC"),
        [dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 12, 31, tzinfo=dt.UTC), None],
    ),
    "instant ns": (pa.timestamp("ns", "UTC"), [1001, None]),
    "list": (pa.list_(pa.int64()), [[1, None], [], None]),
    "struct": (pa.struct([("a", pa.int64()), ("b", pa.string())]), [{"a": 1, "b": "x"}, None]),
    "map": (pa.map_(pa.string(), pa.int64()), [[("a", 1)], None]),
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_what_a_select_passes_through_keeps_type_and_value(name: str) -> None:
    type, values = UNCHANGED[name]
    table = column(values, type)

    assert computed("SELECT c FROM t", {"t": table}).equals(table)


BECOMING = {
    "large_string": (pa.array(["a", None], pa.large_string()), pa.string()),
    "string_view": (pa.array(["a", "longer than twelve bytes"], pa.string_view()), pa.string()),
    "large_binary": (pa.array([b"a"], pa.large_binary()), pa.binary()),
    "fixed_size_binary": (pa.array([b"ab"], pa.binary(2)), pa.binary()),
    "dictionary": (pa.array(["a", "b", "a"]).dictionary_encode(), pa.string()),
    "date64": (pa.array([dt.date(2000, 1, 1)], pa.date64()), pa.date32()),
    "time32": (pa.array([dt.time(1)], pa.time32("s")), pa.time64("us")),
    "decimal64": (pa.array([Decimal("1.10")], pa.decimal64(10, 2)), pa.decimal128(10, 2)),
    "other zone": (pa.array([1], pa.timestamp("us", "Europe/Berlin")), pa.timestamp("us", "UTC")),
    "instant ms": (pa.array([1], pa.timestamp("ms", "UTC")), pa.timestamp("us", "UTC")),
}


@pytest.mark.parametrize("name", BECOMING)
def test_types_that_become_their_neighbour_keep_their_values(name: str) -> None:
    array, becomes = BECOMING[name]
    got = computed("SELECT c FROM t", {"t": pa.table({"c": array})})

    assert got.schema.field("c").type == becomes
    assert got["c"].combine_chunks().equals(array.cast(becomes))


@pytest.mark.parametrize(
    "type",
    [
        pa.float16(),
        pa.decimal256(40, 2),
        pa.decimal128(5, -2),
        pa.duration("us"),
        pa.month_day_nano_interval(),
        pa.uuid(),
        pa.null(),
        pa.list_(pa.duration("s")),
        pa.run_end_encoded(pa.int32(), pa.string()),
    ],
    ids=str,
)
def test_other_types_are_refused_before_anything_runs(type: pa.DataType) -> None:
    with pytest.raises(StepRefused, match="column c of t"):
        DuckDbEngine().types("s", "SELECT 1 AS x FROM t", {"t": pa.schema([("c", type)])})


@pytest.mark.parametrize(
    "what",
    [
        "INTERVAL 1 DAY",
        "NULL",
        "'a'::ENUM('a')",
        "'1'::VARIANT",
        "{'a': ['1'::BIT]}",
        "[INTERVAL 1 DAY]",
        "timetz '00:00:00+01'",
    ],
)
def test_outputs_that_no_sink_takes_are_refused(what: str) -> None:
    with pytest.raises(StepRefused, match="column x has a type that no sink takes"):
        DuckDbEngine().types("s", f"SELECT {what} AS x", {})


def test_floats_keep_nan_sign_of_zero_and_infinity() -> None:
    got = computed("SELECT c FROM t", {"t": column([math.nan, -0.0, 0.0, math.inf, 5e-324, None])})
    values = got["c"].to_pylist()

    assert math.isnan(values[0])
    assert math.copysign(1, values[1]) == -1
    assert values[2:] == [0.0, math.inf, 5e-324, None]


def test_sums_of_integers_do_not_overflow() -> None:
    got = computed("SELECT sum(c) AS s FROM t", {"t": column([2**63 - 1] * 3)})

    assert got.schema.field("s").type == pa.decimal128(38, 0)
    assert got["s"].to_pylist() == [3 * (2**63 - 1)]


def test_rows_keep_the_order_of_the_input() -> None:
    values = [(n * 7919) % 100_003 for n in range(100_000)]
    got = computed("SELECT c FROM t WHERE c % 3 <> 1", {"t": column(values)})

    assert got["c"].to_pylist() == [value for value in values if value % 3 != 1]


def test_the_same_rows_give_the_same_bytes() -> None:
    table = pa.table({"g": [n % 97 for n in range(200_000)], "x": [n / 7 for n in range(200_000)]})
    sql = "SELECT g, sum(x) AS s, avg(x) AS a FROM t GROUP BY g"

    assert computed(sql, {"t": table}).equals(computed(sql, {"t": table}))


def test_an_input_is_read_as_often_as_it_is_named() -> None:
    table = column(list(range(5000)))
    got = computed("SELECT count(*) AS n FROM t a JOIN t b USING (c)", {"t": table})

    assert got["n"].to_pylist() == [5000]


def test_the_time_zone_of_the_machine_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    sql = "SELECT CAST(c AS VARCHAR) AS v, hour(c) AS h, CAST(c AS DATE) AS d FROM t"
    table = column([dt.datetime(2026, 7, 1, 23, 30, tzinfo=dt.UTC)], pa.timestamp("us", "UTC"))
    seen = []
    for zone in ("America/New_York", "Asia/Tokyo"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        seen.append(computed(sql, {"t": table}).to_pylist())
    monkeypatch.delenv("TZ")
    time.tzset()

    assert (
        seen[0] == seen[1] == [{"v": "2026-07-01 23:30:00+00", "h": 23, "d": dt.date(2026, 7, 1)}]
    )


def test_types_computes_nothing() -> None:
    begun = time.monotonic()
    schema = DuckDbEngine().types(
        "s", "SELECT CAST('x' AS INT) AS a, c FROM t", {"t": column([1]).schema}
    )

    assert schema == pa.schema([("a", pa.int32()), ("c", pa.int64())])
    assert time.monotonic() - begun < 2


def test_another_schema_than_planned_is_refused() -> None:
    with pytest.raises(StepRefused, match="other columns than were planned"):
        list(
            DuckDbEngine().run(
                "s", "SELECT c FROM t", {"t": spooled(column([1]))}, pa.schema([("d", pa.int64())])
            )
        )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS a, 2 AS a",
        "SELECT nothing FROM t",
        "SELECT c FROM unknown",
        "SELECT c || 1 || [] FROM t",
        "SELEC 1",
        "",
    ],
)
def test_what_does_not_bind_is_refused_without_the_engines_words(sql: str) -> None:
    with pytest.raises(StepRefused) as caught:
        DuckDbEngine().types("s", sql, {"t": column([1]).schema})

    assert "LINE" not in str(caught.value)
    assert "Candidate" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_an_input_that_does_not_verify_is_told_as_such() -> None:
    class Changed:
        schema = column([1]).schema
        rows = 1

        def reader(self) -> pa.RecordBatchReader:
            raise IntegrityError("a sealed file was changed")

    with pytest.raises(IntegrityError, match="changed"):
        list(DuckDbEngine().run("s", "SELECT c FROM t", {"t": Changed()}, Changed.schema))


def test_closing_the_rows_ends_the_query() -> None:
    schema = pa.schema([("c", pa.int64())])
    rows = DuckDbEngine().run(
        "s", "SELECT a.c FROM t a, t b, t d", {"t": spooled(column(list(range(2000))))}, schema
    )
    assert next(rows).num_rows
    rows.close()  # type: ignore[attr-defined]


def test_ctrl_c_ends_a_query_that_gives_no_row() -> None:
    tests = Path(__file__).resolve().parents[1]
    code = (
        "from step_spools import column, computed\n"
        "print('begun', flush=True)\n"
        "computed('SELECT a.c FROM t a, t b, t c, t d WHERE a.c + b.c + c.c + d.c < 0',"
        " {'t': column(list(range(3000)))})\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tests)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    try:
        _, errors = child.communicate(timeout=30)
    finally:
        child.kill()
    assert "KeyboardInterrupt" in errors


def test_the_engine_leaves_nothing_on_the_terminal() -> None:
    tests = Path(__file__).resolve().parents[1]
    code = (
        "from step_spools import column, computed\n"
        "from lockgate.errors import StepFailed\n"
        "computed('SELECT c FROM t', {'t': column([1])})\n"
        "try: computed('SELECT CAST(c AS INT) AS n FROM t', {'t': column(['x'])})\n"
        "except StepFailed: pass\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tests)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout + done.stderr == ""


@settings(max_examples=20)
@given(st.lists(st.one_of(st.none(), st.text()), max_size=40))
def test_any_text_passes_unchanged(values: list[str | None]) -> None:
    table = column(values, pa.string())
    assert computed("SELECT c FROM t", {"t": table}).equals(table)


def test_values_longer_than_any_treatment_takes_fail_the_step() -> None:
    from dataclasses import replace

    limits = replace(DEFAULT_LIMITS, value_bytes=10)
    with pytest.raises(StepFailed, match="column v has a value longer than value_bytes"):
        computed("SELECT c || c AS v FROM t", {"t": column(["123456"])}, limits)


def test_the_binder_may_name_a_column_of_the_inputs_and_nothing_else() -> None:
    said = 'Binder Error: column "{}" must appear in the GROUP BY clause: CANARY'
    told = binding_fault(duckdb.BinderException(said.format("city")), {"city"})
    assert told == "column city is neither in GROUP BY nor inside an aggregate (BinderException)"
    for words in (said.format("CANARY"), "Binder Error: CANARY", "CANARY"):
        assert "CANARY" not in binding_fault(duckdb.BinderException(words), {"city"})
