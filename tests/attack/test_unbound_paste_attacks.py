"""A bound column is filled with ciphertexts of the same column that another sink did not bind."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lockgate.access.action import Action
from lockgate.access.resource import EVERY_KEY
from lockgate.assemble.workspace import Workspace
from lockgate.assemble.yaml_document import read_document
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


def unsaid(contract: Path) -> None:
    """Has the contract beside a file no longer say that values are bound."""
    document = read_document(contract).data
    for column in document["schema"][0]["properties"]:
        said = column["customProperties"]
        column["customProperties"] = [p for p in said if p["property"] != "lockgate.record"]
    contract.write_text(json.dumps(document))


def moved(project: Path) -> tuple[Path, Path, list[str]]:
    """The bound file and the loose one; the bound one's rows hold the loose one's, reversed."""
    with Workspace.open(project) as workspace:
        sinks = workspace.run("people").sinks
    (bound,), (loose,) = (sorted(sinks[name].glob("part-*")) for name in ("study", "loose"))
    rows, others = ([x.split(",") for x in f.read_text().splitlines()] for f in (bound, loose))
    for at in (1, 2, 3):
        rows[at][2] = others[4 - at][2]
    bound.write_text("\n".join(map(",".join, rows)) + "\n")
    return bound, loose, [row[2] for row in rows]


def test_a_contract_that_no_longer_says_bound_is_not_believed(tmp_path: Path) -> None:
    project = make(tmp_path, "encrypt")
    bound, _, _ = moved(project)
    unsaid(bound.parent / "_contract.odcs.yaml")
    with (
        Workspace.open(project) as workspace,
        pytest.raises(IntegrityError, match="not the one that the manifest beside it lists"),
    ):
        workspace.reveal_file(bound, "born", purpose="test")


@pytest.mark.parametrize("rule", ["encrypt", "tokenize"])
def test_without_a_manifest_what_a_zone_binds_has_to_be_bound(tmp_path: Path, rule: str) -> None:
    project = make(tmp_path, rule)
    bound, loose, _ = moved(project)
    unsaid(bound.parent / "_contract.odcs.yaml")
    for file in (bound, loose):
        (file.parent / "_manifest.json").rename(file.parent / "elsewhere")
        with Workspace.open(project) as workspace:
            with pytest.raises(IntegrityError, match="3 of 3 values .* bound to no row") as info:
                workspace.reveal_file(file, "born", purpose="test")
            workspace.reveal_file(file, "email", purpose="test")  # no zone binds it
        assert "_manifest.json" in str(info.value.hint)
    (loose.parent / "elsewhere").rename(loose.parent / "_manifest.json")
    with Workspace.open(project) as workspace:
        assert workspace.reveal_file(loose, "born", purpose="test").rows == 3


@pytest.mark.parametrize("content", ["", "{}", "not ours"])
def test_a_manifest_that_is_none_counts_as_none(tmp_path: Path, content: str) -> None:
    project = make(tmp_path, "encrypt")
    bound, _, _ = moved(project)
    unsaid(bound.parent / "_contract.odcs.yaml")
    (bound.parent / "_manifest.json").write_text(content)
    with (
        Workspace.open(project) as workspace,
        pytest.raises(IntegrityError, match="3 of 3 values"),
    ):
        workspace.reveal_file(bound, "born", purpose="test")


@pytest.mark.parametrize("living", [True, False])
def test_what_an_older_digests_key_listed_is_known_while_that_opens(
    tmp_path: Path, living: bool
) -> None:
    """Where it is gone, nothing shows what the manifest lists: as if there were none."""
    project = make(tmp_path, "encrypt")
    with Workspace.open(project) as workspace:
        sinks = workspace.run("people").sinks
    (loose,) = sinks["loose"].glob("part-*")
    with closing(sqlite3.connect(project / ".lockgate/state.db")) as state, state:
        (number,) = state.execute(
            "select number from key_versions where domain='lockgate.digests' and use='index'"
        ).fetchone()
    with Workspace.open(project) as workspace:
        context = workspace._context
        permit = context.permit(Action.EXPORT_KEYS, EVERY_KEY, "test")
        with context.released(permit) as keyed:
            life = keyed.keys.whole.life
            life.renew(life.versions.numbered(number), "test")
            if not living:
                life.destroy(number)
        if living:
            assert workspace.reveal_file(loose, "born", purpose="test").rows == 3
        else:
            with pytest.raises(IntegrityError, match="3 of 3 values"):
                workspace.reveal_file(loose, "born", purpose="test")


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
