"""When keys rotate by age, and how long they wait to be destroyed. Times are handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from lockgate.errors import IntegrityError
from lockgate.keys.names import is_reserved
from lockgate.keys.ports import KeyState, KeyUse, KeyVersion


@dataclass(frozen=True, slots=True)
class KeySchedule:
    """A project's days. ``rotate_days`` of a domain stands before the project's own.

    Backups of the state are kept for ``backup_days``, as the project says.
    ``unsafe_wait``: the days before a destruction are fewer than the floor allows.
    """

    destroy_after_days: int = 30
    backup_days: int = 35
    rotate_after_days: int | None = None
    rotate_days: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    unsafe_wait: bool = False

    def destroy_at(self, now: datetime) -> datetime:
        """When a destruction that is asked for now is due."""
        return now + timedelta(days=self.destroy_after_days)

    def backups_end(self, now: datetime) -> datetime:
        """When the last backup that was made until now is gone."""
        return now + timedelta(days=self.backup_days)

    def rotate_at(self, version: KeyVersion) -> datetime | None:
        """When the domain of a primary encryption key is due to rotate; None if never by age.

        Lockgate's own domains do not rotate by age: what they seal ends with its run or its day.
        Raises IntegrityError for a version from the end of time.
        """
        primary = version.state is KeyState.PRIMARY and version.use is KeyUse.ENCRYPTION
        if not primary or is_reserved(version.domain):
            return None
        days = self.rotate_days.get(version.domain, self.rotate_after_days)
        if days is None:
            return None
        try:
            return version.created_at + timedelta(days=days)
        except OverflowError:
            pass
        raise IntegrityError(
            f"key {version.number} of {version.domain!r} was made in {version.created_at.year},"
            " says the state",
            hint="the state was changed: restore it from a backup",
        )

    def due_to_rotate(
        self, versions: Sequence[KeyVersion], now: datetime
    ) -> tuple[KeyVersion, ...]:
        """The primary versions that are as old as they may get, by number."""
        return tuple(v for v in versions if (at := self.rotate_at(v)) is not None and at <= now)


def due_to_be_destroyed(versions: Sequence[KeyVersion], now: datetime) -> tuple[KeyVersion, ...]:
    """The versions whose waiting is over, by number."""
    return tuple(version for version in versions if is_due_to_be_destroyed(version, now))


def is_due_to_be_destroyed(version: KeyVersion, now: datetime) -> bool:
    """Whether a version waits for its destruction, and has waited long enough."""
    at = version.destroy_at
    return version.state is KeyState.PENDING_DESTRUCTION and at is not None and at <= now
