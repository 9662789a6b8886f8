"""Keys of people behind steps: whose a value is must come along, from the row it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.errors import TreatmentFailed
from lockgate.flow.findings import FindingRule
from lockgate.secret import SecretText
from steps_shop import (
    SOURCES,
    checked,
    errors,
    make_shop,
    pipeline,
    step,
    write_pipelines,
)

SHRED = "labels:\n  financial.salary: {shred: subject}\n"
WHOLE = step(
    "out_step", "SELECT c.id, c.salary, o.amount FROM customers c JOIN orders o USING (id)"
)


def shop_in(folder: Path, text: str, keys: bool = False) -> Path:
    shop = make_shop(folder, text, keys)
    with (shop / "lockgate.yaml").open("a") as file:
        file.write(SHRED)
    return shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop_in(tmp_path_factory.mktemp("steps") / "shop", pipeline(WHOLE))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT c.id, c.salary FROM customers c JOIN orders o USING (id)",
        "SELECT id AS who, salary AS pay FROM customers WHERE salary > 1",
        "SELECT c.id, c.salary, o.id AS other FROM customers c LEFT JOIN orders o ON o.id = c.id",
    ],
)
def test_a_value_that_comes_with_its_subject_is_under_their_key(shop: Path, sql: str) -> None:
    plan = checked(shop, pipeline(step("a", sql))).plans["shop"]
    (pay,) = [c for c in plan.sinks[0].columns if c.name in ("salary", "pay")]
    assert (pay.subject, pay.subject_domain) == ("who" if "who" in sql else "id", "person-id")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT salary FROM customers", "does not come as far as a"),
        ("SELECT o.id, c.salary FROM customers c JOIN orders o USING (id)", "does not come"),
        ("SELECT id + 0 AS id, salary FROM customers", "does not come"),
        ("SELECT id, salary * 1 AS salary FROM customers", "computes salary"),
        ("SELECT id, lag(salary) OVER (ORDER BY id) AS salary FROM customers", "computes salary"),
        ("SELECT id, max(salary) AS salary FROM customers GROUP BY id", "computes salary"),
        ("SELECT a.id, b.salary FROM customers a JOIN customers b ON a.city = b.city", "than one"),
        ("SELECT id, salary FROM customers UNION ALL SELECT id, salary FROM customers", "computes"),
    ],
)
def test_a_value_that_lost_its_subject_is_refused_with_its_way(
    shop: Path, sql: str, told: str
) -> None:
    (found,) = errors(checked(shop, pipeline(step("a", sql))))
    assert found.rule is FindingRule.SHRED_SUBJECT
    assert told in found.message
    assert [str(one) for one in found.path][-1].startswith("sink:out.")
    assert found.path[0].node == "customers"


HIDING = """import lockgate
import pyarrow as pa


@lockgate.step(
    returns={"id": int, "salary": float},
    derives={"id": ["id"], "salary": ["salary"]},
    reason="hands on both",
    approver="dpo@office.example",
)
def same(customers: pa.Table) -> pa.Table:
    return customers.select(["id", "salary"])
"""


def test_a_step_in_python_hides_whose_values_are(shop: Path) -> None:
    (shop / "hiding.py").write_text(HIDING)
    text = "      a: {python: 'hiding:same', inputs: [customers]}\n"
    (found,) = errors(checked(shop, pipeline(text)))
    assert (found.rule, found.column) == (FindingRule.SHRED_SUBJECT, "salary")


def test_behind_a_join_one_person_can_be_shredded(tmp_path: Path) -> None:
    shop = shop_in(tmp_path / "shop", pipeline(WHOLE), keys=True)
    with Workspace.open(shop) as workspace:
        folder = workspace.run("shop").sinks["out"]
        (file,) = folder.glob("part-*")
        before = workspace.reveal_file(file, ["id", "salary"], purpose="test").table
        assert before is not None
        assert before["salary"].null_count == 0
        workspace.subjects.shred(SecretText("7000005"), purpose="request")
        found = workspace.reveal_file(file, ["id", "salary"], purpose="test")
        assert found.table is not None
        rows = found.table.to_pylist()
    assert found.shredded == sum(row["id"] == 7_000_005 for row in rows) > 1
    assert all((row["salary"] is None) == (row["id"] == 7_000_005) for row in rows)


def test_a_value_beside_no_subject_gives_the_run_up(tmp_path: Path) -> None:
    shop = shop_in(tmp_path / "shop", pipeline(WHOLE), keys=True)
    models = shop / "models.py"
    models.write_text(
        models.read_text().replace("id: Annotated[int, ", "id: Annotated[int | None, ")
    )
    lost = step("a", "SELECT id, salary FROM customers")
    write_pipelines(shop, pipeline(lost, sources=SOURCES.partition("      orders")[0]))
    rows = (shop / "customers.csv").read_text().splitlines()
    rows[5] = rows[5][rows[5].index(",") :]
    (shop / "customers.csv").write_text("\n".join(rows) + "\n")
    with (
        Workspace.open(shop) as workspace,
        pytest.raises(TreatmentFailed, match=r"salary values .* \(no_subject\)"),
    ):
        workspace.run("shop")
