"""A bound column is filled with ciphertexts of the same column that another sink did not bind."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.errors import IntegrityError
from lockgate.flow.findings import FindingRule, Severity
from rewrap_project import rewrap
from small_project import change, make_project

ROWS = """id,email,born,city
1,ann@example.org,1980-02-29,Oslo
2,bob@example.org,1981-03-01,Rome
3,eve@example.org,1999-12-31,Bern
"""
ZONES = """
zones:
  study:
    rules:
      {pii.birth_date: {encrypt: {bind: record}}, pii: encrypt, pii.id: tokenize, public: allow}
  loose:
    rules: {pii.birth_date: RULE, pii: encrypt, pii.id: tokenize, public: allow}
"""
PIPELINE = """
pipelines:
  people:
    purpose: test
    source: {contract: people, path: data/people.csv, format: csv}
    sinks:
      study: {zone: study, path: out/study, format: csv}
      loose: {zone: loose, path: out/loose, format: csv}
"""
SHRED = "labels:\n  pii.birth_date: {shred: subject}\n"


def make(folder: Path, rule: str, *, shred: bool = False) -> Path:
    project = make_project(folder / "people", ROWS)
    zones = ZONES.replace("RULE", rule) + (SHRED if shred else "")
    (project / "policy/zones.yaml").write_text(zones)
    (project / "pipelines/people.yaml").write_text(PIPELINE)
    contract = project / "contracts/people.odcs.yaml"
    key = "required: true\n        primaryKey: true\n        primaryKeyPosition: 1\n"
    change(contract, "integer\n        required: true\n", f"integer\n        {key}")
    with Workspace.open(project) as workspace:
        workspace.create_domains()
    return project


def pasted(project: Path) -> Path:
    """The bound sink's file, with the third person's unbound value in the first person's row."""
    with Workspace.open(project) as workspace:
        sinks = workspace.run("people").sinks
    (bound,), (loose,) = (sorted(sinks[name].glob("part-*")) for name in ("study", "loose"))
    (sinks["study"] / "_manifest.json").unlink()
    lines = bound.read_text().splitlines()
    row = lines[1].split(",")
    row[2] = loose.read_text().splitlines()[3].split(",")[2]
    bound.write_text("\n".join([lines[0], ",".join(row), *lines[2:]]) + "\n")
    return bound


@pytest.mark.parametrize(
    ("rule", "shred"), [("encrypt", False), ("encrypt", True), ("tokenize", False)]
)
def test_a_value_pasted_from_an_unbound_sink_does_not_open(
    tmp_path: Path, rule: str, shred: bool
) -> None:
    project = make(tmp_path, rule, shred=shred)
    file = pasted(project)
    with Workspace.open(project) as workspace, pytest.raises(IntegrityError, match="1 of 3 values"):
        workspace.reveal_file(file, "born", purpose="test")


@pytest.mark.parametrize("rotated", [True, False])
@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("shred", [True, False])
def test_a_value_pasted_from_an_unbound_sink_is_not_rewrapped(
    tmp_path: Path, shred: bool, dry_run: bool, rotated: bool
) -> None:
    project = make(tmp_path, "encrypt", shred=shred)
    file = pasted(project)
    before = file.read_bytes()
    if rotated:
        with Workspace.open(project) as workspace:
            workspace.rotate("birth-date")
    with pytest.raises(IntegrityError, match="1 values of column born are not bound"):
        rewrap(project, file, dry_run=dry_run)
    assert file.read_bytes() == before


def test_the_check_warns_of_a_sink_that_has_the_column_unbound(tmp_path: Path) -> None:
    with Workspace.open(make(tmp_path, "encrypt")) as workspace:
        report = workspace.check()
    (found,) = [one for one in report.findings if one.rule is FindingRule.RECORD_ELSEWHERE]
    assert (found.sink, found.column, found.severity) == ("loose", "born", Severity.WARNING)
    assert "people.study" in found.message


@pytest.mark.parametrize("rule", ["{encrypt: {bind: record}}", "drop", "hash"])
def test_the_check_does_not_warn_where_nothing_opens_unbound(tmp_path: Path, rule: str) -> None:
    with Workspace.open(make(tmp_path, rule)) as workspace:
        report = workspace.check()
    assert FindingRule.RECORD_ELSEWHERE not in {one.rule for one in report.findings}
