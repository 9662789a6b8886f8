"""Pydantic models compile to contracts; digests are stable across processes."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from typing import Annotated, Any

import pyarrow as pa
import pytest
from pydantic import BaseModel, Field, RootModel

from lockgate.contract.dataset_rule import DatasetRule, Metric
from lockgate.contract.dataset_rules import RuleCheck
from lockgate.contract.fingerprints import DuplicateCounter, Fingerprints
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import explain
from lockgate.contract.markers import Labelled
from lockgate.contract.model import Contract
from lockgate.errors import ContractError, SourceError
from lockgate.labels.label import LabelSet

PROGRAM = """
from typing import Annotated
from pydantic import BaseModel, Field
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.markers import Labelled
class M(BaseModel):
    a: Annotated[int, Field(ge=%d), Labelled("pii.age")]
    b: Annotated[str, Field(pattern="^x$")] | None = None
print(compile_model(M, id="m", name="m").digest)
"""


class Person(BaseModel):
    age: Annotated[int, Field(ge=0), Labelled("pii.age")]
    email: Annotated[str, Labelled("pii.email", subject=True, id="mail")] | None = None
    joined: dt.date
    amount: Annotated[Decimal, Field(max_digits=8, decimal_places=2), Labelled("public")]


def made(model: type[BaseModel], **options: Any) -> Contract:
    return compile_model(model, id="c", name="c", **options)


def test_markers_are_found_wherever_they_stand() -> None:
    contract = made(Person)
    assert contract.column("age").labels == LabelSet.of("pii.age")
    assert contract.column("email").labels == LabelSet.of("pii.email")
    assert contract.column("email").id == "mail"
    assert contract.subject is contract.column("email")
    assert contract.column("joined").labels.unclassified
    assert contract.column("amount").labels.public
    assert contract.schema.field("amount").type == pa.decimal128(8, 2)


def test_digests_are_the_same_in_every_process_and_follow_constraints() -> None:
    def digest(bound: int, seed: str) -> str:
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM % bound],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        )
        return run.stdout.strip()

    assert digest(1, "1") == digest(1, "2")
    assert digest(1, "1") != digest(2, "1")


@pytest.mark.parametrize("annotation", [list[str], dict[str, int], int | str, dt.timedelta, Any])
def test_types_without_a_column_form_are_refused(annotation: Any) -> None:
    model = type("M", (BaseModel,), {"__annotations__": {"x": annotation}})
    with pytest.raises(ContractError) as caught:
        made(model)
    assert "column x" in caught.value.problems[0].message


def test_rows_that_are_no_records_are_refused() -> None:
    with pytest.raises(ContractError, match="plain BaseModel"):
        made(RootModel[int])


def test_two_subjects_or_ids_are_refused() -> None:
    class Twice(BaseModel):
        a: Annotated[str, Labelled("pii.a", subject=True, id="x")]
        b: Annotated[str, Labelled("pii.b", subject=True, id="x")]

    with pytest.raises(ContractError) as caught:
        made(Twice)
    assert len(caught.value.problems) == 2


def test_a_share_beyond_one_is_refused() -> None:
    with pytest.raises(ContractError) as caught:
        made(Person, max_rejected=1.5)
    assert "max_rejected" in caught.value.problems[0].message


def test_explaining_names_each_column_and_how_it_is_judged() -> None:
    found = {item.column: item for item in explain(made(Person))}
    assert list(found) == ["age", "email", "joined", "amount"]
    assert found["age"].rules == ("a whole number", "at least 0", "must be there")
    assert str(found["email"].exactness) == "exact"
    assert str(found["joined"].exactness) == "accept-only"


def rules_of(*rules: DatasetRule) -> Contract:
    class Row(BaseModel):
        x: str | None = None
        y: int | None = None

    contract = made(Row)
    object.__setattr__(contract, "extras", {"dataset_rules": rules})
    return contract


def batch(x: list[Any], y: list[Any]) -> pa.RecordBatch:
    return pa.record_batch({"x": pa.array(x, pa.string()), "y": pa.array(y, pa.int64())})


def rule(metric: Metric, operator: str, *threshold: float, **more: Any) -> DatasetRule:
    columns = more.pop("columns", ("x",))
    return DatasetRule("r", metric, operator, threshold, columns, **more)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (rule(Metric.ROW_COUNT, "mustBe", 6, columns=()), True),
        (rule(Metric.ROW_COUNT, "mustBeGreaterThan", 6, columns=()), False),
        (rule(Metric.NULL_VALUES, "mustBe", 1), True),
        (rule(Metric.NULL_VALUES, "mustBeLessThan", 10, percent=True), False),
        (rule(Metric.MISSING_VALUES, "mustBeBetween", 2, 2, values=("", None)), True),
        (rule(Metric.INVALID_VALUES, "mustBe", 1, values=("a", "b", "c")), True),
        (rule(Metric.INVALID_VALUES, "mustBe", 1, pattern="^[abc]$"), True),
        (rule(Metric.DUPLICATE_VALUES, "mustBe", 1), True),
        (rule(Metric.DUPLICATE_VALUES, "mustBe", 0), False),
        (rule(Metric.DUPLICATE_VALUES, "mustBe", 0, columns=("x", "y")), True),
        (rule(Metric.DUPLICATE_VALUES, "mustBe", 0, gates=False), True),
    ],
)
def test_dataset_rules_gate_the_run(asked: DatasetRule, holds: bool) -> None:
    check = RuleCheck(rules_of(asked))
    for rows in (batch(["a", "b", None], [1, 2, 3]), batch(["a", "", "c"], [4, 5, 6])):
        check.add(check.measure(rows))
    if holds:
        assert len(check.finish()) == 1
    else:
        with pytest.raises(SourceError):
            check.finish()


def test_duplicates_are_counted_beyond_the_buffer() -> None:
    prints, counter = Fingerprints(1), DuplicateCounter(buffered_rows=100)
    for start in range(0, 1000, 50):
        counter.add(prints.of([pa.array([f"key {i % 900}" for i in range(start, start + 50)])]))
    assert counter.count() == 100


def test_fingerprints_tell_near_values_apart() -> None:
    values = ["", "a", "a\x00", "\x00", "ab", "ba", "x" * 64, "x" * 65, "x" * 66, None]
    counter = DuplicateCounter()
    counter.add(Fingerprints(1).of([pa.array(values)]))
    assert counter.count() == 0
    split = Fingerprints(2).of([pa.array(["a", "ab"]), pa.array(["bc", "c"])])
    assert len({tuple(row) for row in split.tolist()}) == 2


@pytest.mark.parametrize("id_", ["", "a b", "x@example.com", "a/b", "\u00e9", "a" * 101, "a\n"])
def test_an_id_that_no_run_could_use_is_refused(id_: str) -> None:
    with pytest.raises(ContractError) as caught:
        compile_model(Person, id=id_, name="c")
    (problem,) = caught.value.problems
    assert problem.message == "the contract has no usable id"
    assert "at most 100" in problem.hint


@pytest.mark.parametrize("id_", ["a", "clinic.visits-2_b", "A" * 100])
def test_an_id_that_a_run_can_use_compiles(id_: str) -> None:
    assert compile_model(Person, id=id_, name="c").id == id_
