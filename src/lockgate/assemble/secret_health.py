"""Which secrets a project refers to, and whether each can be read now. No value is given out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lockgate.assemble.project_file import Project
from lockgate.assemble.secret_references import references_of
from lockgate.errors import LockgateError, Position, SecretDenied, SecretMissing
from lockgate.secrets.reference import SecretReference
from lockgate.secrets.resolver import Secrets


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


def check_secrets(project: Project, secrets: Secrets) -> Iterator[SecretState]:
    """Read every reference from its store, anew, and say what came of it."""
    for use in reference_uses(project):
        if use.reference is None:
            hint = "write secret://STORE/PATH or secret://STORE/PATH#FIELD"
            yield SecretState(use, "failed", why="this is no reference to a secret", hint=hint)
            continue
        try:
            secrets.refresh(use.reference)
            lease = secrets.lease(use.reference)
        except LockgateError as error:
            yield SecretState(use, _state(error), why=error.message, hint=error.hint)
        else:
            yield SecretState(use, "found", lease.version, lease.expires_at)


def _kind(project: Project, reference: SecretReference | None) -> str:
    section = None if reference is None else project.secrets.get(reference.store)
    return "" if section is None else section.store


def _state(error: LockgateError) -> str:
    if isinstance(error, SecretMissing):
        return "missing"
    return "denied" if isinstance(error, SecretDenied) else "failed"
