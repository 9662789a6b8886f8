"""The token that a platform has put into a file for this process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from lockgate.access.settings import ProviderKind
from lockgate.assemble.project_file import Project
from lockgate.errors import UsageError
from lockgate.secret import SecretText

TOKEN_FILE: Final = "LOCKGATE_TOKEN_FILE"  # noqa: S105 - a variable's name
PROVIDER: Final = "LOCKGATE_PROVIDER"


def token_file(project: Project) -> SecretText | None:
    """The token as it stands now; None where no file is named, and no workload has one.

    Raises AuthenticationFailed for a file that is there and not safe to use.
    """
    path = _path(project)
    if path is None:
        return None
    from lockgate.adapters.identity_providers.oidc.workload_file import read_token_file

    return read_token_file(path)


def _path(project: Project) -> Path | None:
    """The file named for this process, else the one that the project expects and that is there."""
    named = os.environ.get(TOKEN_FILE)
    if named:
        return Path(named)
    wanted = os.environ.get(PROVIDER)
    there = [
        (spec.name, path)
        for spec in project.access.providers.values()
        if spec.kind is ProviderKind.WORKLOADS
        and spec.token_file
        and (not wanted or wanted == spec.name)
        and (path := project.folder / spec.token_file).exists()
    ]
    if len(there) > 1:
        raise UsageError(
            "there are token files of several providers: " + ", ".join(name for name, _ in there),
            hint=f"name one of them in {PROVIDER}",
        )
    return there[0][1] if there else None
