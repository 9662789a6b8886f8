"""Environment variables as a secret store: ``secret://env/NAME``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from lockgate.errors import SecretMissing
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secret import SecretText
from lockgate.secrets.fields import secret_of
from lockgate.secrets.ports import Lease

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")


class EnvironmentStore:
    """A ``SecretStore`` of this process's variables; ``prefix`` is put before every name."""

    def __init__(
        self,
        prefix: str = "",
        variables: Mapping[str, str] = os.environ,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._prefix = prefix
        self._variables = variables
        self._limits = limits

    def fetch(self, path: str, field: str) -> Lease:
        """The variable ``path``. Its version is always ``process``: nobody counts its changes."""
        return Lease(variable(self._variables, self._prefix + path, field, self._limits), "process")


def variable(variables: Mapping[str, str], name: str, field: str, limits: Limits) -> SecretText:
    """A variable's value. Raises SecretMissing, SecretUnavailable."""
    if not _NAME.fullmatch(name):
        raise SecretMissing("no variable can have this name", hint="letters, digits and _")
    if name not in variables:
        raise SecretMissing("the variable is not set", hint=f"set {name} where this runs")
    return secret_of(variables[name], field, limits)
