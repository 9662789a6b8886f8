"""`lockgate policy`: what a wider policy waits for, and how a change of reveal rules is told."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import AuthorisationDenied
from lockgate.ledger.event import Revealed, RevealRefused
from two_persons import ADA, BOB, Call, calls, project_of_two

NARROW = "reveal:\n  pii.email: {purposes: [support], max_rows: 2, max_rows_per_day: 5}\n"
WIDER = {
    "purposes": ("[support]", "[support, marketing]"),
    "max_rows": ("max_rows: 2", "max_rows: 3"),
    "max_rows_per_day": ("max_rows_per_day: 5", "max_rows_per_day: 6"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = project_of_two(tmp_path / "p")
    (folder / "policy/reveal.yaml").write_text(NARROW)
    return folder


@pytest.fixture
def call(project: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return calls(project, capsys)


def administered(call: Call) -> None:
    call("access", "init", "--admin", ADA.id)
    call("access", "grant", BOB.id, "privacy_officer", "--reason", "x", who=ADA)


def approve(call: Call) -> None:
    """The whole way, as the refused commands say it."""
    code, refused = call("policy", "approve", "--reason", "new study")
    assert code == 7
    asked = call(*shlex.split(refused["error"]["hint"])[1:])[1]["requested"]
    assert call("access", "approve", asked["id"], "--yes", who=BOB)[0] == 0
    assert call("policy", "approve", "--reason", "new study")[0] == 0


def token(project: Path) -> str:
    released = next(project.glob("out/study/run-*/part-*.csv"))
    return str(pacsv.read_csv(released).column("email")[0].as_py())


def test_a_policy_that_shows_more_runs_after_another_persons_word(
    call: Call, project: Path
) -> None:
    administered(call)
    assert call("run", "people")[0] == 0
    zones = project / "policy/zones.yaml"
    zones.write_text(zones.read_text().replace("pii: drop", "pii: mask"))
    code, refused = call("run", "people")
    assert (code, refused["error"]["code"]) == (7, "LG-501")
    assert "shows more than was approved" in refused["error"]["message"]

    approve(call)
    assert call("run", "people")[0] == 0
    assert call("access", "verify")[0] == 0


def test_the_library_gate_is_held_against_the_approved_policy_too(project: Path) -> None:
    with Workspace.open(project) as workspace, pytest.raises(AuthorisationDenied):
        workspace.gate("people", "study")


def test_a_wider_reveal_rule_turns_nothing_back_before_another_persons_word(
    call: Call, project: Path
) -> None:
    administered(call)
    assert call("run", "people")[0] == 0
    reveal = ("reveal", token(project), "--purpose", "marketing")
    assert call(*reveal)[0] == 7  # no purpose of the rule
    rules = project / "policy/reveal.yaml"
    rules.write_text(NARROW.replace(*WIDER["purposes"]))
    code, refused = call(*reveal)
    assert (code, refused["error"]["code"]) == (7, "LG-501")
    assert "reveal rules let more through than was approved" in refused["error"]["message"]
    assert "pii.email (support, 2 at once, 5 a day -> " in refused["error"]["message"]
    assert call("run", "people")[0] == 0, "zones show no more"

    approve(call)
    code, told = call(*reveal)
    assert (code, told["values"]) == (0, ["ann@example.org"])
    with Workspace.open(project) as workspace:
        events = [entry.event for entry in workspace.ledger.read()]
        assert len(workspace.grants.policy_expansions()) == 0
    refusals = [one.rule for one in events if isinstance(one, RevealRefused)]
    assert refusals == ["pii.email: purpose", "expand-policy"]
    assert sum(isinstance(one, Revealed) for one in events) == 1
    assert call("access", "verify")[0] == 0


def test_every_reveal_waits_for_the_word_files_and_rejected_rows_too(
    call: Call, project: Path
) -> None:
    administered(call)
    assert call("run", "people")[0] == 0
    (project / "policy/reveal.yaml").write_text("reveal:\n  pii.email: {max_rows_per_day: 1000}\n")
    released = next(project.glob("out/study/run-*/part-*.csv"))
    with Workspace.open(project) as workspace:
        run = workspace.quarantine_list()[0].run_id
        with pytest.raises(AuthorisationDenied, match="than was approved"):
            workspace.reveal_file(released, "email", purpose="support")
        with pytest.raises(AuthorisationDenied, match="than was approved"):
            workspace.quarantine_rows(run, values=True, purpose="support", limit=1)
        with pytest.raises(AuthorisationDenied, match="than was approved"):
            workspace.reveal_values([token(project)], purpose="support")


def test_narrower_reveal_rules_need_no_word(call: Call, project: Path) -> None:
    administered(call)
    assert call("run", "people")[0] == 0
    (project / "policy/reveal.yaml").write_text(NARROW.replace("max_rows: 2", "max_rows: 1"))
    assert call("reveal", token(project), "--purpose", "support")[0] == 0


def test_a_policy_approved_before_reveal_rules_counted_stands_for_the_shipped_ones(
    call: Call, project: Path
) -> None:
    administered(call)
    assert call("run", "people")[0] == 0
    older(project)
    assert call("reveal", token(project), "--purpose", "support")[0] == 0, "narrower than shipped"
    (project / "policy/reveal.yaml").write_text("reveal:\n  '*': {purposes: [support]}\n")
    assert call("reveal", token(project), "--purpose", "support")[0] == 7, "any number"
    approve(call)
    assert call("reveal", token(project), "--purpose", "support")[0] == 0


def older(project: Path) -> None:
    """Keep the approved policy as it was kept when it was of zones alone."""
    with Workspace.open(project) as workspace:
        policies = workspace.grants._desk.rows.policies
        (row,) = policies.all()
        zones = json.dumps(json.loads(row.document)["zones"], separators=(",", ":"))
        digest = hashlib.sha256(zones.encode()).hexdigest()
        policies.add(replace(row, id=digest, number=row.number + 1, document=zones))


def other_of(project: Path, name: str) -> Path:
    return Path(shutil.copytree(project, project.parent / name))


@pytest.mark.parametrize("what", WIDER)
def test_a_wider_reveal_rule_fails_the_diff(call: Call, project: Path, what: str) -> None:
    wider = other_of(project, "wider")
    (wider / "policy/reveal.yaml").write_text(NARROW.replace(*WIDER[what]))
    told = diff(project, wider, call)
    assert told[0] == 4
    assert told[1]["expansions"] == 1
    assert told[1]["differences"] == []
    (one,) = told[1]["reveals"]
    assert (one["label"], one["column"], one["change"]) == ("pii.email", "", "more")
    code, back = diff(wider, project, call)
    assert (code, back["expansions"], back["reveals"][0]["change"]) == (0, 0, "less")
    assert diff(project, project, call) == (0, {"expansions": 0, "differences": [], "reveals": []})


def test_a_label_taken_from_a_column_that_is_treated_alike_fails_the_diff(
    call: Call, project: Path
) -> None:
    freed = other_of(project, "freed")
    contract = freed / "contracts/people.odcs.yaml"
    contract.write_text(contract.read_text().replace("value: pii.email", "value: pii.phone"))
    (freed / "policy/zones.yaml").write_text(
        (project / "policy/zones.yaml").read_text().replace("pii.email: token", "pii.phone: token")
    )
    code, told = diff(project, freed, call)
    assert code == 4
    assert [(one["column"], one["change"]) for one in told["reveals"]] == [("people.email", "more")]


def test_people_see_a_table_of_what_is_turned_back(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wider = other_of(project, "wider")
    (wider / "policy/reveal.yaml").write_text("reveal:\n  pii.email: deny\n  pii.name: deny\n")
    capsys.readouterr()
    assert invoke(["policy", "diff", str(wider), str(project)]) == 0
    shown = capsys.readouterr().out
    assert "pii.email" in shown
    assert "2 expansions in 2 differences." in shown


def diff(old: Path, new: Path, call: Call) -> tuple[int, dict[str, object]]:
    return call("policy", "diff", str(old), str(new), "--fail-on-expansion")
