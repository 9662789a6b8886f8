"""Which secrets a project refers to, and whether each can be read now. No value is given out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lockgate.assemble.project_file import Project
from lockgate.assemble.secret_references import references_of
from lockgate.errors import LockgateError, Position, SecretDenied, SecretMissing
from lockgate.secrets.reference import SecretReference
from lockgate.secrets.resolver import Secrets

_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class ReferenceUse:
    """A reference, the kind of its store, and every place where it is written.

    ``kind`` is empty where the project has no such store; ``reference`` is None for a text that
    begins like a reference and is none.
    """

    reference: SecretReference | None
    kind: str
    places: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class SecretState:
    """What reading one reference gave: ``found``, ``missing``, ``denied`` or ``failed``."""

    use: ReferenceUse
    state: str
    version: str = ""
    expires_at: datetime | None = None
    why: str = ""
    hint: str = ""


def reference_uses(project: Project) -> list[ReferenceUse]:
    """Every reference in the project's files, each once, by name."""
    places: dict[SecretReference | None, list[Position]] = {}
    for written in references_of(project):
        places.setdefault(written.reference, []).append(written.where)
    return [
        ReferenceUse(reference, _kind(project, reference), tuple(places[reference]))
        for reference in sorted(places, key=str)
    ]


def check_secrets(
    project: Project, secrets: Secrets, told: Callable[[int, int], None] | None = None
) -> list[SecretState]:
    """Read every reference from its store, anew, and say what came of it.

    Several at once: a store that does not answer holds up its own only. ``told`` is called with
    how many of how many have answered.
    """
    uses = reference_uses(project)
    found: list[SecretState] = []
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        for state in pool.map(lambda use: _checked(use, secrets), uses):
            found.append(state)
            if told is not None:
                told(len(found), len(uses))
    return found


def _checked(use: ReferenceUse, secrets: Secrets) -> SecretState:
    if use.reference is None:
        hint = "write secret://STORE/PATH or secret://STORE/PATH#FIELD"
        return SecretState(use, "failed", why="this is no reference to a secret", hint=hint)
    try:
        secrets.refresh(use.reference)
        lease = secrets.lease(use.reference)
    except LockgateError as error:
        return SecretState(use, _state(error), why=error.message, hint=error.hint)
    return SecretState(use, "found", lease.version, lease.expires_at)


def _kind(project: Project, reference: SecretReference | None) -> str:
    section = None if reference is None else project.secrets.get(reference.store)
    return "" if section is None else section.store


def _state(error: LockgateError) -> str:
    if isinstance(error, SecretMissing):
        return "missing"
    return "denied" if isinstance(error, SecretDenied) else "failed"
