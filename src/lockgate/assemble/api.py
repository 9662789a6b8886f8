"""The public functions of the library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lockgate.assemble.library import LibraryGate, open_gate
from lockgate.assemble.token_bearer import GivenToken
from lockgate.assemble.workspace import Workspace


def open(  # noqa: A001 - ``lockgate.open`` reads as it does for files
    project: Path | str | None = None,
    *,
    passphrase: Callable[[], str] | None = None,
    token: GivenToken | None = None,
) -> Workspace:
    """Open a project by its folder or lockgate.yaml, else the nearest one upwards.

    Use it in a ``with`` statement. ``passphrase`` is asked if the root key needs one. Whoever
    ``token`` stands for acts (a ``SecretText``, or a function that gives one); without it who is
    logged in here, or outside production the folder's owner. Raises ConfigurationError with every
    problem of every file.
    """
    return Workspace.open(project, passphrase=passphrase, token=token)


@contextmanager
def unsafe_unrecorded_gate(
    project: Path | str | None,
    contract: str,
    zone: str,
    *,
    purpose: str,
    passphrase: Callable[[], str] | None = None,
    token: GivenToken | None = None,
) -> Iterator[LibraryGate]:
    """A gate whose calls are not recorded one by one: only that it was opened is.

    For loops so tight that an entry a call would be too much. Everything else is checked as ever.
    """
    with Workspace.open(project, passphrase=passphrase, token=token) as workspace:
        yield open_gate(
            workspace.project, workspace._context, contract, zone, purpose, recorded=False
        )
