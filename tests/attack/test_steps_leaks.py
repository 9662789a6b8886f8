"""What somebody would write into a pipeline's steps to get a value past the proof."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lockgate.assemble.pipelines import CheckReport
from lockgate.assemble.workspace import Workspace
from lockgate.errors import LockgateError
from lockgate.flow.findings import FindingRule
from steps_shop import (
    JOINED,
    SINK,
    checked,
    customers,
    errors,
    influence,
    labels,
    make_shop,
    orders,
    pipeline,
    rules,
    step,
    write_pipelines,
    write_rows,
)

CLOSED = SINK.replace("open", "closed")
STRICT = SINK.replace("open", "strict")
MEAN = SINK.replace("parquet", "parquet, from: mean")
FOLD = "aggregate: {subject: id, k: 5, dominance: 1}"
GROUPED = "SELECT city, avg(salary) AS mean FROM paired GROUP BY city"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("leaks") / "shop", pipeline(JOINED), keys=True)


def reached(shop: Path, sql: str, column: str = "x") -> tuple[str, ...]:
    """The labels of a column at the sink; where it has any, the closed zone must refuse."""
    report = checked(shop, pipeline(step("leak", sql), CLOSED))
    found = labels(report, "sink:out", column)
    if found != ("public",):
        assert FindingRule.ZONE_DENIES_LABEL in rules(report)
        assert not report.plans
    return found


def test_alias(shop: Path) -> None:
    assert reached(shop, "SELECT a AS x FROM (SELECT email AS a FROM customers) b") == (
        "pii.email",
    )


def test_alias_of_another_columns_name(shop: Path) -> None:
    assert reached(shop, "SELECT email AS city, city AS email FROM customers", "city") == (
        "pii.email",
    )


def test_star(shop: Path) -> None:
    sql = "SELECT * EXCLUDE (id, salary, city) RENAME (email AS x) FROM customers"
    assert reached(shop, sql) == ("pii.email",)


def test_star_replaced(shop: Path) -> None:
    assert "pii.email" in reached(shop, "SELECT * REPLACE (email AS city) FROM customers", "city")


def test_cte_shadowing_a_source(shop: Path) -> None:
    sql = """WITH orders AS (SELECT id, email AS amount FROM customers)
SELECT amount AS x FROM orders"""
    assert reached(shop, sql) == ("pii.email",)


def test_cte_inside_a_subquery_shadowing_a_source(shop: Path) -> None:
    """The name outside is the source's, inside the WITH's: it is refused rather than mixed up."""
    sql = """SELECT (WITH customers AS (SELECT diagnosis AS city FROM orders)
  SELECT max(city) FROM customers) AS x, city FROM customers"""
    report = checked(shop, pipeline(step("leak", sql), CLOSED))
    assert rules(report) == [FindingRule.STEP_REFUSED]


def test_case(shop: Path) -> None:
    assert reached(shop, "SELECT CASE WHEN id > 0 THEN email ELSE '' END AS x FROM customers") == (
        "pii.email",
    )


def test_case_as_an_oracle(shop: Path) -> None:
    sql = "SELECT CASE WHEN salary > 100 THEN 'rich' ELSE 'poor' END AS x FROM customers"
    report = checked(shop, pipeline(step("leak", sql), STRICT))
    assert influence(report, "leak", "x") == ("financial.salary",)
    assert rules(report) == [FindingRule.INFLUENCE_DENIED]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT city FROM customers WHERE salary > 100",
        "SELECT city FROM customers QUALIFY row_number() OVER (ORDER BY salary) = 1",
        "SELECT city FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE diagnosis = 'flu')",
        "SELECT city FROM customers ORDER BY salary",
        "SELECT city FROM customers ORDER BY salary LIMIT 1",
        "SELECT DISTINCT ON (salary) city FROM customers",
        "SELECT count(*) AS n FROM customers GROUP BY salary",
        "SELECT city FROM customers GROUP BY city HAVING max(salary) > 5",
        "SELECT o.amount FROM orders o JOIN customers c ON o.amount = c.salary",
        "SELECT c.city FROM customers c SEMI JOIN orders o ON c.city = o.diagnosis",
        "SELECT city FROM customers EXCEPT SELECT diagnosis FROM orders",
        "SELECT city FROM customers, range(10) r(n) WHERE n < salary",
        "SELECT city, unnest(range(CAST(salary AS INT))) AS i FROM customers",
    ],
)
def test_where_as_an_oracle(shop: Path, sql: str) -> None:
    found = rules(checked(shop, pipeline(step("leak", sql), STRICT)))
    assert set(found) <= {
        FindingRule.INFLUENCE_DENIED,
        FindingRule.ZONE_DENIES_LABEL,
        FindingRule.STEP_REFUSED,
        FindingRule.STEP_TYPES,
    }
    assert found


def test_an_oracle_two_steps_away(shop: Path) -> None:
    text = (
        step("few", "SELECT id FROM customers WHERE salary > 100")
        + step("some", "SELECT o.amount FROM orders o JOIN few f USING (id)")
        + step("last", "SELECT count(*) AS n FROM some")
    )
    report = checked(shop, pipeline(text, STRICT))
    assert "financial.salary" in influence(report, "last", "n")
    (found,) = errors(report)
    assert found.rule is FindingRule.INFLUENCE_DENIED
    assert [(str(one), one.decides) for one in found.path] == [
        ("customers.salary", True),
        ("last.n", False),
        ("sink:out.n", False),
    ]


def test_window(shop: Path) -> None:
    assert reached(shop, "SELECT lag(email) OVER (ORDER BY id) AS x FROM customers") == (
        "pii.email",
    )


def test_limit(shop: Path) -> None:
    assert reached(shop, "SELECT email AS x FROM customers LIMIT 1") == ("pii.email",)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT city, error(email) AS x FROM customers",
        "SELECT CAST(email AS INTEGER) AS x FROM customers",
        "SELECT strptime(email, '%Y') AS x FROM customers",
    ],
)
def test_error_message(shop: Path, sql: str, capfd: pytest.CaptureFixture[str]) -> None:
    write_pipelines(shop, pipeline(step("leak", sql)))
    with Workspace.open(shop) as workspace, pytest.raises(LockgateError) as caught:
        workspace.run("shop")
    error: BaseException | None = caught.value
    while error is not None:
        assert "CANARY" not in f"{error!r} {error} {vars(error)}"
        error = error.__cause__ or error.__context__
    assert "CANARY" not in "".join(capfd.readouterr())


def test_struct_packing(shop: Path) -> None:
    sql = "SELECT {'a': city, 'b': email}.a AS x FROM customers"
    assert reached(shop, sql) == ("pii.email",)
    assert "pii.email" in reached(shop, "SELECT struct_pack(a := email) AS x FROM customers")


def test_whole_row(shop: Path) -> None:
    report = checked(shop, pipeline(step("leak", "SELECT customers AS x FROM customers"), CLOSED))
    assert rules(report) == [FindingRule.STEP_REFUSED]


@pytest.mark.parametrize(
    "fold",
    [
        "string_agg(email, ',')",
        "min(email)",
        "max(email)",
        "any_value(email)",
        "list(email)",
        "first(email)",
        "mode(email)",
        "histogram(email)",
    ],
)
def test_an_aggregate_that_tells_one_value(shop: Path, fold: str) -> None:
    sql = f"SELECT city, {fold} AS x FROM customers GROUP BY city"
    report = checked(shop, pipeline(step("leak", sql, FOLD), CLOSED))
    assert labels(report, "leak", "x") == ("pii.email",)
    assert FindingRule.ZONE_DENIES_LABEL in rules(report)


@pytest.mark.parametrize("fold", ["arg_max(email, id)", "max(email) FILTER (WHERE id > 0)"])
def test_an_aggregate_that_another_column_chooses_for(shop: Path, fold: str) -> None:
    sql = f"SELECT city, {fold} AS x FROM customers GROUP BY city"
    report = checked(shop, pipeline(step("leak", sql, FOLD), CLOSED))
    assert FindingRule.STEP_REFUSED in rules(report)


STRICT = "      out: {zone: strict, path: out/strict, format: csv}\n"


@pytest.mark.parametrize("function", ["score", "claimed"])
def test_a_python_steps_choice_of_rows(shop: Path, function: str) -> None:
    """A function can repeat a row as often as somebody earns thousands: `count(*)` tells it."""
    scored = f'      scored: {{python: "steps:{function}", inputs: [joined]}}\n'
    text = pipeline(JOINED + scored + step("n", "SELECT count(*) AS n FROM scored"), STRICT)
    report = checked(shop, text)
    assert FindingRule.INFLUENCE_DENIED in rules(report)
    assert {"financial.salary", "phi.diagnosis"} <= set(influence(report, "n", "n"))


PAIRED = {
    "join_with_itself": "SELECT d.id, 'all' AS city, c.salary FROM customers c, customers d"
    " WHERE c.email LIKE 'CANARY7@%'",
    "join_with_a_part_of_itself": "SELECT d.id, 'all' AS city, c.salary FROM part c, customers d",
    "scalar_subquery": "SELECT id, 'all' AS city, (SELECT max(salary) FROM customers) AS salary"
    " FROM customers",
    "scalar_subquery_of_a_part": "SELECT id, 'all' AS city, (SELECT max(salary) FROM part)"
    " AS salary FROM customers",
    "cte": "WITH p AS (SELECT salary FROM customers WHERE email LIKE 'CANARY7@%')"
    " SELECT c.id, 'all' AS city, p.salary FROM customers c, p",
    "window": "SELECT id, 'all' AS city, max(salary) OVER () AS salary FROM customers",
    "window_first": "SELECT id, 'all' AS city, first_value(salary) OVER w AS salary"
    " FROM customers WINDOW w AS (ORDER BY email)",
    "lateral": "SELECT d.id, 'all' AS city, x.salary FROM customers d,"
    " LATERAL (SELECT salary FROM customers WHERE email LIKE 'CANARY7@%') x",
    "positional": "SELECT d.id, 'all' AS city, c.salary FROM customers d POSITIONAL JOIN part c",
    "row_number": "SELECT row_number() OVER () AS id, 'all' AS city, salary FROM part, range(100)",
    "range": "SELECT r.id, 'all' AS city, salary FROM part, range(100) r(id)",
    "computed": "SELECT id + n AS id, 'all' AS city, salary FROM part, range(100) r(n)",
    "other_people": "SELECT o.id, 'all' AS city, p.salary FROM part p, orders o",
    "union": "SELECT id, 'all' AS city, 0.0 AS salary FROM customers"
    " UNION ALL SELECT id, 'all', salary FROM part",
    "python": "",
}


@pytest.mark.parametrize("how", PAIRED)
def test_fan_out_that_fakes_many_subjects(shop: Path, how: str) -> None:
    """One person's salary, paired with everybody's number: the mean would be that salary."""
    part = step("part", "SELECT id, salary FROM customers WHERE email LIKE 'CANARY7@%'")
    (shop / "fakes.py").write_text(
        "import lockgate, pyarrow as pa\n"
        "@lockgate.step(returns={'id': int, 'city': str, 'salary': float})\n"
        "def pair(customers: pa.Table) -> pa.Table:\n"
        "    n = customers.num_rows\n"
        "    one = customers['salary'][7]\n"
        "    return pa.table({'id': customers['id'], 'city': ['all'] * n, 'salary': [one] * n})\n"
    )
    paired = (
        step("paired", PAIRED[how])
        if PAIRED[how]
        else '      paired: {python: "fakes:pair", inputs: [customers]}\n'
    )
    report = checked(shop, pipeline(part + paired + step("mean", GROUPED, FOLD), MEAN))
    if how == "positional":
        assert rules(report)
    else:
        assert rules(report) == [FindingRule.AGGREGATION], [str(f.problem) for f in errors(report)]


def test_join_fan_out_counts_people_not_rows(shop: Path) -> None:
    text = JOINED + step("leak", "SELECT city, sum(amount) AS x FROM joined GROUP BY city", FOLD)
    write_rows(shop / "orders.csv", [{**row, "id": 7_000_001} for row in orders()])
    write_pipelines(shop, pipeline(text, SINK.replace("out/o", "out/fan")))
    try:
        with Workspace.open(shop) as workspace:
            result = workspace.run("shop")
    finally:
        write_rows(shop / "orders.csv", orders())
    assert [(one.name, one.rows, one.groups_held_back) for one in result.receipt.steps] == [
        ("joined", 200, None),
        ("leak", 0, 1),
    ]
    table = pq.read_table(next(result.sinks["out"].glob("*.parquet")))
    assert table.num_rows == 0


@pytest.mark.parametrize(
    "value",
    [
        "CAST(email AS BLOB)",
        "hex(email)",
        "length(email)",
        "hash(email)",
        "md5(email)",
        "email IS NULL",
        "substr(email, 1, 1)",
        "TRY_CAST(email AS INTEGER)",
        "regexp_extract(email, '(.)')",
        "email || ''",
        "email = 'CANARY7@example.org'",
        "json_object('a', email)",
        "unnest([email])",
        "coalesce(NULL, email)",
        "typeof(email)",
    ],
)
def test_casting_and_functions(shop: Path, value: str) -> None:
    assert reached(shop, f"SELECT {value} AS x FROM customers") == ("pii.email",)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT query('SELECT email FROM customers') AS x FROM customers",
        "SELECT getvariable('email') AS x FROM customers",
        "SELECT x FROM query_table('customers')",
        "SELECT * FROM read_csv('customers.csv')",
        "SELECT * FROM 'customers.csv'",
        'FROM "customers.csv"',
        "SELECT COLUMNS('e.*') AS x FROM customers",
        "SELECT #3 AS x FROM customers",
        "SELECT current_query() AS x FROM customers",
        "SELECT city FROM customers; SELECT email FROM customers",
        "COPY customers TO 'out.csv'",
        "ATTACH 'x.db'",
    ],
)
def test_function_and_table_names_that_reach_around(shop: Path, sql: str) -> None:
    found = rules(checked(shop, pipeline(step("leak", sql), CLOSED)))
    assert found
    assert set(found) <= {FindingRule.STEP_REFUSED, FindingRule.UNKNOWN_INPUT}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT city /* , */ , email /* AS city */ AS x FROM customers",
        "SELECT city AS y, -- x,\nemail AS x FROM customers",
        "SELECT /*! 1 AS x */ email AS x FROM customers",
        "SELECT email /* /* nested */ */ AS x FROM customers",
    ],
)
def test_comment(shop: Path, sql: str) -> None:
    report = checked(shop, pipeline(step("leak", sql), CLOSED))
    assert errors(report)
    if FindingRule.STEP_REFUSED not in rules(report):
        assert labels(report, "leak", "x") == ("pii.email",)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT еmail AS x FROM customers",
        "SELECT email AS x FROM сustomers",
        'SELECT "em\u200bail" AS x FROM customers',
        "SELECT ｅｍａｉｌ AS x FROM customers",
    ],
    ids=["cyrillic_column", "cyrillic_table", "zero_width", "full_width"],
)
def test_look_alike_identifiers(shop: Path, sql: str) -> None:
    found = rules(checked(shop, pipeline(step("leak", sql), CLOSED)))
    assert found
    assert set(found) <= {FindingRule.STEP_REFUSED, FindingRule.UNKNOWN_INPUT}


def test_a_look_alike_output_is_another_column(shop: Path) -> None:
    sql = "SELECT city AS email, email AS еmail FROM customers"
    report = checked(shop, pipeline(step("leak", sql), CLOSED))
    assert labels(report, "leak", "email") == ("public",)
    assert labels(report, "leak", "еmail") == ("pii.email",)


def test_upper_case_is_the_same_column(shop: Path) -> None:
    assert reached(shop, 'SELECT "EMAIL" AS x FROM "Customers"') == ("pii.email",)


def test_a_python_step_that_lies_about_what_it_derives_from(shop: Path) -> None:
    text = pipeline(JOINED + '      scored: {python: "steps:lying", inputs: [joined]}\n')
    report = checked(shop, text)
    assert report.ok
    assert labels(report, "scored", "score") == ("financial.amount",)
    (warning,) = [one for one in report.findings if one.rule is FindingRule.DECLASSIFIED]
    assert "approved by dpo@office.example" in warning.message
    plan = report.plans["shop"]
    assert "dpo@office.example" in plan.steps[1].declassified[0]
    assert any("dpo@office.example" in line for line in plan.warnings)
    probed = checked(shop, text, probe=True)
    (refuted,) = errors(probed)
    assert (refuted.rule, refuted.column) == (FindingRule.PROBE_REFUTES, "score")
    assert "joined.salary" in refuted.message


def test_an_honest_python_step_is_not_refuted(shop: Path) -> None:
    text = pipeline(JOINED + '      scored: {python: "steps:claimed", inputs: [joined]}\n')
    assert checked(shop, text, probe=True).ok


def test_a_sql_claim_that_lies_is_refuted(shop: Path) -> None:
    claim = "declassify: {x: {derives: [customers.city], reason: r, approver: a}}"
    text = pipeline(step("leak", "SELECT concat(city, salary) AS x FROM customers", claim))
    assert checked(shop, text).ok
    assert rules(checked(shop, text, probe=True)) == [FindingRule.PROBE_REFUTES]


def onward(shop: Path, folder: Path, sql: str, zone: str) -> CheckReport:
    """A pipeline over what another released, under the contract beside it."""
    (shop / "contracts").mkdir(exist_ok=True)
    beside = (folder / "_contract.odcs.yaml").read_bytes()
    (shop / "contracts/released.odcs.yaml").write_bytes(beside)
    path = folder.relative_to(shop)
    sources = f"    sources:\n      had: {{contract: released, path: {path}, format: csv}}\n"
    sinks = f"      out: {{zone: {zone}, path: out/onward, format: csv}}\n"
    try:
        return checked(shop, pipeline(step("leak", sql), sinks, sources))
    finally:
        (shop / "contracts/released.odcs.yaml").unlink()


def test_a_pipeline_over_a_released_output_starts_from_its_states(shop: Path) -> None:
    fold = step("by_city", "SELECT city, avg(amount) AS mean FROM joined GROUP BY city", FOLD)
    sinks = (
        "      out: {zone: open, path: out/first, format: csv, from: joined}\n"
        "      folded: {zone: open, path: out/folded, format: csv, from: by_city}\n"
    )
    write_pipelines(shop, pipeline(JOINED + fold, sinks))
    with Workspace.open(shop) as workspace:
        result = workspace.run("shop")
    sql = "SELECT substr(email, 1, 9) AS x, salary AS y, amount AS z FROM had"
    report = onward(shop, result.sinks["out"], sql, "closed")
    (email,) = labels(report, "leak", "x")
    assert email.startswith("pseudonym(pii.email")
    assert labels(report, "leak", "y")[0].startswith("encrypted(financial.salary")
    assert labels(report, "leak", "z") == ("financial.amount",)
    assert FindingRule.ZONE_DENIES_LABEL in rules(report)
    report = onward(shop, result.sinks["folded"], "SELECT max(mean) AS x FROM had", "closed")
    assert labels(report, "leak", "x") == ("aggregated(financial.amount; subjects=5)",)
    assert FindingRule.ZONE_DENIES_LABEL in rules(report)


def test_tokens_of_a_released_output_are_no_subjects_to_count(shop: Path) -> None:
    """What stood for a person once is counted only where a contract says that it does."""
    write_pipelines(shop, pipeline(JOINED, SINK.replace("parquet", "csv").replace("/o", "/again")))
    with Workspace.open(shop) as workspace:
        result = workspace.run("shop")
    sql = "SELECT city, avg(amount) AS x FROM had GROUP BY city"
    (shop / "contracts").mkdir(exist_ok=True)
    folder = result.sinks["out"]
    (shop / "contracts/released.odcs.yaml").write_bytes(
        (folder / "_contract.odcs.yaml").read_bytes()
    )
    path = folder.relative_to(shop)
    sources = f"    sources:\n      had: {{contract: released, path: {path}, format: csv}}\n"
    try:
        report = checked(shop, pipeline(step("leak", sql, FOLD), SINK, sources))
    finally:
        (shop / "contracts/released.odcs.yaml").unlink()
    assert rules(report) == [FindingRule.AGGREGATION]


def test_nothing_of_a_person_stands_in_a_plan_or_a_picture_of_it(shop: Path) -> None:
    sql = "SELECT CASE WHEN email = 'CANARY3@example.org' THEN 1 ELSE 0 END AS x FROM customers"
    report = checked(shop, pipeline(step("leak", sql), STRICT))
    said = " ".join(str(one.problem) for one in report.findings)
    assert "CANARY" not in said
    assert customers()[3]["email"] not in said


def test_the_released_rows_of_this_file_are_protected(shop: Path) -> None:
    """The attacks above are on a project that really protects: no clear value in any output."""
    write_pipelines(shop, pipeline(JOINED, SINK.replace("out/o", "out/plain")))
    with Workspace.open(shop) as workspace:
        folder = workspace.run("shop").sinks["out"]
    table = pq.read_table(next(folder.glob("*.parquet")))
    assert table.num_rows == 200
    for path in folder.iterdir():
        assert b"@example.org" not in path.read_bytes()
