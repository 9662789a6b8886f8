"""A small shop whose pipelines have several sources and steps, for tests to run and break."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from lockgate.assemble.create import create_project
from lockgate.assemble.pipelines import CheckReport
from lockgate.assemble.workspace import Workspace
from lockgate.flow.findings import Finding, FindingRule, Severity

MODELS = """from typing import Annotated
from pydantic import BaseModel, Field
from lockgate import Labelled


class Customer(BaseModel):
    id: Annotated[int, Labelled("pii.id", subject=True)]
    city: Annotated[str, Field(max_length=20), Labelled("public")]
    email: Annotated[str, Field(pattern="@"), Labelled("pii.email")]
    salary: Annotated[float, Labelled("financial.salary")]


class Order(BaseModel):
    id: Annotated[int, Labelled("pii.id", subject=True)]
    amount: Annotated[float, Labelled("financial.amount")]
    diagnosis: Annotated[str, Labelled("phi.diagnosis")]
"""
STEPS = """import lockgate
import pyarrow as pa
import pyarrow.compute as pc


@lockgate.step(returns={"id": int, "score": float})
def score(joined: pa.Table) -> pa.Table:
    return pa.table({"id": joined["id"], "score": pc.multiply(joined["amount"], 0.5)})


@lockgate.step(
    returns={"score": float},
    derives={"score": ["amount"]},
    reason="a half of the amount",
    approver="dpo@office.example",
)
def claimed(joined: pa.Table) -> pa.Table:
    return pa.table({"score": pc.multiply(joined["amount"], 0.5)})


@lockgate.step(
    returns={"score": float},
    derives={"score": ["amount"]},
    reason="honest",
    approver="dpo@office.example",
)
def lying(joined: pa.Table) -> pa.Table:
    return pa.table({"score": joined["salary"]})


@lockgate.step(
    returns={"score": float},
    derives={"score": ["amuont"]},
    reason="a slip of the pen",
    approver="dpo@office.example",
)
def misspelt(joined: pa.Table) -> pa.Table:
    return pa.table({"score": joined["salary"]})


@lockgate.step(
    returns={"id": int}, derives={"id": ["id"]}, reason="none", approver="dpo@office.example"
)
def failing(joined: pa.Table) -> pa.Table:
    raise ValueError(f"CANARY {joined['email'][0]}")
"""
ZONES = """
contracts:
  customers: {python: "models:Customer", id: customers, max_rejected: 0.5}
  orders: {python: "models:Order", id: orders, max_rejected: 0.5}
zones:
  open:
    rules: {pii: tokenize, pii.id: tokenize, financial.amount: allow, public: allow,
            phi.diagnosis: allow, financial.salary: encrypt, "aggregated(*)": allow}
  strict:
    rules: {pii: tokenize, financial.amount: allow, public: allow, "aggregated(*)": allow}
    influence: {phi.diagnosis: deny, financial.salary: deny}
  closed:
    rules: {pii: deny, financial: deny, phi: deny, public: allow}
"""
SOURCES = """    sources:
      customers: {contract: customers, path: customers.csv, format: csv}
      orders: {contract: orders, path: orders.csv, format: csv}
"""
JOINED = """      joined:
        sql: |
          SELECT o.id, c.city, c.email, o.amount, c.salary, o.diagnosis
          FROM customers c JOIN orders o USING (id)
"""
SINK = "      out: {zone: open, path: out/o, format: parquet}\n"


def pipeline(steps: str, sinks: str = SINK, sources: str = SOURCES, name: str = "shop") -> str:
    """A pipeline's text; ``steps`` and ``sinks`` are indented by six."""
    head = f"pipelines:\n  {name}:\n    purpose: test\n{sources}"
    return head + (f"    steps:\n{steps}" if steps else "") + f"    sinks:\n{sinks}"


def step(name: str, sql: str, more: str = "") -> str:
    """A SQL step on lines of its own; ``more`` are further keys."""
    lines = "".join(f"          {line}\n" for line in sql.strip().splitlines())
    return f"      {name}:\n        sql: |\n{lines}" + (f"        {more}\n" if more else "")


def make_shop(folder: Path, text: str, keys: bool = False) -> Path:
    """The project, whose only pipelines are ``text``; with ``keys`` and rows it can run."""
    create_project(folder, "shop")
    (folder / "models.py").write_text(MODELS)
    (folder / "steps.py").write_text(STEPS)
    with (folder / "lockgate.yaml").open("a") as file:
        file.write(ZONES)
    write_pipelines(folder, text)
    if keys:
        write_rows(folder / "customers.csv", customers())
        write_rows(folder / "orders.csv", orders())
        with Workspace.open(folder) as workspace:
            workspace.create_domains()
    return folder


def write_pipelines(folder: Path, text: str) -> None:
    """Replace the project's pipelines."""
    (folder / "pipelines").mkdir(exist_ok=True)
    (folder / "pipelines/p.yaml").write_text(text, encoding="utf-8")


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def customers(count: int = 60) -> list[dict[str, Any]]:
    """Customers of three cities and one small one; every value of a person has CANARY in it."""
    cities = ("Oslo", "Rome", "Bern")
    return [
        {
            "id": 7_000_000 + n,
            "city": "Tiny" if n < 2 else cities[n % 3],
            "email": f"CANARY{n}@example.org",
            "salary": 880_000_000.5 + n,
        }
        for n in range(count)
    ]


def orders(count: int = 200, people: int = 60) -> list[dict[str, Any]]:
    """Orders of those customers."""
    return [
        {
            "id": 7_000_000 + n % people,
            "amount": n % 7 + 0.25,
            "diagnosis": "CANARYflu" if n % 5 else "CANARYcold",
        }
        for n in range(count)
    ]


def checked(folder: Path, text: str, probe: bool = False) -> CheckReport:
    """What the static check says of pipelines."""
    write_pipelines(folder, text)
    with Workspace.open(folder) as workspace:
        return workspace.check(probe_seed=1 if probe else None)


def errors(report: CheckReport) -> list[Finding]:
    """Findings that refuse the plan."""
    return [one for one in report.findings if one.severity is Severity.ERROR]


def rules(report: CheckReport) -> list[FindingRule]:
    """The rules of those findings."""
    return [one.rule for one in errors(report)]


def labels(report: CheckReport, of: str, column: str, name: str = "shop") -> tuple[str, ...]:
    """The labels of a step's or sink's column."""
    traced = report.examined[name].traced
    return next(
        t.labels.texts() for ref, t in traced.items() if (ref.node, ref.column) == (of, column)
    )


def influence(report: CheckReport, of: str, column: str, name: str = "shop") -> tuple[str, ...]:
    """The labels that decided over a step's or sink's column."""
    traced = report.examined[name].traced
    return next(
        t.influence.texts() for ref, t in traced.items() if (ref.node, ref.column) == (of, column)
    )
