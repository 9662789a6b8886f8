"""The guide of steps, done: what it shows is accepted, refused and released as it says."""

from __future__ import annotations

import json
import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path
from textwrap import indent

import pyarrow.parquet as pq
import pytest

from lockgate.assemble.create import create_project
from lockgate.cli.demo.tables import write_patients, write_visits
from lockgate.cli.main import invoke
from lockgate.errors import ExitCode

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "steps.md").read_text(encoding="utf-8")
ROWS = 1_000


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.S)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demonstration's contracts and tables, with the guide's pipeline and Python step."""
    folder = tmp_path / "guide"
    create_project(folder, "guide")
    with as_file(files("lockgate.cli.demo") / "project" / "contracts") as contracts:
        shutil.copytree(contracts, folder / "contracts", dirs_exist_ok=True)
    (folder / "data").mkdir()
    write_patients(folder / "data" / "patients.csv", ROWS)
    write_visits(folder / "data" / "visits.csv", ROWS, ROWS)
    (folder / "steps.py").write_text(blocks("python")[0])
    (folder / "pipelines").mkdir(exist_ok=True)
    sink = "      shares: {zone: analytics, path: out/shares, format: parquet, from: shares}\n"
    step = indent(blocks("yaml")[2], " " * 6)
    text = blocks("yaml")[0].replace("    sinks:\n", f"{step}    sinks:\n{sink}")
    (folder / "pipelines" / "spending.yaml").write_text(text)
    monkeypatch.chdir(folder)
    return folder


def test_the_pipeline_of_the_guide_is_proven_and_runs(project: Path) -> None:
    assert invoke(["check", "--probe", "-q"]) == 0
    assert invoke(["keys", "init", "-q"]) == 0
    assert invoke(["run", "spending", "-q"]) == 0

    def released(sink: str) -> list[dict]:
        (part,) = (project / "out" / sink).rglob("part-*.parquet")
        rows = pq.read_table(part).to_pylist()
        assert isinstance(rows, list)
        return rows

    totals, people, shares = released("analytics"), released("people"), released("shares")
    assert all(row["visits"] >= 10 for row in totals)
    assert sum(row["share"] for row in shares) == pytest.approx(1)
    assert [row["mrn"] for row in shares] != [None] * len(shares)
    assert len(people) == len(shares) > sum(row["visits"] for row in totals) > 0


def test_sinks_of_different_steps_have_a_table_each_and_a_run_tells_of_its_steps(
    project: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert invoke(["check"]) == 0
    tables = re.split(r"^of (\w+)$", capsys.readouterr().out, flags=re.M)
    shown = dict(zip(tables[1::2], tables[2::2], strict=True))
    assert list(shown) == ["shares", "by_diagnosis", "joined"]
    assert "mean_charge" in shown["by_diagnosis"]
    assert "mean_charge" not in shown["joined"] + shown["shares"]
    assert re.search(r"^mrn +phi.mrn +tokenize *$", shown["shares"], re.M)
    assert invoke(["keys", "init", "-q"]) == 0
    assert invoke(["run", "spending"]) == 0
    assert re.search(r"^by_diagnosis +\d+ +[1-9]\d* *$", capsys.readouterr().out, re.M)


def test_a_finding_keeps_its_indent_on_a_narrow_screen(
    project: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert invoke(["check"]) == 0
    findings = capsys.readouterr().out.split("\nspending\n")[0]
    lines = [line for line in findings.splitlines() if line]
    assert all(line.startswith(("warning  ", "  ")) for line in lines)
    assert max(map(len, lines)) <= 60
    assert len(lines) > 2 * 3  # two findings of three lines, were they not wrapped


def test_somebodys_word_is_in_the_plan_and_a_warning_each_time(project: Path, capsys) -> None:
    def checked() -> dict:
        capsys.readouterr()
        assert invoke(["check", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert isinstance(document, dict)
        return document

    before = checked()
    warned = [one for one in before["findings"] if one["rule"] == "declassified"]
    assert [(one["step"], one["column"]) for one in warned] == [
        ("shares", "mrn"),
        ("shares", "share"),
    ]
    assert all("dpo@example.org" in one["message"] for one in warned)
    path = project / "pipelines" / "spending.yaml"
    path.write_text(path.read_text().replace("dpo@example.org}", "eve@example.org}", 1))
    after = checked()
    assert before["plans"]["spending"]["digest"] != after["plans"]["spending"]["digest"]


def test_the_other_tables_subject_is_refused_as_the_guide_says(project: Path, capsys) -> None:
    path = project / "pipelines" / "spending.yaml"
    path.write_text(path.read_text().replace("SELECT v.mrn,", "SELECT p.mrn,"))
    assert invoke(["check"]) == ExitCode.REFUSED
    shown = capsys.readouterr().out
    assert "error  aggregation" in shown
    assert "mrn counts the people of patients" in shown


def test_without_somebodys_word_a_function_counts_as_made_of_everything(
    project: Path, capsys
) -> None:
    path = project / "pipelines" / "spending.yaml"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(x for x in lines if "declassify" not in x and "derives" not in x))
    assert invoke(["check", "--json"]) == ExitCode.REFUSED
    findings = json.loads(capsys.readouterr().out)["findings"]
    found = [one for one in findings if one["severity"] == "error"]
    assert {one["sink"] for one in found} == {"shares"}
    assert {one["label"] for one in found} == {"financial.amount, phi.diagnosis, phi.mrn"}


def test_the_refusal_in_the_guide_is_what_the_check_says(
    project: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    leak = (files("lockgate.cli.demo") / "leak.yaml").read_bytes()
    (project / "pipelines" / "partner_feed.yaml").write_bytes(leak)
    assert invoke(["check", "partner_feed"]) == ExitCode.REFUSED
    shown = capsys.readouterr().out
    told = re.search(r"```\n(error .*?)\n```", GUIDE, re.S)
    assert told
    assert told[1] in "\n".join(line.rstrip() for line in shown.splitlines())
