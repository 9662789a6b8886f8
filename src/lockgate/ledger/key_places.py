"""What the ledger says each key is: of which domain and use, which version, made when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lockgate.keys.ports import DOMAIN_USES, KeyState, KeyVersion
from lockgate.ledger.event import Event
from lockgate.ledger.key_events import ImportedKey, KeyCreated, KeyRotated, KeysImported

_SLACK = timedelta(hours=1)
"""Between the making of a key and its entry lies a transaction; ages of keys count in days."""


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A key as it was recorded. ``at`` is None where an entry does not say when it was made."""

    domain: str
    use: str
    version: int
    at: datetime | None


@dataclass(slots=True)
class KeyPlaces:
    """By key number what was recorded, and by domain and use the number that protects.

    ``whole``: every key's making is told. Entries of older imports do not list theirs.
    """

    places: dict[int, KeyPlace] = field(default_factory=dict)
    protects: dict[tuple[str, str], int] = field(default_factory=dict)
    whole: bool = True

    def note(self, event: Event) -> None:
        """Take in one event, in the ledger's order."""
        match event:
            case KeyCreated() | KeyRotated():
                number = event.key_number
                self.places[number] = KeyPlace(event.domain, event.use, event.version, event.at)
                self.protects[event.domain, event.use] = number
            case KeysImported():
                self.whole = self.whole and bool(event.keys or not event.key_numbers)
                for key in event.keys:
                    self._came_in(key)
            case _:
                pass

    def contradictions(
        self, versions: Sequence[KeyVersion], destroyed: set[int], open_only: set[int]
    ) -> Iterator[str]:
        """Where stored versions are not what was recorded, in words."""
        stored = {version.number: version for version in versions}
        for version in versions:
            name = f"key {version.number} of {version.domain!r}"
            place = self.places.get(version.number)
            if place is None:
                if self.whole:
                    yield f"{name} is there, and its making was not recorded"
                continue
            if (place.domain, place.use, place.version) != _place(version):
                yield (
                    f"{name} is stored as {version.use.value} v{version.version}, and was made as"
                    f" {place.use} v{place.version} of {place.domain!r}"
                )
            if place.at is not None and abs(place.at - version.created_at) > _SLACK:
                yield f"{name} was made on {place.at:%Y-%m-%d}, not when it is stored to be"
            if version.state is KeyState.DESTROYED and version.number not in destroyed:
                yield f"{name} is stored as destroyed, and its destruction was not recorded"
        for (domain, use), number in sorted(self.protects.items()):
            found = stored.get(number)
            demoted = found is not None and found.state is KeyState.DECRYPT_ONLY
            if demoted and use in DOMAIN_USES and number not in open_only:
                yield f"key {number} of {domain!r} should protect, and opens only"

    def _came_in(self, key: ImportedKey) -> None:
        self.places[key.number] = KeyPlace(key.domain, key.use, key.version, key.created_at)
        place = key.domain, key.use
        if key.state == KeyState.PRIMARY:
            self.protects[place] = key.number
            return
        before = self.places.get(self.protects.get(place, 0))
        if before is not None and before.version < key.version:
            del self.protects[place]  # a newer version came in, and it does not protect


def _place(version: KeyVersion) -> tuple[str, str, int]:
    return version.domain, version.use.value, version.version
