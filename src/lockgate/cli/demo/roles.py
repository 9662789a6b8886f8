"""Who may: an analyst is refused a value, a privacy officer gets it for a purpose."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lockgate.assemble.local_identities import log_in
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.cli.demo import glimpse
from lockgate.cli.demo.stage import Stage
from lockgate.cli.screen import cell, fill, make_table
from lockgate.errors import AuthorisationDenied
from lockgate.secret import SecretText

if TYPE_CHECKING:
    from lockgate.assemble.workspace import RunResult

ANALYST, OFFICER = "ana", "petra"
ROLES = {ANALYST: "data_analyst", OFFICER: "privacy_officer"}
LETS = {ANALYST: "check; work with what was released", OFFICER: "reveal, for a purpose"}
WHY = "lab result to be explained"


def who_may(stage: Stage, workspace: Workspace, result: RunResult) -> None:
    """Two people log in and ask for the same value."""
    stage.scene("Who may see it")
    stage.tell(
        "Two people get an account and a role; a role is all that they may. Each logs in with a "
        "password of their own, and asks for the e-mail behind one token:"
    )
    first = glimpse.head(result.sinks["analytics"]).column("email")[0].as_py()
    token = glimpse.frame_text(first)
    passwords = {name: SecretText(secrets.token_urlsafe(18)) for name in ROLES}
    table = make_table("who", "role", "which lets them")
    for name, role in ROLES.items():
        workspace.accounts.add_user(name, passwords[name], "demonstration")
        workspace.grants.grant(f"user:{name}", role, reason="demonstration")
        fill(table, [(f"user:{name}", role, LETS[name])])
    stage.show(table)
    for name, role in ROLES.items():
        stage.command(f"lockgate reveal {token[:24]}… --purpose '{WHY}'", f"as {name}")
        came = _asks(stage, workspace, name, passwords[name], token)
        stage.facts[f"reveal_by_{role}"] = came
    stage.tell("Both are on record: who asked for what, why, and by which policy it was decided.")


def _asks(stage: Stage, workspace: Workspace, name: str, password: SecretText, token: str) -> str:
    """What came of it: ``allowed`` or the code of the refusal."""
    tokens = log_in(workspace.project, record_of(workspace), name, password)
    with Workspace.open(workspace.project.folder, token=tokens.access) as theirs:
        try:
            (value,) = theirs.reveal_values([token], purpose=WHY)
        except AuthorisationDenied as refused:
            stage.show(cell(f"  {refused.code} ", "bold red") + cell(refused.message))
            stage.show(cell(f"  {refused.hint}", "dim"))
            return refused.code
    stage.show(cell("  ") + cell(value, "bold"))
    stage.facts["revealed"] = value.endswith((".com", ".org", ".net"))
    return "allowed"
