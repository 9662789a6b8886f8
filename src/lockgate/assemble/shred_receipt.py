"""What is told of a person's destroyed key: who did it, when and why, what died, what is left."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lockgate.adapters.private_files import create_private
from lockgate.assemble.shred_scope import Scope
from lockgate.errors import UsageError

FORMAT = "shred receipt 1"
_DIGEST = 32
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class ShredReceipt:
    """The receipt. Nothing in it names the person.

    ``subjects`` are keyed digests (hex), one a key that was destroyed; empty if there was none.
    ``domain`` is the key domain of the contracts, or the one named; ``domains`` are those under
    which there was a key, ``elsewhere`` those where one was left because another was named,
    ``unsearched`` those whose index key is destroyed.
    ``runs`` are the releases whose manifest names the person, ``runs_unread`` those that have none
    any more. ``backups_until``: when the last backup that may hold the key is gone.
    ``entry``: it was made later, from the ledger's entry of that number, which does not tell who
    it was; so ``runs_unread`` are all releases.
    """

    at: datetime
    project: str
    principal: str
    purpose: str
    domain: str
    domains: tuple[str, ...]
    subjects: tuple[str, ...]
    state: str
    backups_until: datetime
    scope: Scope
    runs: tuple[str, ...] = ()
    runs_unread: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    unsearched: tuple[str, ...] = ()
    erased_bytes_remain: bool = False
    entry: int | None = None

    @property
    def destroyed(self) -> bool:
        """Whether there was a key to destroy."""
        return bool(self.subjects)

    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        scope = asdict(self.scope)
        del scope["runs"]
        return {
            "lockgate": FORMAT,
            "at": self.at.isoformat(),
            "project": self.project,
            "principal": self.principal,
            "purpose": self.purpose,
            "domain": self.domain,
            "domains": list(self.domains),
            "elsewhere": list(self.elsewhere),
            "unsearched": list(self.unsearched),
            "erased_bytes_remain": self.erased_bytes_remain,
            "destroyed": self.destroyed,
            "subjects": list(self.subjects),
            "state": self.state,
            "backups_until": self.backups_until.isoformat(),
            "runs": list(self.runs),
            "runs_unread": list(self.runs_unread),
            **({} if self.entry is None else {"entry": self.entry}),
            **scope,
        }

    def write(self, path: Path) -> None:
        """Write it to a new 0600 file. Raises EnvironmentFailed."""
        create_private(path, (json.dumps(self.document(), indent=2) + "\n").encode())


def digests_in(paths: Iterable[Path]) -> Sequence[str]:
    """The digests in receipts that were kept elsewhere. Raises UsageError for what is none."""
    found: list[str] = []
    for path in paths:
        try:
            with path.open("rb") as file:
                document = json.loads(file.read(_MOST))
            subjects = document["subjects"] if document["lockgate"] == FORMAT else None
        except (OSError, ValueError, KeyError, TypeError):
            subjects = None
        if not isinstance(subjects, list) or not all(_is_digest(one) for one in subjects):
            raise UsageError(f"{path.name} is no receipt of a shredding")
        found += subjects
    return found


def _is_digest(value: object) -> bool:
    return (
        isinstance(value, str) and len(value) == _DIGEST and set(value) <= set("0123456789abcdef")
    )
