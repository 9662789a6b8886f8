"""An aggregation counts people: nobody else's values may stand in their rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, create_model

from lockgate.assemble.steps import ProjectSteps
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.markers import Labelled
from lockgate.flow.check import examine
from lockgate.flow.findings import FindingRule
from lockgate.kernel.interface import Normaliser
from lockgate.keys.ports import Domain
from lockgate.pipeline.model import (
    Aggregation,
    FileFormat,
    Pipeline,
    SinkSpec,
    SourceSpec,
    StepKind,
    StepSpec,
)
from lockgate.policy.policy import Policy


class Order(BaseModel):
    customer: Annotated[int, Labelled("pii.id", subject=True)]
    city: Annotated[str, Labelled("public")]
    amount: Annotated[float, Labelled("financial.salary")]


class Visit(BaseModel):
    visitor: Annotated[int, Labelled("pii.id", subject=True)]
    customer: Annotated[int, Labelled("pii.id")]


CONTRACTS = {
    "orders": compile_model(Order, id="orders", name="orders"),
    "visits": compile_model(Visit, id="visits", name="visits"),
}
FOLD = "SELECT city, sum(amount) AS total FROM prepared GROUP BY city"


@pytest.fixture(scope="module")
def typing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectSteps]:
    folder: Path = tmp_path_factory.mktemp("project")
    with closing(ProjectSteps(folder)) as steps:
        yield steps


def messages(
    typing: ProjectSteps, between: str, subject: str = "customer", fold: str = FOLD
) -> list[str]:
    sources = tuple(SourceSpec(n, f"{n}.csv", FileFormat.CSV, name=n) for n in CONTRACTS)
    steps = (
        StepSpec("prepared", StepKind.SQL, between),
        StepSpec("folded", StepKind.SQL, fold, aggregation=Aggregation(subject, 10)),
    )
    sink = SinkSpec("raw", "raw", "out", FileFormat.CSV, of="folded")
    pipeline = Pipeline("p", "test", sources, (sink,), steps=steps)
    found = examine(pipeline, CONTRACTS, Policy.shipped(), typing).findings
    return [f.message for f in found if f.rule is FindingRule.AGGREGATION]


HONEST = [
    "SELECT customer, city, amount FROM orders",
    "SELECT customer, upper(city) AS city, amount FROM orders WHERE amount > 0",
    "SELECT o.customer, o.city, o.amount FROM orders o JOIN visits v ON v.customer = o.customer",
    "SELECT customer, CASE WHEN city = 'x' THEN city END AS city, amount FROM orders",
    "SELECT DISTINCT customer, city, amount FROM orders ORDER BY amount LIMIT 100",
]


@pytest.mark.parametrize("between", HONEST)
def test_values_in_the_row_of_their_own_subject_are_folded(
    typing: ProjectSteps, between: str
) -> None:
    assert messages(typing, between) == []


COMPUTED = {
    "all but one the same": "SELECT customer, city, "
    "CASE WHEN customer = 7 THEN amount ELSE 1000 END AS amount FROM orders",
    "an offset that hides who dominates": "SELECT customer, city, amount + 1000000 AS amount "
    "FROM orders",
    "all but one left out": "SELECT customer, city, CASE WHEN city = 'x' THEN amount END AS amount "
    "FROM orders",
    "one person's mark": "SELECT customer, city, CASE WHEN amount > 9 THEN 1 END AS amount "
    "FROM orders",
    "other names for columns": "SELECT o.customer, o.amount, 'x' AS city "
    "FROM orders AS o(city, customer, amount)",
}


@pytest.mark.parametrize("between", COMPUTED.values(), ids=COMPUTED.keys())
@pytest.mark.parametrize(
    "fold",
    [
        FOLD,
        "SELECT city, count(*) AS n FROM prepared GROUP BY city HAVING sum(amount) > 1200",
        "SELECT city, count(*) AS n FROM prepared GROUP BY city ORDER BY 1 * sum(amount) LIMIT 1",
    ],
    ids=["told", "decides", "orders"],
)
def test_values_that_a_step_before_computed_leave_nobody_out(
    typing: ProjectSteps, between: str, fold: str
) -> None:
    (message,) = messages(typing, between, fold=fold)
    assert "is computed" in message or "whose row" in message


def test_people_of_another_source_do_not_decide_for_these(typing: ProjectSteps) -> None:
    between = "SELECT v.visitor, o.city, o.amount FROM orders o, visits v"
    fold = "SELECT city, count(*) AS n FROM prepared GROUP BY city HAVING sum(amount) > 1200"
    (message,) = messages(typing, between, "visitor", fold)
    assert "counts the people of visits" in message


STRANGE = {
    "self-join": "SELECT b.customer, a.city, a.amount FROM orders a CROSS JOIN orders b",
    "first of a window": "SELECT customer, city, first_value(amount) OVER (ORDER BY amount DESC) "
    "AS amount FROM orders",
    "neighbour": "SELECT customer, city, lag(amount) OVER (ORDER BY amount) AS amount FROM orders",
    "whole of a window": "SELECT customer, city, max(amount) OVER () AS amount FROM orders",
    "query inside": "SELECT customer, city, (SELECT max(amount) FROM orders) AS amount FROM orders",
    "union": "SELECT customer, city, amount FROM orders UNION ALL SELECT customer, city, 1 "
    "FROM orders",
    "query in WITH": "WITH o AS (SELECT * FROM orders) SELECT a.customer, b.city, b.amount "
    "FROM o a, o b",
    "query in FROM": "SELECT o.customer, o.city, m.amount FROM orders o, "
    "(SELECT max(amount) AS amount FROM orders) m",
    "group": "SELECT customer, city, max(amount) AS amount FROM orders GROUP BY ALL",
}


@pytest.mark.parametrize("between", STRANGE.values(), ids=STRANGE.keys())
def test_one_persons_value_beside_many_peoples_names_is_refused(
    typing: ProjectSteps, between: str
) -> None:
    (message,) = messages(typing, between)
    assert "subject" in message or "another's name" in message or "whose row" in message


def test_a_row_number_as_subject_fakes_no_people(typing: ProjectSteps) -> None:
    between = "SELECT customer + row_number() OVER () AS customer, city, amount FROM orders"
    (message,) = messages(typing, between)
    assert "says whose row it is" in message


def test_people_of_another_source_do_not_count_for_these(typing: ProjectSteps) -> None:
    between = "SELECT v.visitor, o.city, o.amount FROM orders o, visits v"
    (message,) = messages(typing, between, "visitor")
    assert "counts the people of visits" in message


def test_a_join_of_a_step_with_what_it_was_made_of_is_one_table_twice(
    typing: ProjectSteps,
) -> None:
    sources = (SourceSpec("orders", "o.csv", FileFormat.CSV, name="orders"),)
    steps = (
        StepSpec("ids", StepKind.SQL, "SELECT customer FROM orders"),
        StepSpec(
            "prepared", StepKind.SQL, "SELECT i.customer, o.city, o.amount FROM orders o, ids i"
        ),
        StepSpec("folded", StepKind.SQL, FOLD, aggregation=Aggregation("customer", 10)),
    )
    sink = SinkSpec("raw", "raw", "out", FileFormat.CSV, of="folded")
    pipeline = Pipeline("p", "test", sources, (sink,), steps=steps)
    found = examine(pipeline, CONTRACTS, Policy.shipped(), typing).findings
    (message,) = [f.message for f in found if f.rule is FindingRule.AGGREGATION]
    assert "more than one row of orders" in message


@pytest.mark.parametrize(
    ("who", "form"),
    [
        (Annotated[str, Labelled("pii.name", subject=True)], "lower("),
        (Annotated[str, Labelled("pii.name", subject=True, domain="person-id")], ""),
        (Annotated[str, Labelled("pii.name", subject=True, domain="own")], "[^0-9]+"),
        (Annotated[int, Labelled("pii.name", subject=True, domain="own")], ""),
    ],
)
def test_spellings_are_those_of_the_subjects_key_domain(
    typing: ProjectSteps, who: Any, form: str
) -> None:
    named = create_model("Named", who=(who, ...))
    shipped = Policy.shipped()
    own = {"own": Domain("own", Normaliser.DIGITS)}
    policy = Policy(shipped.taxonomy, shipped.zones, {**shipped.domains, **own})
    steps = (
        StepSpec("prepared", StepKind.SQL, "SELECT who AS s FROM named"),
        StepSpec(
            "folded",
            StepKind.SQL,
            "SELECT count(*) AS n FROM prepared",
            aggregation=Aggregation("s", 10),
        ),
    )
    sources = (SourceSpec("named", "n.csv", FileFormat.CSV, name="named"),)
    sink = SinkSpec("raw", "raw", "out", FileFormat.CSV, of="folded")
    pipeline = Pipeline("p", "test", sources, (sink,), steps=steps)
    contracts = {"named": compile_model(named, id="named", name="named")}
    plan = examine(pipeline, contracts, policy, typing).plan
    assert plan is not None
    text = plan.steps[1].text
    assert form in text
    assert ("regexp_replace" in text) == bool(form)


def test_whose_rows_are_counted_decides_which_groups_are_told(typing: ProjectSteps) -> None:
    sources = (SourceSpec("orders", "o.csv", FileFormat.CSV, name="orders"),)
    fold = StepSpec(
        "folded",
        StepKind.SQL,
        "SELECT city, count(*) AS n FROM orders GROUP BY city",
        aggregation=Aggregation("customer", 10),
    )
    sink = SinkSpec("raw", "raw", "out", FileFormat.CSV)
    pipeline = Pipeline("p", "test", sources, (sink,), steps=(fold,))
    examined = examine(pipeline, CONTRACTS, Policy.shipped(), typing)
    (planned,) = [one for one in examined.plan.sinks[0].columns if one.name == "n"]
    assert "pii.id" in planned.influence.texts()
