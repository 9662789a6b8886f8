"""The token that a platform has put into a file for this process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from lockgate.access.settings import ProviderKind
from lockgate.adapters.private_files import exists
from lockgate.assemble.kept_log_ins import BUILT_IN
from lockgate.assemble.project_file import Project
from lockgate.errors import AuthenticationFailed, UsageError
from lockgate.secret import SecretText

TOKEN_FILE: Final = "LOCKGATE_TOKEN_FILE"  # noqa: S105 - a variable's name
PROVIDER: Final = "LOCKGATE_PROVIDER"


def wanted_provider(project: Project) -> str:
    """The provider that ``LOCKGATE_PROVIDER`` names, "" without one.

    Raises AuthenticationFailed for a name that is no provider of the project: whoever was meant,
    nobody else acts instead.
    """
    name = os.environ.get(PROVIDER, "")
    if name and name != BUILT_IN and name not in project.access.providers:
        raise AuthenticationFailed(
            f"{PROVIDER} names no provider of this project",
            hint="name one of access.providers, or unset it",
        )
    return name


def token_file(project: Project) -> SecretText | None:
    """The token as it stands now; None where no file is named, and no workload has one.

    Raises AuthenticationFailed for a file that is there and not safe to use, or that
    ``LOCKGATE_PROVIDER`` counts on and is not there.
    """
    path = _path(project)
    if path is None:
        return None
    from lockgate.adapters.identity_providers.oidc.workload_file import read_token_file

    return read_token_file(path)


def _path(project: Project) -> Path | None:
    """The file named for this process, else the one that the project expects and that is there.

    A broken link is there. So is the file of a provider that is named: who reads it finds out.
    """
    wanted = wanted_provider(project)
    named = os.environ.get(TOKEN_FILE)
    if named:
        return Path(named)
    expected = [
        (spec.name, project.folder / spec.token_file)
        for spec in project.access.providers.values()
        if spec.kind is ProviderKind.WORKLOADS and spec.token_file
    ]
    there = [
        (name, path) for name, path in expected if wanted == name or (not wanted and exists(path))
    ]
    if len(there) > 1:
        raise UsageError(
            "there are token files of several providers: " + ", ".join(name for name, _ in there),
            hint=f"name one of them in {PROVIDER}",
        )
    return there[0][1] if there else None
