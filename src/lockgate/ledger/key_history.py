"""What the ledger knows of each key: what it was used for, and whether it was destroyed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lockgate.keys.names import SEAL_PREFIX
from lockgate.keys.ports import KeyState, KeyVersion
from lockgate.ledger.entry import Entry
from lockgate.ledger.event import DataRewrapped, Event, GateReleased, ReleaseIntent
from lockgate.ledger.key_events import (
    KeyCreated,
    KeyDestroyed,
    KeyDestructionCancelled,
    KeyDestructionScheduled,
    KeyRotated,
    KeysImported,
)
from lockgate.ledger.key_places import KeyPlaces

_ENDED = (KeyState.PENDING_DESTRUCTION, KeyState.DESTROYED)
LIBRARY = "library"
"""Stands for the pipeline where a program used the gate itself."""


@dataclass(slots=True)
class KeyUsage:
    """Releases that a key took part in: rows are those released by them, once a sink.

    ``sealed_by`` are the pipelines whose releases with it were sealed as a whole, in some sink.
    ``rewrapped_from`` files were under it and came under a newer one, ``rewrapped_to`` are under it
    by that way.
    """

    pipelines: set[str] = field(default_factory=set)
    zones: set[str] = field(default_factory=set)
    releases: int = 0
    rows: int = 0
    last_at: datetime | None = None
    last_run: str | None = None
    sealed_by: set[str] = field(default_factory=set)
    rewrapped_from: int = 0
    rewrapped_to: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """A key waits to be destroyed: since when, and until when."""

    since: datetime
    until: datetime


@dataclass(slots=True)
class KeyHistory:
    """By key number: its use, its domain, its wait, and when it was destroyed.

    ``open_only`` are those that came back after they had been destroyed. ``latest`` is the
    latest time of any entry; None for an empty ledger.
    """

    usage: dict[int, KeyUsage] = field(default_factory=dict)
    made: dict[int, str] = field(default_factory=dict)
    waiting: dict[int, Wait] = field(default_factory=dict)
    destroyed: dict[int, datetime] = field(default_factory=dict)
    open_only: set[int] = field(default_factory=set)
    latest: datetime | None = None
    places: KeyPlaces = field(default_factory=KeyPlaces)

    @classmethod
    def read(cls, entries: Iterable[Entry]) -> KeyHistory:
        """One pass over the ledger; memory grows with the number of keys only."""
        history = cls()
        for entry in entries:
            event = entry.event
            history.latest = max(history.latest or event.at, event.at)
            history._note_use(event)
            history._note_life(event)
            history.places.note(event)
        return history

    def contradictions(self, versions: Sequence[KeyVersion]) -> tuple[str, ...]:
        """Where the stored keys are not what the ledger says they became, in words."""
        stored = {version.number: version for version in versions}
        found = [
            f"key {number} of {self.made[number]!r} is missing"
            for number in sorted(set(self.made) - set(stored))
        ]
        for number, at in sorted(self.destroyed.items()):
            version = stored.get(number)
            if version is not None and version.state is not KeyState.DESTROYED:
                found.append(
                    f"key {number} of {version.domain!r} was destroyed on {at:%Y-%m-%d} and is back"
                )
        for number in sorted(self.open_only):
            version = stored.get(number)
            if version is not None and version.state is KeyState.PRIMARY:
                found.append(f"key {number} of {version.domain!r} came back to open, and protects")
        for number, wait in sorted(self.waiting.items()):
            version = stored.get(number)
            if version is not None and version.state not in _ENDED:
                found.append(
                    f"key {number} of {version.domain!r} should wait to be destroyed since"
                    f" {wait.since:%Y-%m-%d}, and opens"
                )
        found += self.places.contradictions(versions, set(self.destroyed), self.open_only)
        return (*found, *self.other_days(versions))

    def last_number(self) -> int:
        """The highest key number that was recorded; 0 if none was."""
        return max(self.made, default=0)

    def other_days(self, versions: Sequence[KeyVersion]) -> tuple[str, ...]:
        """Versions that wait to be destroyed on another day than the ledger says, in words."""
        found = []
        for version in versions:
            wait = self.waiting.get(version.number)
            if version.state is not KeyState.PENDING_DESTRUCTION:
                continue
            name = f"key {version.number} of {version.domain!r}"
            if wait is None:
                found.append(f"{name} waits to be destroyed, and nobody asked for that")
            elif version.destroy_at != wait.until:
                found.append(f"{name} is to be destroyed on {wait.until:%Y-%m-%d}, not as stored")
        return tuple(found)

    def _note_use(self, event: Event) -> None:
        match event:
            case ReleaseIntent():
                self._release(event)
            case GateReleased():
                zones, rows = {event.zone}, event.rows_accepted
                self._used(event.key_numbers, LIBRARY, zones, rows, event.at, None)
            case DataRewrapped() if event.record.values:  # not the contract beside the data
                for number in event.record.from_keys:
                    self._of(number).rewrapped_from += 1
                for number in event.record.to_keys:
                    self._of(number).rewrapped_to += 1
            case _:
                pass

    def _note_life(self, event: Event) -> None:
        match event:
            case KeyCreated() | KeyRotated():
                self.made[event.key_number] = event.domain
            case KeyDestructionScheduled():
                self.waiting[event.key_number] = Wait(event.at, event.destroy_at)
            case KeyDestructionCancelled():
                self.waiting.pop(event.key_number, None)
            case KeyDestroyed():
                self.waiting.pop(event.key_number, None)
                self.destroyed[event.key_number] = event.at
            case KeysImported():
                self._came_in(event)
            case _:
                pass

    def _came_in(self, event: KeysImported) -> None:
        for number in event.resurrected:
            self.destroyed.pop(number, None)
            self.open_only.add(number)
        self.open_only |= set(event.open_only)
        for number in event.spared:
            self.waiting.pop(number, None)
        for key in event.keys:
            self.made[key.number] = key.domain
            if key.state == KeyState.DESTROYED:
                self.destroyed[key.number] = event.at

    def _of(self, number: int) -> KeyUsage:
        return self.usage.setdefault(number, KeyUsage())

    def _release(self, event: ReleaseIntent) -> None:
        receipt = event.receipt
        zones = {outcome.zone for outcome in receipt.outcomes}
        rows = sum(outcome.rows for outcome in receipt.outcomes)
        numbers = receipt.key_numbers
        self._used(numbers, receipt.pipeline, zones, rows, event.at, receipt.run_id)
        if any(self.made.get(number, "").startswith(SEAL_PREFIX) for number in numbers):
            for number in numbers:
                self._of(number).sealed_by.add(receipt.pipeline)

    def _used(
        self,
        numbers: Iterable[int],
        pipeline: str,
        zones: set[str],
        rows: int,
        at: datetime,
        run_id: str | None,
    ) -> None:
        for number in numbers:
            usage = self._of(number)
            usage.pipelines.add(pipeline)
            usage.zones |= zones
            usage.releases += 1
            usage.rows += rows
            usage.last_at, usage.last_run = at, run_id
