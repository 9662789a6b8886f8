"""A new project: its file, its keys, its ledger. Everything is made or nothing is."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from lockgate.access.principal import current_principal
from lockgate.adapters.key_services.ledger_key import create_ledger_key
from lockgate.adapters.key_services.local import LocalKeyService
from lockgate.adapters.private_files import private_folder
from lockgate.assemble.gate_of_access import open_gatekeeper
from lockgate.assemble.project_file import FILE_NAME, load_project
from lockgate.assemble.project_file_keys import ROOT_KEY
from lockgate.assemble.project_write import new_project_text
from lockgate.assemble.resources import LEDGER_KEY, now, open_context, open_record
from lockgate.assemble.secret_stores import open_secrets
from lockgate.errors import EnvironmentFailed, UsageError
from lockgate.ledger.event import LedgerCreated
from lockgate.secret import SecretBytes

PURPOSE = "project creation"


def create_project(
    folder: Path,
    name: str,
    *,
    passphrase: SecretBytes | None = None,
    state: str = "sqlite",
    contracts: Mapping[str, Any] | None = None,
    pipelines: Mapping[str, Any] | None = None,
    roots: Mapping[str, list[str]] | None = None,
) -> Path:
    """Make ``folder`` a project and return its lockgate.yaml.

    ``state`` is ``sqlite`` or a postgresql:// URL without a password. The ledger begins there.

    Raises UsageError if there is one already, EnvironmentFailed if the system refuses; then what
    was made on the way is removed.
    """
    file, home = folder / FILE_NAME, folder / ".lockgate"
    taken = UsageError("a project is there already", hint=f"see {file}, or choose another folder")
    if file.exists():
        raise taken
    made = _claim(folder, home, taken)
    try:
        _fill(
            folder,
            name,
            passphrase,
            {
                "state": state,
                "contracts": contracts or {},
                "pipelines": pipelines or {},
                "roots": roots,
            },
        )
    except BaseException as error:
        shutil.rmtree(home, ignore_errors=True)  # ours: _claim made it
        file.unlink(missing_ok=True)
        if made:
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise EnvironmentFailed(
                f"the project could not be made: {error.strerror}", hint="choose another folder"
            ) from None
        raise
    return file


def _claim(folder: Path, home: Path, taken: UsageError) -> bool:
    """Make the private folder, which only one process can; whether ``folder`` was made too."""
    try:
        made = not folder.exists()
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        home.mkdir(mode=0o700)
    except FileExistsError:
        raise taken from None
    except OSError as error:
        raise EnvironmentFailed(
            f"the project could not be made: {error.strerror}", hint="choose another folder"
        ) from None
    return made


def _fill(
    folder: Path,
    name: str,
    passphrase: SecretBytes | None,
    declared: Mapping[str, Any],
) -> None:
    home = private_folder(folder / ".lockgate")
    if passphrase is None:
        LocalKeyService.create(home / ROOT_KEY)
    else:
        LocalKeyService.create_with_passphrase(home / ROOT_KEY, passphrase)
    signer = create_ledger_key(home / LEDGER_KEY)
    (home / ".gitignore").write_text("*\n", encoding="ascii")
    (home / ".gitignore").chmod(0o600)
    text = new_project_text(
        name,
        base64.b64encode(signer.public_key).decode(),
        protection="file" if passphrase is None else "passphrase",
        **declared,
    )
    file = folder / FILE_NAME
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as out:
        out.write(text.encode())
    file.chmod(0o644)  # whatever the umask: it decides what is released
    project = load_project(file)
    with ExitStack() as resources:
        reveal = (lambda: passphrase.reveal().decode()) if passphrase is not None else None
        secrets = open_secrets(project, now)
        record = open_record(project, resources, secrets)
        gatekeeper = open_gatekeeper(project, record, current_principal)
        open_context(project, record, reveal, resources, secrets, gatekeeper)
        record.append(
            LedgerCreated(project=name, at=now(), principal=current_principal().id, purpose=PURPOSE)
        )
