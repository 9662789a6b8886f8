"""The static check of pipelines with steps, with the engine's own typing, finding by finding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from lockgate.assemble.pipelines import CheckReport, steps_of
from lockgate.assemble.project_file import load_project
from lockgate.assemble.workspace import Workspace
from lockgate.errors import PlanRefused
from lockgate.flow.check import examine
from lockgate.flow.findings import Finding, FindingRule
from lockgate.pipeline.model import Aggregation
from lockgate.plan.checked_plan import CheckedPlan, PlannedStep
from lockgate.plan.digest import plan_digest
from steps_shop import (
    JOINED,
    SINK,
    SOURCES,
    checked,
    errors,
    influence,
    labels,
    make_shop,
    pipeline,
    rules,
    step,
)

FOLDED = "SELECT city, count(*) AS n, avg(amount) AS mean FROM joined GROUP BY city"
OF_JOINED = "      out: {zone: open, path: out/o, format: parquet, from: joined}\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("steps") / "shop", pipeline(JOINED))


def only(report: CheckReport) -> Finding:
    found = errors(report)
    assert len(found) == 1, [str(one.problem) for one in found]
    return found[0]


def line_of(text: str, part: str) -> tuple[int, int]:
    """Line and column of a part of the pipelines' file."""
    before = text[: text.index(part)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def place(finding: Finding) -> tuple[int, int]:
    assert finding.where is not None
    assert finding.where.file.endswith("pipelines/p.yaml")
    return finding.where.line, finding.where.column


# The graph


def test_steps_stand_behind_what_they_read_whatever_the_files_order(shop: Path) -> None:
    last = step("c", "SELECT id FROM b")
    text = last + step("b", "SELECT id FROM a") + step("a", "SELECT id FROM orders")
    plan = checked(shop, pipeline(text)).plans["shop"]
    assert [one.name for one in plan.steps] == ["a", "b", "c"]
    assert plan.sinks[0].of == "c"


def test_a_circle_is_named_and_the_steps_beside_it_are_still_proven(shop: Path) -> None:
    text = (
        step("a", "SELECT id FROM b")
        + step("b", "SELECT id FROM a")
        + step("behind", "SELECT id FROM b")
        + step("beside", "SELECT city + 1 AS x FROM customers")
    )
    found = errors(checked(shop, pipeline(text, OF_JOINED.replace("joined", "behind"))))
    assert [one.rule for one in found] == [FindingRule.STEP_CYCLE, FindingRule.STEP_TYPES]
    assert "circle: " in found[0].message
    assert found[0].where is not None
    assert found[1].step == "beside"


def test_two_circles_are_two_findings(shop: Path) -> None:
    text = "".join(
        step(name, f"SELECT id FROM {of}") for name, of in (("a", "b"), ("b", "a"), ("c", "c"))
    )
    found = errors(checked(shop, pipeline(text, OF_JOINED.replace("joined", "a"))))
    assert [one.rule for one in found] == [FindingRule.STEP_CYCLE] * 2
    assert {one.step for one in found} >= {"c"}


def test_a_step_that_reads_itself_is_a_circle(shop: Path) -> None:
    found = only(
        checked(shop, pipeline(step("a", "SELECT id FROM a"), OF_JOINED.replace("joined", "a")))
    )
    assert (found.rule, found.step) == (FindingRule.STEP_CYCLE, "a")


def test_an_unknown_input_names_those_there_are(shop: Path) -> None:
    found = only(checked(shop, pipeline(step("a", "SELECT id FROM ordres"))))
    assert found.rule is FindingRule.UNKNOWN_INPUT
    assert "ordres" in found.message
    assert found.fix == "did you mean orders?"


def test_an_unknown_input_like_none_is_answered_with_all_but_the_step_itself(shop: Path) -> None:
    found = only(checked(shop, pipeline(step("zzz", "SELECT id FROM zzzzz"))))
    assert found.fix == "names are customers, orders"


def test_a_sink_that_names_no_step_is_offered_steps_only(shop: Path) -> None:
    text = step("a", "SELECT id FROM orders") + step("b", "SELECT id FROM customers")
    assert only(checked(shop, pipeline(text))).fix == "from: one of a, b"


def test_nobody_is_told_to_release_a_source_that_no_step_reads(shop: Path) -> None:
    report = checked(shop, pipeline(step("a", "SELECT id FROM orders")))
    (unread,) = [one for one in report.findings if one.rule is FindingRule.UNREAD_STEP]
    assert "this source" in unread.message
    assert "sinks" not in unread.fix


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT city, count(*) AS n FROM customers", "column city is neither in GROUP BY"),
        ("SELECT sum(city) AS n FROM customers", "does not take values of these types"),
        (
            "SELECT CASE WHEN id > 1 THEN city ELSE make_date(2020, 1, 1) END AS x FROM customers",
            "values of several types stand where one is needed",
        ),
    ],
)
def test_what_the_engine_does_not_bind_is_said_in_plain_words(
    shop: Path, sql: str, told: str
) -> None:
    found = only(checked(shop, pipeline(step("a", sql))))
    assert found.rule is FindingRule.STEP_TYPES
    assert told in found.message
    assert "(BinderException)" in found.message
    assert found.where is not None
    assert found.where.line


def test_a_python_step_with_an_unknown_input(shop: Path) -> None:
    text = '      scored: {python: "steps:score", inputs: [joned]}\n'
    assert only(checked(shop, pipeline(text))).rule is FindingRule.UNKNOWN_INPUT


def test_a_step_with_the_name_of_a_source(shop: Path) -> None:
    text = step("orders", "SELECT id FROM customers") + step("b", "SELECT id FROM orders")
    found = checked(shop, pipeline(text))
    assert FindingRule.DUPLICATE_NAME in rules(found)
    assert not found.plans


def test_two_sources_or_steps_of_one_name(shop: Path) -> None:
    checked(shop, pipeline(JOINED))
    project = load_project(shop / "lockgate.yaml")
    one = project.pipelines["shop"]
    for twice in (
        replace(one, sources=(*one.sources, one.sources[0])),
        replace(one, steps=(*one.steps, one.steps[0])),
    ):
        with steps_of(project, [twice]) as typing:
            found = examine(twice, project.contracts, project.policy, typing)
        assert found.plan is None
        assert FindingRule.DUPLICATE_NAME in {each.rule for each in found.findings}


def test_a_step_nobody_reads_is_a_warning(shop: Path) -> None:
    text = JOINED + step("alone", "SELECT id FROM orders")
    report = checked(shop, pipeline(text, OF_JOINED))
    assert report.ok
    warnings = [one for one in report.findings if one.rule is FindingRule.UNREAD_STEP]
    assert [one.step for one in warnings] == ["alone"]


def test_a_source_nobody_reads_is_a_warning_where_the_sink_names_no_step_too(shop: Path) -> None:
    report = checked(shop, pipeline(step("a", "SELECT id FROM orders")))
    assert report.ok
    assert [one.step for one in report.findings if one.rule.value == "unread-step"] == ["customers"]


# Sinks


def test_a_sink_of_a_step_that_is_not_there_is_an_error(shop: Path) -> None:
    text = pipeline(
        JOINED, OF_JOINED + "      two: {zone: open, path: t, format: csv, from: joind}\n"
    )
    found = only(checked(shop, text))
    assert (found.rule, found.sink) == (FindingRule.UNKNOWN_INPUT, "two")
    assert "joind" in found.message
    assert place(found)[0] == text[: text.index("      two:")].count("\n") + 1


def test_a_sink_that_names_no_step_where_two_end(shop: Path) -> None:
    text = JOINED + step("other", "SELECT id FROM orders")
    found = only(checked(shop, pipeline(text)))
    assert (found.rule, found.sink) == (FindingRule.UNKNOWN_INPUT, "out")


def test_a_sink_may_read_a_source(shop: Path) -> None:
    sinks = OF_JOINED + "      raw: {zone: open, path: r, format: csv, from: orders}\n"
    plan = checked(shop, pipeline(JOINED, sinks)).plans["shop"]
    assert [(sink.of, len(sink.columns)) for sink in plan.sinks] == [("joined", 6), ("orders", 3)]


def test_a_sink_of_a_step_where_there_are_none(shop: Path) -> None:
    source = "    source: {contract: orders, path: orders.csv, format: csv}\n"
    found = only(checked(shop, pipeline("", OF_JOINED, source)))
    assert (found.rule, found.sink) == (FindingRule.UNKNOWN_INPUT, "out")


# What the SQL says


def test_refused_sql_is_shown_where_it_stands_in_the_file(shop: Path) -> None:
    text = pipeline(step("a", "SELECT id,\n  getenv(city) AS x,\n  random() AS y\nFROM customers"))
    found = errors(checked(shop, text))
    assert [one.rule for one in found] == [FindingRule.STEP_REFUSED] * 2
    assert [place(one) for one in found] == [line_of(text, "getenv"), line_of(text, "random")]


def test_refused_sql_of_a_file_of_its_own(shop: Path) -> None:
    (shop / "a.sql").write_text("SELECT id\n, getenv(city)\nFROM customers\n")
    found = only(checked(shop, pipeline("      a: {file: a.sql}\n")))
    assert found.where is not None
    assert (found.where.file, found.where.line, found.where.column) == ("a.sql", 2, 3)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT city + 1 AS x FROM customers",
        "SELECT id, NULL AS x FROM customers",
        "SELECT to_days(1) AS x, id FROM customers",
        "SELECT sum(city) AS x FROM customers",
    ],
)
def test_what_the_engine_does_not_take_is_a_finding_without_its_words(shop: Path, sql: str) -> None:
    found = only(checked(shop, pipeline(step("a", sql))))
    assert (found.rule, found.step) == (FindingRule.STEP_TYPES, "a")
    assert "Binder Error" not in found.message


def test_every_problem_in_one_pass(shop: Path) -> None:
    text = (
        step("a", "SELECT getenv(city) AS x FROM customers")
        + step("b", "SELECT id FROM nowhere")
        + step("c", "SELECT city + 1 AS x FROM customers")
        + step(
            "d",
            FOLDED.replace("joined", "orders").replace("city", "amount"),
            "aggregate: {subject: nobody}",
        )
        + step(
            "e",
            "SELECT id FROM orders",
            "declassify: {no: {labels: [public], reason: r, approver: a}}",
        )
        + step("f", "SELECT id, salary FROM customers")
    )
    sinks = "".join(
        f"      {name}: {{zone: {zone}, path: out/{name}, format: csv, from: {of}}}\n"
        for name, zone, of in (("one", "closed", "f"), ("two", "open", "g"), ("three", "x", "e"))
    )
    found = rules(checked(shop, pipeline(text, sinks)))
    assert set(found) == {
        FindingRule.STEP_REFUSED,
        FindingRule.UNKNOWN_INPUT,
        FindingRule.STEP_TYPES,
        FindingRule.AGGREGATION,
        FindingRule.UNKNOWN_COLUMN,
        FindingRule.UNKNOWN_ZONE,
        FindingRule.ZONE_DENIES_LABEL,
    }
    assert found.count(FindingRule.UNKNOWN_INPUT) == 2
    with Workspace.open(shop) as workspace, pytest.raises(PlanRefused) as refused:
        workspace.run("shop")
    assert len(refused.value.problems) == len(found)


# Declassification


def claim(says: str) -> str:
    return f"declassify: {{salary: {{{says}, reason: rounded, approver: dpo@example.org}}}}"


SALARIES = "SELECT id, salary, city FROM customers"


def test_declassified_labels_replace_what_was_traced_and_show_in_the_plan(shop: Path) -> None:
    report = checked(shop, pipeline(step("a", SALARIES, claim("labels: [public]"))))
    assert labels(report, "a", "salary") == ("public",)
    (warning,) = [one for one in report.findings if one.rule is FindingRule.DECLASSIFIED]
    assert "rounded; approved by dpo@example.org" in warning.message
    plan = report.plans["shop"]
    assert plan.steps[0].declassified == (
        "salary: labels public; rounded; approved by dpo@example.org",
    )
    assert any("dpo@example.org" in line for line in plan.warnings)


def test_a_derivation_keeps_the_labels_of_what_it_names(shop: Path) -> None:
    sql = "SELECT salary + amount AS salary FROM customers JOIN orders USING (id)"
    report = checked(shop, pipeline(step("a", sql, claim("derives: [orders.amount]"))))
    assert report.ok
    assert labels(report, "a", "salary") == ("financial.amount",)
    assert labels(checked(shop, pipeline(step("a", sql))), "a", "salary") == (
        "financial.amount",
        "financial.salary",
    )


@pytest.mark.parametrize(
    ("says", "rule"),
    [
        ("labels: [pii.emial]", FindingRule.UNKNOWN_LABEL),
        ("labels: [Not A Label]", FindingRule.UNKNOWN_LABEL),
        ("labels: ['masked(pii.emial)']", FindingRule.UNKNOWN_LABEL),
        ("derives: [customers.salry]", FindingRule.UNKNOWN_COLUMN),
        ("derives: [salary]", FindingRule.UNKNOWN_COLUMN),
        ("derives: [orders.amount]", FindingRule.UNKNOWN_COLUMN),
    ],
)
def test_a_claim_about_what_is_not_there_refuses_and_takes_no_label_away(
    shop: Path, says: str, rule: FindingRule
) -> None:
    text = pipeline(step("a", SALARIES, claim(says)))
    report = checked(shop, text)
    found = only(report)
    assert (found.rule, found.step, found.column) == (rule, "a", "salary")
    assert place(found)[0] == line_of(text, "declassify")[0]
    assert labels(report, "a", "salary") == ("financial.salary",)


def test_a_claim_on_a_column_that_the_step_does_not_put_out(shop: Path) -> None:
    found = only(checked(shop, pipeline(step("a", "SELECT id FROM orders", claim("labels: []")))))
    assert (found.rule, found.column) == (FindingRule.UNKNOWN_COLUMN, "salary")
    assert found.fix == "columns are id"


def test_what_a_python_step_claims(shop: Path) -> None:
    text = JOINED + '      scored: {python: "steps:claimed", inputs: [joined]}\n'
    report = checked(shop, pipeline(text))
    assert report.ok
    assert labels(report, "scored", "score") == ("financial.amount",)
    assert any("a half of the amount; approved by" in one.message for one in report.findings)


def test_a_python_step_without_a_claim_is_made_of_everything(shop: Path) -> None:
    text = JOINED + '      scored: {python: "steps:score", inputs: [joined]}\n'
    assert labels(checked(shop, pipeline(text)), "scored", "score") == (
        "financial.amount",
        "financial.salary",
        "phi.diagnosis",
        "pii.email",
        "pii.id",
    )


def test_a_claim_in_python_with_a_slip_of_the_pen(shop: Path) -> None:
    text = JOINED + '      scored: {python: "steps:misspelt", inputs: [joined]}\n'
    report = checked(shop, pipeline(text))
    assert FindingRule.UNKNOWN_COLUMN in rules(report)
    assert "financial.salary" in labels(report, "scored", "score")


def test_two_claims_on_one_column(shop: Path) -> None:
    text = JOINED + (
        '      scored: {python: "steps:claimed", inputs: [joined], declassify: {score:'
        " {labels: [public], reason: r, approver: a}}}\n"
    )
    assert rules(checked(shop, pipeline(text))) == [FindingRule.DUPLICATE_NAME]


# Aggregation


def folded(sql: str = FOLDED, more: str = "aggregate: {subject: id, k: 3}") -> str:
    return step("by_city", sql, more)


def test_folds_are_aggregated_and_keys_and_extremes_keep_their_labels(shop: Path) -> None:
    sql = """SELECT email, count(amount) AS n, sum(amount) AS total, avg(amount) AS mean,
  min(amount) AS least, max(diagnosis) AS worst, round(avg(amount), 2) AS rounded
FROM joined GROUP BY email"""
    report = checked(shop, pipeline(JOINED + folded(sql, "aggregate: {subject: id, k: 7}")))
    assert report.ok
    many = ("aggregated(financial.amount; subjects=7)",)
    for name in ("n", "total", "mean"):
        assert labels(report, "by_city", name) == many
    assert labels(report, "by_city", "email") == ("pii.email",)
    assert labels(report, "by_city", "least") == ("financial.amount",)
    assert labels(report, "by_city", "rounded") == ("financial.amount",)
    assert labels(report, "by_city", "worst") == ("phi.diagnosis",)
    assert "pii.email" in influence(report, "by_city", "mean")
    (plan,) = report.plans.values()
    fold = plan.steps[1].aggregation
    assert fold is not None
    assert (fold.subject, fold.k, fold.dominance) == ("id", 7, 0.5)
    assert "_held_back" not in plan.steps[1].schema.names


def test_without_an_aggregation_folds_keep_their_labels(shop: Path) -> None:
    assert labels(checked(shop, pipeline(JOINED + folded(FOLDED, ""))), "by_city", "mean") == (
        "financial.amount",
    )


@pytest.mark.parametrize("subject", ["email", "nobody", "city"])
def test_a_subject_that_is_no_subject(shop: Path, subject: str) -> None:
    text = JOINED + folded(FOLDED, f"aggregate: {{subject: {subject}}}")
    found = only(checked(shop, pipeline(text)))
    assert (found.rule, found.step) == (FindingRule.AGGREGATION, "by_city")
    assert subject in found.message


@pytest.mark.parametrize(
    "whose",
    ["o.id + 0", "row_number() OVER ()", "coalesce(o.id, 1)", "CAST(o.id AS VARCHAR)", "abs(o.id)"],
)
def test_a_subject_that_is_computed(shop: Path, whose: str) -> None:
    joined = JOINED.replace("SELECT o.id,", f"SELECT {whose} AS id,")
    assert only(checked(shop, pipeline(joined + folded()))).rule is FindingRule.AGGREGATION


def test_a_subject_of_another_source_than_what_is_folded(shop: Path) -> None:
    joined = JOINED.replace("o.id,", "c.id,")
    found = only(checked(shop, pipeline(joined + folded())))
    assert found.rule is FindingRule.AGGREGATION
    assert "values of orders" in found.message
    assert "people of customers" in found.message


def test_a_subject_that_went_through_a_step_and_another_name(shop: Path) -> None:
    text = (
        step("one", "SELECT id AS who, amount, diagnosis AS city FROM orders WHERE amount > 1")
        + step("two", "SELECT w.who AS person, w.amount, w.city FROM one AS w")
        + folded(FOLDED.replace("joined", "two"), "aggregate: {subject: person}")
    )
    assert checked(shop, pipeline(text)).ok


@pytest.mark.parametrize("bound", ["k: 1", "k: 0", "dominance: 0", "dominance: 1.5", "k: no"])
def test_bounds_that_bind_nothing_are_refused_with_the_file(shop: Path, bound: str) -> None:
    text = pipeline(JOINED + folded(FOLDED, f"aggregate: {{subject: id, {bound}}}"))
    with pytest.raises(Exception, match="problem"):
        checked(shop, text)


# Ways


def only_partner(shop: Path, steps: str) -> Finding:
    sinks = "      p: {zone: closed, path: out/p, format: csv}\n"
    found = [one for one in errors(checked(shop, pipeline(steps, sinks))) if "email" in one.label]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("sql", "token"),
    [
        ("SELECT c.email AS fine FROM customers c", "c.email"),
        ("SELECT * FROM (SELECT email AS fine FROM customers)", "*"),
        ("SELECT CASE WHEN id > 3 THEN email ELSE '' END AS fine FROM customers", "id > 3"),
        ("SELECT upper(c.email) AS fine\nFROM orders o JOIN customers c USING (id)", "upper"),
    ],
)
def test_a_denied_label_comes_with_the_way_it_took(shop: Path, sql: str, token: str) -> None:
    first = step("first", sql)
    found = only_partner(shop, first + step("second", "SELECT fine AS out FROM first"))
    assert (found.rule, found.label) == (FindingRule.ZONE_DENIES_LABEL, "pii.email")
    assert [str(one) for one in found.path] == [
        "customers.email",
        "first.fine",
        "second.out",
        "sink:p.out",
    ]
    assert not any(one.decides for one in found.path)
    text = (shop / "pipelines/p.yaml").read_text()
    where = found.path[1].where
    assert where is not None
    start = text.splitlines()[where.line - 1][where.column - 1 :]
    assert start.startswith(token)


def test_an_influence_that_a_zone_denies_comes_with_the_edge_that_decides(shop: Path) -> None:
    text = step("few", "SELECT amount FROM orders WHERE diagnosis = 'flu'") + step(
        "same", "SELECT amount FROM few"
    )
    found = only(checked(shop, pipeline(text, SINK.replace("open", "strict"))))
    assert (found.rule, found.label) == (FindingRule.INFLUENCE_DENIED, "phi.diagnosis")
    assert [(str(one), one.decides) for one in found.path] == [
        ("orders.diagnosis", True),
        ("few.amount", False),
        ("same.amount", False),
        ("sink:out.amount", False),
    ]


# The digest


def planned(shop: Path) -> CheckedPlan:
    text = JOINED + folded() + '      scored: {python: "steps:claimed", inputs: [joined]}\n'
    sinks = "".join(
        f"      {of}: {{zone: open, path: out/{of}, format: csv, from: {of}}}\n"
        for of in ("by_city", "scored")
    )
    return checked(shop, pipeline(text, sinks)).plans["shop"]


def test_the_digest_covers_every_part_of_steps_and_sources(shop: Path) -> None:
    plan = planned(shop)
    first, fold, last = plan.steps
    changes: list[CheckedPlan] = [
        replace(plan, steps=(first, last)),
        replace(plan, steps=(first, last, fold)),
        replace(plan, sources=plan.sources[::-1]),
        replace(plan, sources=plan.sources[:1]),
    ]
    for changed in (
        replace(fold, name="other"),
        replace(fold, text=fold.text + " "),
        replace(fold, inputs=()),
        replace(fold, kind=last.kind),
        replace(fold, schema=fold.schema.set(0, pa.field("x", pa.string()))),
        replace(fold, schema=fold.schema.set(0, pa.field("city", pa.binary()))),
        replace(fold, aggregation=None),
        replace(fold, aggregation=Aggregation("id", 4)),
        replace(fold, aggregation=Aggregation("id", 3, 0.25)),
        replace(fold, aggregation=Aggregation("email", 3)),
        replace(fold, declassified=("city: somebody's word",)),
        replace(fold, code="other"),
    ):
        assert isinstance(changed, PlannedStep)
        changes.append(replace(plan, steps=(first, changed, last)))
    source = plan.sources[0]
    others = (
        replace(source, name="x"),
        replace(source, contract_id="x"),
        replace(source, contract_digest="x"),
        replace(source, path="x"),
        replace(source, format="x"),
        replace(source, ignore=("city",)),
        replace(source, delimiter=";"),
    )
    changes += [replace(plan, sources=(other, *plan.sources[1:])) for other in others]
    changes.append(replace(plan, sinks=(replace(plan.sinks[0], of="joined"), *plan.sinks[1:])))
    digests = [plan_digest(one) for one in (plan, *changes)]
    assert len(set(digests)) == len(digests)
    assert digests[0] == plan.digest


def test_another_text_of_a_python_module_is_another_plan(shop: Path) -> None:
    before = planned(shop).digest
    module = shop / "steps.py"
    text = module.read_text()
    module.write_text(text.replace("0.5)})", "0.25)})"))
    try:
        assert planned(shop).digest != before
    finally:
        module.write_text(text)
    assert planned(shop).digest == before


def test_comments_and_spaces_of_the_sql_are_no_other_plan(shop: Path) -> None:
    one = checked(shop, pipeline(step("a", "SELECT id FROM orders"))).plans["shop"]
    other = checked(shop, pipeline(step("a", "select  id -- all\nFROM orders"))).plans["shop"]
    assert one.digest == other.digest


def test_sources_are_what_the_file_says(shop: Path) -> None:
    sources = SOURCES.replace("format: csv}\n", "format: csv, delimiter: ';'}\n", 1)
    plan = checked(shop, pipeline(JOINED, sources=sources)).plans["shop"]
    assert [(one.name, one.delimiter) for one in plan.sources] == [
        ("customers", ";"),
        ("orders", ","),
    ]
