"""A project that trusts a provider, and what its ledger says of log-ins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from identity_provider.running import AUDIENCE
from lockgate.assemble.create import create_project
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke


def trusting_project(folder: Path, issuer: str, more: str = "", audience: str = AUDIENCE) -> Path:
    """A project whose provider ``corp`` logs people in; ``more`` are further lines below it."""
    create_project(folder, "clinic")
    file = folder / "lockgate.yaml"
    file.write_text(
        file.read_text()
        + f"""
access:
  providers:
    corp:
      issuer: {issuer}
      audience: {audience}
      client_id: lockgate
      groups_claim: groups
      scopes: [openid, offline_access]
{more}"""
    )
    return folder


def told(project: Path) -> list[dict[str, Any]]:
    """Events about authentications and sessions, oldest first, as documents."""
    with Workspace.open(project) as workspace:
        entries = record_of(workspace).ledger.read()
        found = [json.loads(entry.event.model_dump_json()) for entry in entries]
    return [one for one in found if one["kind"].startswith(("authentication", "session"))]


def lockgate(*words: str, project: Path) -> int:
    """One command on the project, in this process."""
    return invoke([*words, "--project", str(project)])
