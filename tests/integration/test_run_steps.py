"""Runs of pipelines with several sources and steps, on real files and real state."""

from __future__ import annotations

import csv
import dataclasses
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.json as pajson
import pyarrow.parquet as pq
import pytest

from deny import deny
from keys_at_hand import raw_keyring
from lockgate.access.action import Action
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import (
    AuthorisationDenied,
    LockgateError,
    StepFailed,
    StepLimitExceeded,
    TooManyRejected,
    TreatmentFailed,
    UsageError,
)
from lockgate.ledger.access_events import AccessDenied
from lockgate.ledger.event import ReleaseIntent, Revealed, RunRefused
from lockgate.ledger.receipt import Receipt
from lockgate.limits import DEFAULT_LIMITS
from lockgate.run.runner import RunResult, RunStatus
from lockgate.run.sealed_file import read_sealed
from steps_shop import (
    JOINED,
    SINK,
    SOURCES,
    customers,
    make_shop,
    orders,
    pipeline,
    step,
    write_pipelines,
    write_rows,
)

BY_CITY = step(
    "by_city",
    "SELECT city, count(*) AS n, avg(amount) AS mean FROM joined GROUP BY city ORDER BY city",
    "aggregate: {subject: id, k: 5}",
)
SCORED = '      scored: {python: "steps:claimed", inputs: [joined]}\n'
SINKS = """      people: {zone: open, path: out/people, format: parquet, from: joined}
      totals: {zone: open, path: out/totals, format: csv, from: by_city}
      scores: {zone: open, path: out/scores, format: jsonl, from: scored}
"""
WHOLE = pipeline(JOINED + BY_CITY + SCORED, SINKS)
BAD = [
    {"id": "x1", "city": "Oslo", "email": "CANARYbad@example.org", "salary": 1},
    {"id": 5, "city": "Oslo", "email": "CANARYnobody", "salary": 1},
]
BAD_ORDERS = [{"id": 7_000_001, "amount": "CANARYmuch", "diagnosis": "CANARYflu"}]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return make_shop(tmp_path / "shop", WHOLE, keys=True)


def run(shop: Path, text: str | None = None) -> RunResult:
    if text is not None:
        write_pipelines(shop, text)
    with Workspace.open(shop) as workspace:
        return workspace.run("shop")


def refused(shop: Path, text: str, kind: type[LockgateError], **limits: int) -> str:
    """What a run that fails says. Nothing of it is left, and nothing in it is of the data."""
    write_pipelines(shop, text)
    with Workspace.open(shop) as workspace:
        if limits:
            narrow = dataclasses.replace(DEFAULT_LIMITS, **limits)
            workspace._opened = dataclasses.replace(workspace.context, limits=narrow)
        with pytest.raises(kind) as caught:
            workspace.run("shop")
        last = [entry.event for entry in workspace.ledger.read()][-1]
    assert isinstance(last, RunRefused)
    assert last.code == caught.value.code
    assert not list(shop.glob("out/*/run-*"))
    assert not list(shop.rglob(".staging*"))
    assert not list((shop / ".lockgate").rglob("*.part"))
    assert not list((shop / ".lockgate/spool").glob("*"))
    error: BaseException | None = caught.value
    while error is not None:
        assert_clean(f"{error!r} {error} {vars(error)}")
        error = error.__cause__ or error.__context__
    return f"{caught.value.message} {caught.value.hint}"


def assert_clean(text: str) -> None:
    for secret in ("CANARY", "700000", "88000000"):
        assert secret not in text, text


def assert_no_canary(shop: Path) -> None:
    """No clear value of a person anywhere below the project but in its own inputs."""
    for path in sorted(shop.rglob("*")):
        if path.is_file() and path.parent != shop:
            content = path.read_bytes()
            for secret in (b"CANARY0@", b"@example.org", b"CANARYnobody", b"CANARYmuch"):
                assert secret not in content, path


def rows_of(result: RunResult, sink: str) -> pa.Table:
    (file,) = result.sinks[sink].glob("part-*")
    return table_in(file)


def table_in(file: Path) -> pa.Table:
    if file.suffix == ".parquet":
        return pq.read_table(file)
    return pacsv.read_csv(file) if file.suffix == ".csv" else pajson.read_json(file)


def plain(shop: Path, sql: str) -> list[tuple[Any, ...]]:
    """What DuckDB itself makes of the clear files."""
    with duckdb.connect(":memory:") as connection:
        for name in ("customers", "orders"):
            connection.register(name, pacsv.read_csv(shop / f"{name}.csv"))
        return connection.sql(sql).fetchall()


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tell(table: pa.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


JOIN = "customers c JOIN orders o USING (id)"


def test_what_comes_out_is_what_duckdb_makes_of_the_same_files(shop: Path) -> None:
    result = run(shop)
    assert result.status is RunStatus.RELEASED
    people = rows_of(result, "people")
    wanted = plain(shop, f"SELECT city, amount, o.diagnosis FROM {JOIN}")
    assert sorted(tell(people.select(["city", "amount", "diagnosis"]))) == sorted(wanted)
    totals = plain(
        shop,
        f"SELECT city, count(*), avg(amount) FROM {JOIN} GROUP BY city"
        " HAVING count(DISTINCT o.id) >= 5 ORDER BY city",
    )
    assert tell(rows_of(result, "totals")) == totals
    assert len(totals) == 3
    scores = rows_of(result, "scores")
    assert scores.num_rows == 200
    assert_no_canary(shop)


def test_the_receipt_tells_rows_of_each_step_and_groups_held_back(shop: Path) -> None:
    result = run(shop)
    assert [(s.name, s.rows, s.groups_held_back) for s in result.receipt.steps] == [
        ("joined", 200, None),
        ("by_city", 3, 1),
        ("scored", 200, None),
    ]
    assert {one.sink: one.rows for one in result.receipt.outcomes} == {
        "people": 200,
        "totals": 3,
        "scores": 200,
    }
    for one in result.receipt.outcomes:
        assert sum(file.rows or 0 for file in one.files) == one.rows
    assert (result.receipt.rows_read, result.receipt.rows_accepted) == (260, 260)
    with Workspace.open(shop) as workspace:
        events = [entry.event for entry in workspace.ledger.read()]
    (intent,) = [event for event in events if isinstance(event, ReleaseIntent)]
    assert Receipt.model_validate_json(intent.receipt.model_dump_json()) == result.receipt


def test_rejected_rows_of_two_sources_wait_in_one_quarantine(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(shop / "customers.csv", [*customers(), *BAD])
    write_rows(shop / "orders.csv", [*orders(), *BAD_ORDERS])
    result = run(shop)
    assert (result.receipt.rows_read, result.receipt.rows_rejected) == (263, 3)
    assert sum(result.receipt.rejected_by_reason.values()) == 3
    with Workspace.open(shop) as workspace:
        found = workspace.quarantine_rows(result.run_id, values=True, purpose="look", limit=None)
        few = workspace.quarantine_rows(result.run_id, values=True, purpose="look", limit=2)
        bare = workspace.quarantine_rows(result.run_id, values=False, purpose="look", limit=None)
    assert (found.num_rows, few.num_rows, bare.num_rows) == (3, 2, 3)
    files = found.column("file").to_pylist()
    assert [Path(file).name for file in files] == ["customers.csv"] * 2 + ["orders.csv"]
    values = found.column("values").to_pylist()
    assert values[1]["email"] == "CANARYnobody"
    assert values[2]["amount"] == "CANARYmuch"
    code = invoke(["quarantine", "show", result.run_id, "-C", str(shop)])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    assert "orders.csv" in shown.out
    assert "customers.csv" in shown.out
    assert_clean(shown.out.replace(result.run_id, ""))
    assert_no_canary(shop)


def test_the_values_of_a_quarantine_of_two_sources_need_the_labels_of_both(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rows(shop / "orders.csv", [*orders(), *BAD_ORDERS])
    result = run(shop)
    asked: list[str] = []
    deny(monkeypatch, lambda _, what: asked.append(what) is not None)
    with Workspace.open(shop) as workspace:
        workspace.quarantine_rows(result.run_id, values=True, purpose="look", limit=None)
    assert {"pii.email", "financial.salary", "financial.amount", "phi.diagnosis"} <= set(asked)


def test_rejected_rows_of_sources_of_two_kinds_are_shown_together(shop: Path) -> None:
    write_rows(shop / "customers.csv", [*customers(), *BAD])
    bad = {"id": 7_000_001, "amount": 1.5, "diagnosis": None}
    pq.write_table(pa.Table.from_pylist([*orders(), bad]), shop / "orders.parquet")
    sources = SOURCES.replace("orders.csv, format: csv", "orders.parquet, format: parquet")
    result = run(shop, pipeline(JOINED, SINK, sources))
    with Workspace.open(shop) as workspace:
        found = workspace.quarantine_rows(result.run_id, values=True, purpose="look", limit=None)
    values = found.column("values").to_pylist()
    assert [row["id"] for row in values] == ["x1", "5", "7000001"]
    assert [row["amount"] for row in values] == [None, None, 1.5]


@pytest.mark.parametrize("name", ["customers", "orders"])
def test_too_many_rejected_rows_of_one_source_publish_nothing(shop: Path, name: str) -> None:
    text = (shop / "lockgate.yaml").read_text()
    start = text.index(f"  {name}: {{python")
    text = text[:start] + text[start:].replace("max_rejected: 0.5", "max_rejected: 0.001", 1)
    (shop / "lockgate.yaml").write_text(text)
    rows = {"customers": [*customers(), *BAD], "orders": [*orders(), *BAD_ORDERS]}
    for each, listed in rows.items():
        write_rows(shop / f"{each}.csv", listed)
    said = refused(shop, WHOLE, TooManyRejected)
    assert ("2 of 62" if name == "customers" else "1 of 201") in said


def test_rules_about_a_dataset_hold_for_each_source(shop: Path) -> None:
    (shop / "contracts").mkdir(exist_ok=True)
    (shop / "contracts/stock.odcs.yaml").write_text("""apiVersion: v3.1.0
kind: DataContract
id: stock
name: stock
version: 1.0.0
status: active
schema:
  - name: stock
    logicalType: object
    properties:
      - name: id
        logicalType: integer
        required: true
        unique: true
        customProperties: [{property: lockgate.label, value: public}]
""")
    write_rows(shop / "stock.csv", [{"id": 1}, {"id": 2}, {"id": 1}])
    sources = SOURCES + "      stock: {contract: stock, path: stock.csv, format: csv}\n"
    text = JOINED + step("last", "SELECT j.amount FROM joined j JOIN stock s ON s.id = 1")
    write_pipelines(shop, pipeline(text, SINK, sources))
    with Workspace.open(shop) as workspace, pytest.raises(LockgateError) as caught:
        workspace.run("shop")
    assert "id" in caught.value.message
    assert not list(shop.glob("out/*/run-*"))


def test_whose_rows_were_touched_is_kept_for_both_contracts(shop: Path) -> None:
    write_rows(shop / "orders.csv", orders(30, 10))
    result = run(shop)
    assert result.receipt.subject_manifest is not None
    with Workspace.open(shop) as workspace:
        path = workspace.context.sealed_path("subjects", result.run_id)
        records = list(
            read_sealed(
                path,
                lambda number: _manifest_key(workspace, number),
                "subjects",
                result.run_id,
            )
        )
    handles = [{bytes(r[i : i + 16]) for i in range(0, len(r), 16)} for r in records]
    assert [len(each) for each in handles] == [60, 10]
    assert handles[1] < handles[0]


def _manifest_key(workspace: Workspace, number: int) -> Any:
    from lockgate.keys.ports import KeyUse
    from lockgate.run.subjects import DOMAIN

    keyring = raw_keyring(workspace)
    return keyring.derive(DOMAIN.name, KeyUse.ENCRYPTION, ("manifest",), 32, number=number).key


def test_the_same_run_again_releases_nothing_and_a_changed_input_is_another(shop: Path) -> None:
    first = run(shop)
    again = run(shop)
    assert (again.status, again.run_id) == (RunStatus.ALREADY_RELEASED, first.run_id)
    assert len(list(shop.glob("out/people/run-*"))) == 1
    write_rows(shop / "orders.csv", orders(201))
    other = run(shop)
    assert (other.status, other.receipt.steps[0].rows) == (RunStatus.RELEASED, 201)
    assert len(list(shop.glob("out/people/run-*"))) == 2


def test_an_edited_python_step_runs_again_on_the_same_inputs(shop: Path) -> None:
    first = run(shop)
    module = shop / "steps.py"
    module.write_text(module.read_text().replace("0.5)})", "0.25)})"))
    again = run(shop)
    assert again.status is RunStatus.RELEASED
    halves = rows_of(first, "scores").column("score").to_pylist()
    assert rows_of(again, "scores").column("score").to_pylist() == [one / 2 for one in halves]


def test_a_replay_of_a_pipeline_with_steps_is_refused_in_words(shop: Path) -> None:
    write_rows(shop / "customers.csv", [*customers(), *BAD])
    result = run(shop)
    with Workspace.open(shop) as workspace:
        with pytest.raises(UsageError, match="has steps, which want all rows together") as caught:
            workspace.quarantine_replay(result.run_id)
    assert "run the pipeline again" in caught.value.hint


# Failing


def test_a_python_step_that_fails(shop: Path) -> None:
    text = JOINED + '      last: {python: "steps:failing", inputs: [joined]}\n'
    said = refused(shop, pipeline(text), StepFailed)
    assert "ValueError at steps.py:" in said
    assert_no_canary(shop)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(email AS INTEGER) AS x FROM joined",
        "SELECT CAST(salary * 1000 AS SMALLINT) AS x FROM joined",
        "SELECT strptime(email, '%Y') AS x FROM joined",
        "SELECT date_trunc(city, now()) AS x FROM joined",
    ],
)
def test_a_sql_step_that_fails(shop: Path, sql: str) -> None:
    refused(shop, pipeline(JOINED + step("last", sql)), StepFailed)


def test_a_step_that_makes_too_much(shop: Path) -> None:
    wide = step("last", "SELECT a.amount FROM joined a, joined b, joined c")
    assert "step_rows (1000)" in refused(
        shop, pipeline(JOINED + wide), StepLimitExceeded, step_rows=1000
    )
    tight = step("last", "SELECT email, id FROM joined")
    refused(shop, pipeline(JOINED + tight), StepLimitExceeded, step_result_bytes=1000)


def test_a_step_that_takes_too_long(shop: Path) -> None:
    text = " , ".join(f"joined j{n}" for n in range(5))
    slow = step("last", f"SELECT count(*) AS n FROM {text}")
    assert "step_seconds" in refused(
        shop, pipeline(JOINED + slow), StepLimitExceeded, step_seconds=1
    )


def test_a_failing_step_behind_spools_on_disk(shop: Path) -> None:
    text = JOINED + step("last", "SELECT CAST(email AS INTEGER) AS x FROM joined")
    refused(shop, pipeline(text), StepFailed, spool_memory=100)
    assert_no_canary(shop)


def test_a_value_that_a_treatment_cannot_take(shop: Path) -> None:
    text = (shop / "lockgate.yaml").read_text()
    fpe = "  fpe:\n    rules: {pii.email: {fpe: digits}}\n"
    (shop / "lockgate.yaml").write_text(text.replace("\nzones:\n", "\nzones:\n" + fpe))
    last = step("last", "SELECT substr(email, 1, 2) AS e FROM customers")
    said = refused(shop, pipeline(last, SINK.replace("open", "fpe")), TreatmentFailed)
    assert "a step gave column e values that zone fpe cannot take" in said


class Kept(logging.Handler):
    """Every record of a logger."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_logs_tell_steps_and_no_value(shop: Path, capfd: pytest.CaptureFixture[str]) -> None:
    kept, logger = Kept(), logging.getLogger("lockgate")
    level = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.DEBUG)
    try:
        run(shop)
    finally:
        logger.removeHandler(kept)
        logger.setLevel(level)
    told = [record for record in kept.records if record.getMessage() == "step.done"]
    assert [(r.__dict__["step"], r.__dict__["held_back"]) for r in told] == [
        ("joined", None),
        ("by_city", 1),
        ("scored", None),
    ]
    for record in kept.records:
        assert "CANARY" not in str(record.__dict__)
    assert "CANARY" not in "".join(capfd.readouterr())


# Ways in and out


def test_the_same_on_both_kernels(shop: Path) -> None:
    tables = {}
    for kernel in ("portable", "native"):
        sinks = SINKS.replace("out/", f"{kernel}/")
        write_pipelines(shop, pipeline(JOINED + BY_CITY + SCORED, sinks))
        words = [sys.executable, "-m", "lockgate", "run", "shop", "-C", str(shop)]
        environment = {**os.environ, "LOCKGATE_KERNEL": kernel}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if kernel == "native" and "LG-801" in done.stderr:
            pytest.skip("there is no native kernel here")
        assert done.returncode == 0, done.stderr
        assert_clean(done.stdout + done.stderr)
        found = {path.parent.parent.name: path for path in shop.glob(f"{kernel}/*/run-*/part-*")}
        assert set(found) == {"people", "totals", "scores"}
        tables[kernel] = {name: table_in(path) for name, path in found.items()}
    for name in ("totals", "scores"):
        assert tables["native"][name].equals(tables["portable"][name])
    native, portable = tables["native"]["people"], tables["portable"]["people"]
    for column in ("id", "city", "email", "amount", "diagnosis"):
        assert native.column(column).equals(portable.column(column))


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
@pytest.mark.parametrize("spool_memory", [100, DEFAULT_LIMITS.spool_memory])
def test_other_formats_in_and_out(shop: Path, kind: str, spool_memory: int) -> None:
    clear = pacsv.read_csv(shop / "orders.csv")
    if kind == "parquet":
        pq.write_table(clear, shop / "orders.parquet")
    else:
        lines = [str(row).replace("'", '"') for row in clear.to_pylist()]
        (shop / "orders.jsonl").write_text("\n".join(lines) + "\n")
    sources = SOURCES.replace("orders.csv, format: csv", f"orders.{kind}, format: {kind}")
    sinks = "".join(
        f"      {each}: {{zone: open, path: {each}, format: {each}, from: joined}}\n"
        for each in ("csv", "jsonl", "parquet")
    )
    write_pipelines(shop, pipeline(JOINED, sinks, sources))
    with Workspace.open(shop) as workspace:
        narrow = dataclasses.replace(DEFAULT_LIMITS, spool_memory=spool_memory)
        workspace._opened = dataclasses.replace(workspace.context, limits=narrow)
        result = workspace.run("shop")
    wanted = plain(shop, f"SELECT city, amount FROM {JOIN}")
    for each in ("csv", "jsonl", "parquet"):
        assert sorted(tell(rows_of(result, each).select(["city", "amount"]))) == sorted(wanted)
    assert not list((shop / ".lockgate/spool").glob("*"))


def test_several_part_files(shop: Path) -> None:
    result = run(shop, pipeline(JOINED, SINK.replace("parquet}", "csv, parts: 2}")))
    files = sorted(result.sinks["out"].glob("part-*"))
    rows = [row for file in files for row in read(file)]
    assert len(rows) == 200
    wanted = sorted(amount for (amount,) in plain(shop, "SELECT amount FROM orders"))
    assert sorted(float(row["amount"]) for row in rows) == wanted


def test_an_aggregation_of_no_rows(shop: Path) -> None:
    none = step("few", "SELECT * FROM joined WHERE amount < 0")
    text = JOINED + none + BY_CITY.replace("FROM joined", "FROM few")
    result = run(shop, pipeline(text))
    assert rows_of(result, "out").num_rows == 0
    assert [(s.rows, s.groups_held_back) for s in result.receipt.steps] == [
        (200, None),
        (0, None),
        (0, 0),
    ]


def test_a_source_without_rows(shop: Path) -> None:
    (shop / "orders.csv").write_text("id,amount,diagnosis\n")
    result = run(shop)
    assert {one.sink: one.rows for one in result.receipt.outcomes} == {
        "people": 0,
        "totals": 0,
        "scores": 0,
    }


# Back again


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_what_steps_made_is_revealed_from_its_file(shop: Path, kind: str) -> None:
    renamed = step("last", "SELECT upper(email) AS mail, salary * 2 AS twice FROM joined")
    result = run(shop, pipeline(JOINED + renamed, SINK.replace("parquet", kind)))
    (file,) = result.sinks["out"].glob("part-*")
    mails = [mail for (mail,) in plain(shop, f"SELECT lower(email) FROM {JOIN}")]
    twice = [each for (each,) in plain(shop, f"SELECT salary * 2 FROM {JOIN}")]
    with Workspace.open(shop) as workspace:
        shown = workspace.reveal_file(file, "mail", purpose="check").values
        assert shown is not None
        assert shown.to_pylist() == mails
        shown = workspace.reveal_file(file, "twice", purpose="check").values
        assert shown is not None
        assert shown.to_pylist() == twice
        events = [e.event for e in workspace.ledger.read() if isinstance(e.event, Revealed)]
    assert [set(event.labels) for event in events] == [{"pii.email"}, {"financial.salary"}]


def test_single_values_of_a_step_are_revealed(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(shop, pipeline(JOINED, SINK.replace("parquet", "csv")))
    (file,) = result.sinks["out"].glob("part-*")
    row = read(file)[0]
    with Workspace.open(shop) as workspace:
        email, salary = workspace.reveal_values([row["email"], row["salary"]], purpose="check")
    assert email.lower() == "canary0@example.org"
    assert float(salary) == 880_000_000.5
    code = invoke(
        ["reveal", "--file", str(file), "--column", "salary", "--purpose", "check", "-C", str(shop)]
    )
    shown = capsys.readouterr()
    assert code == 0, shown.err


def test_a_contract_beside_the_data_cannot_call_a_steps_column_another(shop: Path) -> None:
    result = run(shop, pipeline(JOINED, SINK.replace("parquet", "csv")))
    (file,) = result.sinks["out"].glob("part-*")
    beside = result.sinks["out"] / "_contract.odcs.yaml"
    beside.chmod(0o600)
    beside.write_text(beside.read_text().replace("joined.salary", "joined.email"))
    with Workspace.open(shop) as workspace:
        with pytest.raises(LockgateError):
            workspace.reveal_file(file, "salary", purpose="public data, honestly")
        assert not any(isinstance(entry.event, Revealed) for entry in workspace.ledger.read())


def test_tokens_of_a_step_join_those_of_a_plain_pipeline(shop: Path) -> None:
    text = (
        pipeline(JOINED)
        + """  plain:
    purpose: test
    source: {contract: customers, path: customers.csv, format: csv}
    sinks:
      out: {zone: open, path: out/plain, format: parquet}
"""
    )
    write_pipelines(shop, text)
    with Workspace.open(shop) as workspace:
        stepped = rows_of(workspace.run("shop"), "out")
        plainly = rows_of(workspace.run("plain"), "out")
    for column in ("id", "email"):
        assert len(set(stepped.column(column).to_pylist())) == 60
        assert set(stepped.column(column).to_pylist()) == set(plainly.column(column).to_pylist())


def test_a_label_that_only_a_claim_brings_has_its_keys_made(shop: Path) -> None:
    claim = "declassify: {what: {labels: [phi.mrn], reason: r, approver: a}}"
    zones = (shop / "lockgate.yaml").read_text()
    rule = "rules: {phi.mrn: tokenize, pii: tokenize,"
    (shop / "lockgate.yaml").write_text(zones.replace("rules: {pii: tokenize,", rule, 1))
    last = step("last", "SELECT upper(diagnosis) AS what FROM orders", claim)
    write_pipelines(shop, pipeline(last))
    with Workspace.open(shop) as workspace:
        assert {version.domain for version in workspace.create_domains()} == {"patient-id"}
        result = workspace.run("shop")
        (file,) = result.sinks["out"].glob("part-*")
        shown = workspace.reveal_file(file, "what", purpose="check").values
    assert shown is not None
    assert set(shown.to_pylist()) == {"CANARYFLU", "CANARYCOLD"}


def test_whose_word_stood_for_the_proof_is_on_record(shop: Path) -> None:
    records = {one.name: one for one in run(shop).receipt.steps}
    assert records["joined"].declassified == ()
    assert all("approved by" in line for line in records["scored"].declassified)
    with Workspace.open(shop) as workspace:
        (intent,) = [e.event for e in workspace.ledger.read() if isinstance(e.event, ReleaseIntent)]
    assert {one.name: one for one in intent.receipt.steps} == records
    assert records["scored"].declassified


def test_somebodys_word_stands_for_the_proof_only_if_who_runs_it_may_say_so(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deny(monkeypatch, lambda action, what: action is Action.DECLASSIFY)
    with pytest.raises(AuthorisationDenied):
        run(shop)
    with Workspace.open(shop) as workspace:
        last = [entry.event for entry in workspace.ledger.read()][-1]
    assert isinstance(last, AccessDenied)
    assert (last.action, last.resource.partition("@")[0]) == ("declassify", "shop.scored")
    assert not list(shop.glob("out/*/run-*"))
    assert run(shop, pipeline(JOINED + BY_CITY, SINKS.splitlines(keepends=True)[0])).sinks
