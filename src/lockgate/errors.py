"""One tree of errors: a stable code, where, which rule, and what to do next.

No message ever carries a value, a key or a credential: a caller that builds an
error names the rule, the column and the count, and nothing it read from data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final


class ExitCode(IntEnum):
    """What a process started as ``lockgate`` ends with (docs/reference/exit-codes.md)."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    CONFIGURATION = 3
    REFUSED = 4
    FILES = 5
    REJECTED = 6
    AUTHORISATION = 7
    INTEGRITY = 8
    ENVIRONMENT = 9


_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,24}:/{1,2}")
_STRUCK: Final = "[redacted]"


def _without_credentials(file: str) -> str:
    """An address without user, password and query; whatever has none of them as it is."""
    scheme = _SCHEME.search(file)
    if scheme is None:
        return file
    start, rest = file[: scheme.end()], file[scheme.end() :]
    who, at, place = rest.rpartition("@")
    # A secret may hold "/": only a name in a folder has it and no colon.
    if at and ("/" not in who or ":" in who):
        rest = _STRUCK + at + place
    address, mark, query = rest.partition("?")
    if "=" in query:
        rest = address + mark + _STRUCK
    return start + rest


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file: 1-based line and column, 0 where they are not known.

    ``file`` is shown to people, so an address keeps no credentials in it.
    """

    file: str
    line: int = 0
    column: int = 0

    def __post_init__(self) -> None:
        if "@" in self.file or "?" in self.file:
            object.__setattr__(self, "file", _without_credentials(self.file))

    def __str__(self) -> str:
        parts = [self.file]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the rule it breaks, where, and what to do."""

    code: str
    message: str
    where: Position | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.code} {self.message}{advice}"


class LockgateError(Exception):
    """Root of every error that Lockgate raises on purpose."""

    code: ClassVar[str] = "LG-000"
    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(
        self,
        message: str,
        *,
        where: Position | None = None,
        hint: str = "",
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint
        self.problems: tuple[Problem, ...] = tuple(problems)

    def __str__(self) -> str:
        return str(Problem(self.code, self.message, self.where, self.hint))


class InternalError(LockgateError):
    """An exception that nobody foresaw: its class, and in ``places`` where it went."""

    code = "LG-001"
    kind: str = ""
    places: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: str, places: Sequence[str]) -> InternalError:
        """For an exception of class ``kind``."""
        error = cls(
            f"internal error ({kind}): this is a defect in Lockgate, or in code of the project",
            hint="`places` of this error says where, without values; report it with them",
        )
        error.kind, error.places = kind, tuple(places)
        return error


class UsageError(LockgateError):
    """A command was called with words that do not fit together."""

    code = "LG-100"
    exit_code = ExitCode.USAGE


class ConfigurationError(LockgateError):
    """A project, contract, policy or pipeline file is malformed; ``problems`` lists all."""

    code = "LG-101"
    exit_code = ExitCode.CONFIGURATION


class ContractError(ConfigurationError):
    """A contract cannot be compiled: unknown type, constraint or key."""

    code = "LG-102"


class LabelError(ConfigurationError):
    """A label or state is malformed or not in the taxonomy."""

    code = "LG-103"


class PolicyError(ConfigurationError):
    """A zone or treatment is malformed or does not exist."""

    code = "LG-104"


class SqlRefused(ConfigurationError):
    """A SQL step cannot be traced, or does not fit its inputs; ``problems`` lists all."""

    code = "LG-105"


class StepRefused(ConfigurationError):
    """A step is not what an engine runs: its statement, its function, or a column's type."""

    code = "LG-106"


class PlanRefused(LockgateError):
    """The static check found a column that would reach a zone unprotected."""

    code = "LG-201"
    exit_code = ExitCode.REFUSED


class SourceError(LockgateError):
    """An input file cannot be read as what it was declared to be."""

    code = "LG-301"
    exit_code = ExitCode.FILES


class PathRefused(LockgateError):
    """A path leaves the project's declared roots or is not a plain file."""

    code = "LG-302"
    exit_code = ExitCode.FILES


class LimitExceeded(SourceError):
    """An input goes past one of the named limits (docs/reference/limits.md)."""

    code = "LG-303"


class TooManyRejected(LockgateError):
    """The rejected share is above the contract's ``max_rejected``: nothing was published."""

    code = "LG-401"
    exit_code = ExitCode.REJECTED


class TreatmentFailed(LockgateError):
    """A treatment met a value it cannot protect; nothing of the run is released."""

    code = "LG-402"
    exit_code = ExitCode.REJECTED


class StepFailed(LockgateError):
    """A step could not compute a value, or gave what it did not declare; nothing is released."""

    code = "LG-403"
    exit_code = ExitCode.REJECTED


class StepLimitExceeded(StepFailed):
    """A step went past one of the named limits (docs/reference/limits.md)."""

    code = "LG-404"


class AuthorisationDenied(LockgateError):
    """The principal may not do this, or the check itself could not be made."""

    code = "LG-501"
    exit_code = ExitCode.AUTHORISATION


class KeyUnavailable(LockgateError):
    """A key is missing, destroyed, unreadable or cannot be unwrapped."""

    code = "LG-502"
    exit_code = ExitCode.AUTHORISATION


class SecretUnavailable(LockgateError):
    """A secret's store does not answer, or what it gave cannot be used."""

    code = "LG-503"
    exit_code = ExitCode.AUTHORISATION


class SecretMissing(SecretUnavailable):
    """The store has no secret of that path and field."""

    code = "LG-504"


class SecretDenied(SecretUnavailable):
    """The store has not let us read the secret, or its place is not safe to read from."""

    code = "LG-505"


class AuthenticationFailed(LockgateError):
    """Who acts could not be verified; the message says no more, ``reason`` is for the ledger."""

    code = "LG-506"
    exit_code = ExitCode.AUTHORISATION
    reason: str = ""


class IntegrityError(LockgateError):
    """A frame, file, quarantine or ledger does not verify."""

    code = "LG-601"
    exit_code = ExitCode.INTEGRITY


class LedgerTampered(IntegrityError):
    """The ledger differs from what its checkpoints signed."""

    code = "LG-602"


class EnvironmentFailed(LockgateError):
    """The machine refused: disk full, read-only folder, missing permission, database down."""

    code = "LG-701"
    exit_code = ExitCode.ENVIRONMENT


class LedgerUnwritable(EnvironmentFailed):
    """The ledger could not be written, so nothing was released."""

    code = "LG-702"


class KernelError(LockgateError):
    """A columnar kernel was handed an array, key or parameter it does not take."""

    code = "LG-801"
