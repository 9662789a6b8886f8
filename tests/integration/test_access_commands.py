"""`lockgate access` and `lockgate policy approve`, from the command line to the state and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lockgate.access.current import act_as
from lockgate.access.identity_ports import User
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import AuthorisationDenied
from small_project import make_project

Call = Callable[..., tuple[int, Any]]
NOW = datetime.now(UTC)
ADA = Principal(
    "user:ada",
    Assurance.TOKEN,
    "user:ada",
    PrincipalKind.PERSON,
    methods=("pwd",),
    authenticated_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    session="session-ada",
)
BOB = replace(ADA, id="user:bob", counted="user:bob", session="session-bob")


def give_account(folder: Path, who: Principal) -> None:
    """A user's account that nobody of the test made."""
    with Workspace.open(folder) as workspace:
        name = who.id.removeprefix("user:")
        record_of(workspace).state.identities.add_user(User(name, "phc", NOW, NOW))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = make_project(tmp_path / "p")
    with (folder / "lockgate.yaml").open("a") as file:
        file.write("\naccess:\n  two_person: [destroy-key, expand-policy]\n")
    return folder


@pytest.fixture
def call(project: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*words: str, who: Principal | None = None) -> tuple[int, Any]:
        if words[:2] == ("access", "approve") and who is not None:
            give_account(project, who)
        given = [*words, "--project", str(project), "--json"]
        if who is None:
            code = invoke(given)
        else:
            with act_as(who):
                code = invoke(given)
        out = capsys.readouterr().out
        return code, json.loads(out) if out else {}

    return run


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
    assert call("access", "approve", asked["id"])[0] == 7  # who asked
    call("access", "grant", BOB.id, "security_officer", "--reason", "x", who=ADA)
    assert [one["id"] for one in call("access", "requests")[1]["requests"]] == [asked["id"]]
    assert call("access", "approve", asked["id"], who=BOB)[0] == 0
    assert call(*destroy)[0] == 0
    assert call("access", "requests", "--all")[1]["requests"][0]["state"] == "used"


def test_a_policy_that_shows_more_runs_after_another_persons_word(
    call: Call, project: Path
) -> None:
    call("access", "init", "--admin", ADA.id)
    call("access", "grant", BOB.id, "privacy_officer", "--reason", "x", who=ADA)
    assert call("run", "people")[0] == 0
    zones = project / "policy/zones.yaml"
    zones.write_text(zones.read_text().replace("pii: drop", "pii: mask"))
    code, refused = call("run", "people")
    assert (code, refused["error"]["code"]) == (7, "LG-501")
    assert "shows more than was approved" in refused["error"]["message"]

    code, refused = call("policy", "approve", "--reason", "new study")
    assert code == 7
    import shlex

    asked = call(*shlex.split(refused["error"]["hint"])[1:])[1]["requested"]
    assert call("access", "approve", asked["id"], who=BOB)[0] == 0
    assert call("policy", "approve", "--reason", "new study")[0] == 0
    assert call("run", "people")[0] == 0
    assert call("access", "verify")[0] == 0


def test_the_library_gate_is_held_against_the_approved_policy_too(project: Path) -> None:
    with Workspace.open(project) as workspace, pytest.raises(AuthorisationDenied):
        workspace.gate("people", "study")


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
