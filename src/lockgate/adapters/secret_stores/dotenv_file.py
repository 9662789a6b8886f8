"""A ``.env`` file as a secret store, for development only: ``secret://dotenv/NAME``.

The project's file refuses it in production. The file is private like a key's, nothing in it is
expanded, and nothing of it reaches this process's environment, which children would inherit.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from lockgate.adapters.private_files import exists, read_private
from lockgate.adapters.secret_stores.environment import variable
from lockgate.errors import EnvironmentFailed, SecretDenied, SecretMissing, SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secrets.fields import text_of
from lockgate.secrets.ports import Lease


class DotenvStore:
    """A ``SecretStore`` over one ``.env`` file, read anew at every fetch."""

    def __init__(self, file: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self._file = file
        self._limits = limits

    def fetch(self, path: str, field: str) -> Lease:
        """The line ``path=value``. Its version is when the file was written.

        Raises SecretMissing, SecretUnavailable; SecretDenied if others can read the file.
        """
        if not exists(self._file):
            raise SecretMissing(f"there is no file {self._file.name}", hint="make it, mode 0600")
        written = datetime.fromtimestamp(self._file.lstat().st_mtime, UTC)
        values = {name: value for name, value in self._values().items() if value is not None}
        return Lease(variable(values, path, field, self._limits), f"{written:%Y-%m-%dT%H:%M:%SZ}")

    def _values(self) -> dict[str, str | None]:
        try:
            text = text_of(read_private(self._file), self._limits)
        except EnvironmentFailed as error:
            raise SecretDenied(error.message, hint=error.hint) from None
        try:
            from dotenv import dotenv_values
        except ModuleNotFoundError:
            raise SecretUnavailable(
                "reading .env needs python-dotenv", hint="pip install python-dotenv"
            ) from None

        return dotenv_values(stream=StringIO(text), interpolate=False)
