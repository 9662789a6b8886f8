"""``state:`` of a project's file: where the state is kept, and what its database is opened with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lockgate.assemble.project_file_model import StateSection
from lockgate.assemble.project_file_problems import Problems
from lockgate.assemble.yaml_document import Document
from lockgate.secrets.reference import SecretReference

_HINT = "write state: {url: postgresql://host/database, password: secret://STORE/PATH}"


@dataclass(frozen=True, slots=True)
class StateSettings:
    """``sqlite``, or a postgresql:// URL without a password and the reference to one."""

    url: str = "sqlite"
    password: SecretReference | None = None


def read_state(data: Any, main: Document, problems: Problems) -> StateSettings:
    """Either form of ``state``. A password in the URL is refused: many read the file."""
    if isinstance(data, str):
        return _checked(StateSettings(data), main, problems)
    section = problems.model(StateSection, data, main, ("state",))
    if section is None:
        return StateSettings()
    settings = StateSettings(section.url, section.password)
    if section.url == "sqlite" and section.password is not None:
        where = main.locate(("state", "password"))
        problems.add("sqlite takes no password", where, "leave it out: the file is private")
    return _checked(settings, main, problems)


def _checked(settings: StateSettings, main: Document, problems: Problems) -> StateSettings:
    if settings.url == "sqlite":
        return settings
    where = main.locate(("state", "url"))
    hint = "use PGPASSFILE or the PG* variables; write postgresql://host/database"
    try:
        parts = urlsplit(settings.url)
        password = parts.password
    except ValueError:
        problems.add("state is sqlite or a database URL", where, hint)
        return StateSettings()
    if parts.scheme not in ("postgresql", "postgresql+psycopg"):
        problems.add("state is sqlite or a postgresql:// URL", where, hint)
    elif password is not None or "password" in parts.query.lower():
        problems.add("a password does not belong in this file", where, _HINT)
    return settings
