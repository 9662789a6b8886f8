"""`lockgate access`, from the command line to the state and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from acting_as import act_as
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from two_persons import ADA, BOB, Call, calls, project_of_two


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return project_of_two(tmp_path / "p")


@pytest.fixture
def call(project: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return calls(project, capsys)


def test_a_project_gets_administrators_and_grants(call: Call) -> None:
    assert call("access", "init", "--admin", ADA.id)[0] == 0
    assert call("access", "init", "--admin", BOB.id)[0] == 7
    words = ("access", "grant", BOB.id, "privacy_officer", "--label", "pii", "--for", "2h")
    code, given = call(*words, "--reason", "joins", who=ADA)
    assert code == 0
    assert given["granted"]["scope"] == "label=pii"
    assert call(*words, "--reason", "joins", who=BOB)[0] == 7
    listed = call("access", "grants")[1]["grants"]
    assert [(one["to"], one["role"]) for one in listed] == [
        ("user:ada", "admin"),
        ("user:bob", "privacy_officer"),
    ]
    assert call("access", "revoke", given["granted"]["id"], "--reason", "left", who=ADA)[0] == 0
    assert len(call("access", "grants")[1]["grants"]) == 1
    assert len(call("access", "grants", "--all")[1]["grants"]) == 2
    assert call("access", "verify")[1] == {"ok": True, "differences": []}
    assert len(call("access", "review")[1]["admins"]) == 1


def test_the_line_that_a_refused_command_says_gets_it_done(call: Call) -> None:
    import shlex

    call("access", "init", "--admin", ADA.id)
    destroy = ("keys", "destroy", "email", "--all", "--purpose", "it's over", "--yes")
    code, refused = call(*destroy)
    assert code == 7
    line = shlex.split(refused["error"]["hint"])
    assert line[:3] == ["lockgate", "access", "request"]
    asked = call(*line[1:])[1]["requested"]
    assert call("access", "approve", asked["id"], "--yes")[0] == 7  # who asked
    call("access", "grant", BOB.id, "security_officer", "--reason", "x", who=ADA)
    assert [one["id"] for one in call("access", "requests")[1]["requests"]] == [asked["id"]]
    assert call("access", "approve", asked["id"], "--yes", who=BOB)[0] == 0
    assert call(*destroy)[0] == 0
    assert call("access", "requests", "--all")[1]["requests"][0]["state"] == "used"


def test_break_glass_is_loud_and_doctor_waits_for_its_review(
    call: Call, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call("access", "init", "--admin", ADA.id)
    call("access", "grant", BOB.id, "data_engineer", "--reason", "x", who=ADA)
    words = ["access", "break-glass", "--role", "auditor", "--reason", "fire"]
    with act_as(BOB):
        assert invoke([*words, "--quiet", "--project", str(project)]) == 0
    assert "BREAK-GLASS" in capsys.readouterr().err
    with Workspace.open(project) as workspace:
        opened = workspace.grants._desk.rows.break_glass.all()[0]
    assert call("access", "break-glass", "close", opened.id, "--reason", "done", who=BOB)[0] == 0
    assert [one["id"] for one in call("access", "review")[1]["unreviewed"]] == [opened.id]
    assert _access_in_doctor(call) == "ok"
    later = datetime.now(UTC) + timedelta(days=8)
    monkeypatch.setattr("lockgate.assemble.resources.now", lambda: later)
    assert _access_in_doctor(call) == "failed"
    reviewed = ("access", "break-glass", "review", opened.id, "--reason", "fine")
    assert call(*reviewed)[0] == 0
    assert _access_in_doctor(call) == "ok"


def test_a_lost_key_of_grants_is_not_made_anew(call: Call, project: Path) -> None:
    call("access", "init", "--admin", ADA.id)
    (project / ".lockgate/access.key").unlink()
    code, refused = call("access", "grants")
    assert (code, refused["error"]["code"]) == (7, "LG-502")
    assert not (project / ".lockgate/access.key").exists()


def _access_in_doctor(call: Call) -> str:
    found = call("doctor")[1]["findings"]
    return next(one["state"] for one in found if one["what"] == "access")
