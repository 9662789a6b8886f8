"""The time of decisions: never before the latest one that a decision was made at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from lockgate.access.grant_rows import LATEST, LatestSeen
from lockgate.access.sealed_rows import AccessRows
from lockgate.errors import UsageError

STEP = timedelta(seconds=60)
"""How far the remembered time may be behind, as long as no end lies in between."""


class SeenClock:
    """Remembers the highest time seen, in the state.

    Written once a minute at most, and at once when something that was looked at has ended since:
    what was once seen as over stays over.
    """

    def __init__(self, rows: AccessRows) -> None:
        self._rows = rows
        self._here: datetime | None = None

    def now(self, at: datetime) -> datetime:
        """``at``, or the latest time seen if that is later."""
        return self.after(self._rows.latest.get(LATEST), at)

    def after(
        self, row: LatestSeen | None, at: datetime, ends: Iterable[datetime] = ()
    ) -> datetime:
        """The same, where the row was just read. ``ends`` of what is looked at."""
        seen = max((t for t in (self._here, row.at if row else None) if t), default=None)
        now = at if seen is None else max(at, seen)
        self._here = now
        kept = row.at if row else None
        if kept is None or now - kept >= STEP or any(kept < end <= now for end in ends):
            self._remember(now)
        return now

    def remember(self, at: datetime) -> None:
        """Keep the latest time for sure: for a denial, whose own transaction was undone."""
        row = self._rows.latest.get(LATEST)
        now = at if self._here is None else max(at, self._here)
        if row is None or row.at < now:
            self._remember(now)

    def _remember(self, now: datetime) -> None:
        for _ in range(100):  # each failure is somebody else's step forward
            row = self._rows.latest.get(LATEST)
            if row is None:
                try:
                    self._rows.latest.add(LatestSeen(LATEST, now))
                except UsageError:
                    continue
                return
            if row.at >= now or self._rows.latest.change(row, at=now) is not None:
                return
