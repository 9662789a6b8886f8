"""Python steps: what they declare, which frames they get, what becomes of what they return."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import py_compile
import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import BaseModel

import lockgate
from lockgate.adapters.engines.local.python_steps import declared, run_python
from lockgate.assemble.project_module import load_step
from lockgate.errors import StepFailed, StepLimitExceeded, StepRefused
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.python_step import PythonStep
from step_spools import spooled

CANARY = "CANARY-90d1"
PEOPLE = pa.table(
    {
        "name": [CANARY, "b", None],
        "n": pa.array([1, None, 2**60 + 1]),
        "amount": pa.array([Decimal("1.10"), None, Decimal("3.00")], pa.decimal128(9, 2)),
        "day": pa.array([dt.date(2026, 1, 2), None, dt.date(1, 1, 1)]),
        "at": pa.array([dt.datetime(2026, 1, 2, tzinfo=dt.UTC)] * 3, pa.timestamp("us", "UTC")),
    }
)


def ran(
    step: PythonStep, inputs: Mapping[str, pa.Table] | None = None, limits: Limits = DEFAULT_LIMITS
) -> pa.Table:
    spools = {name: spooled(table) for name, table in (inputs or {"people": PEOPLE}).items()}
    schema = declared("s", step, {name: spool.schema for name, spool in spools.items()})
    return pa.Table.from_batches(run_python("s", step, spools, limits), schema)


def test_an_arrow_table_passes_as_it_is() -> None:
    @lockgate.step(returns=PEOPLE.schema)
    def same(people: pa.Table) -> pa.Table:
        return people

    assert ran(same).equals(PEOPLE)


def test_polars_frames_go_in_and_come_out() -> None:
    @lockgate.step(returns=PEOPLE.schema)
    def same(people: pl.DataFrame) -> pl.DataFrame:
        assert isinstance(people, pl.DataFrame)
        return people

    assert ran(same).equals(PEOPLE)


def test_pandas_frames_keep_their_types() -> None:
    @lockgate.step(returns=PEOPLE.schema)
    def same(people: pd.DataFrame) -> pd.DataFrame:
        assert isinstance(people, pd.DataFrame)
        return people[people["n"].isna() | (people["n"] > 0)].reset_index()[PEOPLE.column_names]

    assert ran(same).equals(PEOPLE)


def test_each_input_comes_as_its_parameter_wants() -> None:
    @lockgate.step(returns={"total": int})
    def both(a: pl.DataFrame, b: pa.Table) -> pl.DataFrame:
        return pl.DataFrame({"total": [a.height + b.num_rows]})

    got = ran(both, {"a": PEOPLE, "b": PEOPLE.slice(1)})
    assert got.to_pylist() == [{"total": 5}]


class Returned(BaseModel):
    day: dt.date
    score: Decimal | None


@pytest.mark.parametrize(
    "returns",
    [
        {"day": dt.date, "score": Decimal | None},
        {"day": pa.date32(), "score": pa.decimal128(38, 18)},
        pa.schema([("day", pa.date32()), ("score", pa.decimal128(38, 18))]),
        Returned,
    ],
    ids=["python types", "arrow types", "schema", "model"],
)
def test_ways_to_declare_columns(returns: Any) -> None:
    @lockgate.step(returns=returns)
    def scored(people: pa.Table) -> pa.Table:
        return pa.table({"score": people["amount"], "day": people["day"]})

    got = ran(scored)
    assert got.schema == pa.schema([("day", pa.date32()), ("score", pa.decimal128(38, 18))])
    assert got["score"].to_pylist() == [Decimal("1.10"), None, Decimal("3.00")]


def test_a_step_is_still_a_function() -> None:
    @lockgate.step(returns={"n": int})
    def double(people: pl.DataFrame) -> pl.DataFrame:
        return people * 2

    assert double(pl.DataFrame({"n": [2]})).to_dicts() == [{"n": 4}]


def schema_of(**kwargs: Any) -> pa.Schema:
    def scored(people: pa.Table) -> pa.Table:
        return people

    return lockgate.step(**kwargs)(scored).schema()


@pytest.mark.parametrize(
    "kwargs",
    [
        {"returns": {}},
        {"returns": {"a": object}},
        {"returns": {"a": list[int]}},
        {"returns": {"a": 3}},
        {"returns": {1: int}},
        {"returns": int},
        {"returns": ["a"]},
        {"returns": pa.schema([("a", pa.int64()), ("a", pa.int64())])},
        {"returns": {"a": int}, "derives": {"b": ["x"]}, "reason": "r", "approver": "a"},
        {"returns": {"a": int}, "derives": {"a": ["x"]}, "approver": "a"},
        {"returns": {"a": int}, "derives": {"a": ["x"]}, "reason": " ", "approver": "a"},
        {"returns": {"a": int}, "derives": {"a": ["x"]}, "reason": "r"},
    ],
)
def test_declarations_that_do_not_hold_together(kwargs: dict[str, Any]) -> None:
    with pytest.raises(StepRefused, match="scored"):
        schema_of(**kwargs)


def test_claims_are_kept_as_they_were_said() -> None:
    @lockgate.step(
        returns={"score": float}, derives={"score": ["amount"]}, reason="why", approver="who"
    )
    def scored(people: pa.Table) -> pa.Table:
        return people

    assert dict(scored.derives) == {"score": ("amount",)}
    assert (scored.reason, scored.approver) == ("why", "who")


def unannotated(people):  # type: ignore[no-untyped-def]
    return people


def lazy(people: pl.LazyFrame) -> pl.LazyFrame:
    return people


def everything(**people: pa.Table) -> pa.Table:
    return people["people"]


def unresolved(people: Nothing) -> Nothing:  # type: ignore[name-defined]  # noqa: F821
    return people


@pytest.mark.parametrize("function", [unannotated, lazy, everything, unresolved])
def test_parameters_that_are_no_frames(function: Any) -> None:
    with pytest.raises(StepRefused, match=function.__name__):
        lockgate.step(returns={"a": int})(function).parameters()


def test_parameters_are_the_inputs() -> None:
    @lockgate.step(returns={"n": int})
    def scored(people: pa.Table) -> pa.Table:
        return people

    with pytest.raises(StepRefused, match=r"takes \(people\), the step's inputs are \(other\)"):
        declared("s", scored, {"other": PEOPLE.schema})


BAD_RESULTS: dict[str, Any] = {
    "nothing": None,
    "a number": 3,
    "a list": [1],
    "a column too few": pa.table({"n": [1]}),
    "a column too many": pa.table({"n": [1], "s": ["a"], CANARY: [1]}),
    "two of one name": pa.Table.from_arrays([pa.array([1])] * 3, ["n", "s", "n"]),
    "text for a number": pa.table({"n": [CANARY], "s": ["a"]}),
    "a fraction for a number": pa.table({"n": [1.5], "s": ["a"]}),
    "a number too large": pa.table({"n": pa.array([2**63], pa.uint64()), "s": ["a"]}),
    "bytes that are no text": pa.table({"n": [1], "s": [b"\xff"]}),
    "mixed objects": pd.DataFrame({"n": [1, 2], "s": ["a", {"x": CANARY}]}, dtype=object),
}


@pytest.mark.parametrize("what", BAD_RESULTS)
def test_results_that_were_not_declared(what: str) -> None:
    @lockgate.step(returns={"n": int, "s": str})
    def scored(people: pa.Table) -> Any:
        return BAD_RESULTS[what]

    with pytest.raises(StepFailed, match="step s") as caught:
        ran(scored)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


GOOD_RESULTS: dict[str, Any] = {
    "another order": pa.table({"s": ["a"], "n": [1]}),
    "smaller numbers": pa.table({"n": pa.array([1], pa.int8()), "s": ["a"]}),
    "whole floats": pa.table({"n": [1.0], "s": ["a"]}),
    "views and dictionaries": pa.table({"n": [1], "s": pa.array(["a"]).dictionary_encode()}),
    "polars categories": pl.DataFrame({"n": [1], "s": ["a"]}).with_columns(
        pl.col("s").cast(pl.Categorical)
    ),
    "plain pandas": pd.DataFrame({"n": [1], "s": ["a"]}),
    "a record batch": pa.record_batch({"n": [1], "s": ["a"]}),
}


@pytest.mark.parametrize("what", GOOD_RESULTS)
def test_results_that_can_be_cast_without_loss(what: str) -> None:
    @lockgate.step(returns={"n": int, "s": str})
    def scored(people: pa.Table) -> Any:
        return GOOD_RESULTS[what]

    assert ran(scored).to_pylist() == [{"n": 1, "s": "a"}]


LOSSES: dict[str, tuple[pa.Array, Any]] = {
    "a number as a yes": (pa.array([5]), pa.bool_()),
    "a fraction as a yes": (pa.array([0.5]), pa.bool_()),
    "digits with zeros before": (pa.array(["000000007"]), pa.int64()),
    "more digits than a float has": (pa.array(["0.1000000000000000055"]), pa.float64()),
    "a float too large": (pa.array([1e300]), pa.float32()),
    "a float too small": (pa.array([1e-300]), pa.float32()),
    "a place too many": (pa.array([0.15]), pa.decimal128(10, 1)),
    "a moment as a day": (pa.array([dt.datetime(2026, 1, 2, 3)]), pa.date32()),
    "a moment as a time": (pa.array([dt.datetime(2026, 1, 2, 3)]), pa.time64("us")),
    "a category that loses": (pa.array(["007"]).dictionary_encode(), pa.int64()),
}


@pytest.mark.parametrize("what", LOSSES)
def test_results_that_would_lose_something(what: str) -> None:
    column, kind = LOSSES[what]

    @lockgate.step(returns=pa.schema([("x", kind)]))
    def scored(people: pa.Table) -> pa.Table:
        return pa.table({"x": column})

    with pytest.raises(StepFailed, match="as declared"):
        ran(scored)


def test_what_is_no_number_is_no_loss() -> None:
    @lockgate.step(returns={"x": float})
    def scored(people: pa.Table) -> pa.Table:
        return pa.table({"x": pa.array([float("nan"), 1.5, None], pa.float32())})

    (first, *rest) = ran(scored).column("x").to_pylist()
    assert first != first
    assert rest == [1.5, None]


def test_results_have_bounds() -> None:
    @lockgate.step(returns={"name": str})
    def scored(people: pa.Table) -> pa.Table:
        return people.select(["name"])

    for limits in (replace(DEFAULT_LIMITS, step_rows=2), replace(DEFAULT_LIMITS, value_bytes=5)):
        with pytest.raises(StepLimitExceeded):
            ran(scored, limits=limits)


MODULE = f'''
import sys
import pyarrow as pa
import lockgate

@lockgate.step(returns={{"n": int}})
def failing(people: pa.Table) -> pa.Table:
    names = people["name"].to_pylist()
    raise ValueError(f"cannot score {{names}}")

@lockgate.step(returns={{"n": int}})
def deep(people: pa.Table) -> pa.Table:
    def inner():
        return int(people["name"][0].as_py())
    return inner()

@lockgate.step(returns={{"n": int}})
def leaving(people: pa.Table) -> pa.Table:
    sys.exit("{CANARY}")

def plain(people: pa.Table) -> pa.Table:
    return people
'''


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("failing", "failing raised ValueError at scoring.py:9"),
        ("deep", "deep raised ValueError at scoring.py:14"),
        ("leaving", "leaving raised SystemExit at scoring.py:19"),
    ],
)
def test_error_oracle_of_a_function(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "scoring.py").write_text(MODULE)
    with pytest.raises(StepFailed) as caught:
        ran(load_step(tmp_path, f"scoring:{name}")[0])

    assert caught.value.message == f"step s: {told}"
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_function_without_the_decorator_is_no_step(tmp_path: Path) -> None:
    (tmp_path / "scoring.py").write_text(MODULE)
    for name in ("plain", "nothing", ""):
        with pytest.raises(StepRefused, match="has no step"):
            load_step(tmp_path, f"scoring:{name}")


def test_a_module_that_fails_is_told_by_type_and_line(tmp_path: Path) -> None:
    (tmp_path / "scoring.py").write_text(f"\nraise ValueError('{CANARY}')\n")
    with pytest.raises(StepRefused, match="ValueError") as caught:
        load_step(tmp_path, "scoring:score")

    assert str(caught.value.where) == "scoring.py:2"
    assert CANARY not in str(caught.value)


def test_a_module_elsewhere_is_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(StepRefused, match="has no module os"):
        load_step(tmp_path, "os:path")


STEP = """
import pyarrow as pa
import lockgate
{more}
@lockgate.step(returns={{"n": int}})
def score(people: pa.Table) -> pa.Table:
    return pa.table({{"n": [{n}]}})
"""


def forge(source: Path, text: str) -> None:
    """Bytecode of another text beside a source, with a header that says not to look at it."""
    other = source.parent / "other.py"
    other.write_text(text)
    beside = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(other), str(beside), invalidation_mode=mode)
    other.unlink()


def test_bytecode_beside_a_module_does_not_run(tmp_path: Path) -> None:
    source = tmp_path / "scoring.py"
    source.write_text(STEP.format(more="", n=1))
    forge(source, STEP.format(more="", n=666))
    step, digest = load_step(tmp_path, "scoring:score")

    assert ran(step).to_pylist() == [{"n": 1}]
    assert digest == hashlib.sha256(source.read_bytes()).hexdigest()


def test_bytecode_beside_what_a_module_imports_does_not_run(tmp_path: Path) -> None:
    package = tmp_path / "rates_of_shop"
    package.mkdir()
    for source in (package / "__init__.py", package / "low.py"):
        source.write_text("RATE = 1")
        forge(source, "RATE = 666")
    (tmp_path / "only_bytecode.py").write_text("RATE = 666")
    py_compile.compile(str(tmp_path / "only_bytecode.py"), str(tmp_path / "only_bytecode.pyc"))
    (tmp_path / "only_bytecode.py").unlink()
    more = "import rates_of_shop as a\nfrom rates_of_shop import low as b"
    (tmp_path / "scoring.py").write_text(STEP.format(more=more, n="a.RATE + b.RATE"))
    assert ran(load_step(tmp_path, "scoring:score")[0]).to_pylist() == [{"n": 2}]

    (tmp_path / "scoring.py").write_text(STEP.format(more="import only_bytecode as a", n="a.RATE"))
    with pytest.raises(StepRefused, match="ModuleNotFoundError"):
        load_step(tmp_path, "scoring:score")


FORGED: dict[str, type[BaseException]] = {
    "ValueError": type(CANARY, (ValueError,), {}),
    "Exception": type(CANARY, (Exception,), {"__module__": "builtins"}),
    "ArrowInvalid": type(CANARY, (pa.ArrowInvalid,), {"__module__": "pyarrow.lib"}),
    "KeyError": type("ValueError", (KeyError,), {"__module__": CANARY}),
    "ColumnNotFoundError": pl.exceptions.ColumnNotFoundError,
    "SystemExit": type(CANARY, (SystemExit,), {}),
    "GeneratorExit": GeneratorExit,
    "CancelledError": asyncio.CancelledError,
    "BaseException": type(CANARY, (BaseException,), {}),
}


@pytest.mark.parametrize("told", FORGED)
def test_an_exception_is_named_after_a_known_class(told: str) -> None:
    @lockgate.step(returns={"n": int})
    def score(people: pa.Table) -> pa.Table:
        raise FORGED[told]

    with pytest.raises(StepFailed) as caught:
        ran(score)
    assert f"score raised {told} at " in caught.value.message
    assert CANARY not in str(caught.value)


def test_a_module_cannot_name_its_failure_either(tmp_path: Path) -> None:
    (tmp_path / "scoring.py").write_text(f"raise type('{CANARY}', (LookupError,), {{}})\n")
    with pytest.raises(StepRefused, match="LookupError") as caught:
        load_step(tmp_path, "scoring:score")
    assert CANARY not in str(caught.value)


def test_a_decorator_without_parentheses_is_told_what_to_say() -> None:
    @lockgate.step
    def bare(people: pa.Table) -> pa.Table:
        return people

    with pytest.raises(StepRefused, match="bare: the decorator says what") as caught:
        declared("s", bare, {"people": PEOPLE.schema})
    assert "returns=" in caught.value.hint


def test_a_lazy_frame_is_to_be_collected() -> None:
    @lockgate.step(returns={"n": int})
    def lazy_one(people: pl.DataFrame) -> pl.LazyFrame:
        return people.lazy().select("n")

    with pytest.raises(StepFailed) as caught:
        ran(lazy_one)
    assert ".collect()" in caught.value.hint


def test_missing_columns_are_named_and_others_counted() -> None:
    @lockgate.step(returns={"n": int, "s": str, "t": str})
    def scored(people: pa.Table) -> pa.Table:
        return pa.table({"n": [1], CANARY: [1], CANARY + "2": [1]})

    with pytest.raises(StepFailed) as caught:
        ran(scored)
    told = "it returned no column s, t (3 columns, 2 of them not declared)"
    assert caught.value.message == f"step s: {told}"
