"""Rewrap: stored ciphertexts under the primary key again, so that old versions can go.

1. The file is frozen and looked through: how many values are under which key version.
2. A successor grows beside it, hidden, piece by piece; a journal says which pieces are in it. Who
   is killed goes on behind the last one.
3. The successor is read back: the same rows, no old frame left, and some of the new ones open.
4. ``rewrap.intent`` stands in the ledger; then the successor takes the file's place by one rename.
   ``data.rewrapped`` follows. A crash in between is finished by the next attempt.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from lockgate.errors import (
    EnvironmentFailed,
    IntegrityError,
    KeyUnavailable,
    LockgateError,
    Position,
)
from lockgate.keys.ports import KeyState
from lockgate.run.context import RunContext
from lockgate.run.ports import StagedFile
from lockgate.run.rewrap_commit import bring_to_its_end, put_in_place, same_bytes, still_primary
from lockgate.run.rewrap_journal import Begun, Journal, PieceDone
from lockgate.run.rewrap_pieces import remade, survey
from lockgate.run.rewrap_plan import (
    Counts,
    KeyFrames,
    RewrapPlan,
    key_frames,
    plan_rewrap,
    require_bound,
)
from lockgate.run.rewrap_ports import StoredFile, Successor

Progress = Callable[[str, int], None]
"""Called with what is being done (``counting``, ``rewrapping``, ``verifying``) and rows so far."""


class RewrapStatus(StrEnum):
    """What became of a file."""

    REWRAPPED = "rewrapped"
    UP_TO_DATE = "up-to-date"
    COUNTED = "counted"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class FileRewrap:
    """One file: what its values were under, and how many of them are under another key now.

    ``recovered``: an earlier attempt had come so far that only its end was missing.
    """

    path: str
    status: RewrapStatus
    rows: int
    values: int
    keys: tuple[KeyFrames, ...]
    to_keys: tuple[int, ...] = ()
    recovered: bool = False

    def leaves_old(self, column: str) -> bool:
        """Whether values of the column are still under another key than the primary one."""
        return any(
            keys.column == column and keys.state != KeyState.PRIMARY and not keys.rewrapped
            for keys in self.keys
        )


class Rewrapping:
    """Rewraps files one after another, for one purpose; ``domains``, if any, are the only ones.

    ``context`` has the keys that a permit for each of the files released.
    """

    def __init__(
        self,
        context: RunContext,
        purpose: str,
        domains: frozenset[str] = frozenset(),
        progress: Progress | None = None,
    ) -> None:
        self._context = context
        self._purpose = purpose
        self._domains = domains
        self._progress = progress or (lambda _doing, _rows: None)

    def count(self, file: StoredFile) -> FileRewrap:
        """How many values are under which key version; nothing is changed.

        Raises IntegrityError, SourceError, KeyUnavailable.
        """
        with file.opened(self._context.digest_key()):
            file.freeze()
            rows, counts = self._counted(file)
            require_bound(file.columns, counts, file.shown)
            return FileRewrap(file.shown, RewrapStatus.COUNTED, rows, 0, self._keys(counts))

    def leave_sealed(self, file: StoredFile) -> FileRewrap:
        """A file that is sealed as a whole stays as it is: what it holds is not looked at.

        Raises IntegrityError if the manifest lists another, SourceError.
        """
        with file.opened(self._context.digest_key()):
            rows = file.freeze().rows
        return FileRewrap(file.shown, RewrapStatus.SEALED, rows, 0, ())

    def rewrap(self, file: StoredFile) -> FileRewrap:
        """Bring every old ciphertext of the file under its domain's primary key.

        Raises KeyUnavailable for frames that no key opens, IntegrityError for a file that is not as
        released, SourceError for one that changes meanwhile, EnvironmentFailed if another process
        is at it. The file is the old one then, whole.
        """
        held = self._context.state.exclusive(f"rewrap of {file.identity}")
        with held, file.opened(self._context.digest_key()):
            left = Journal.found(Journal.at(self._context.home, file.identity))
            present = file.freeze()
            if left is not None and bring_to_its_end(
                self._context, file, present, left, self._purpose
            ):
                return self._outcome(file, left.begun, recovered=True)
            journal = self._begun(file, present, left)
            return (
                self._outcome(file, journal.begun)
                if self._done(file, journal)
                else (self._up_to_date(file, journal))
            )

    def _begun(self, file: StoredFile, present: StagedFile, left: Journal | None) -> Journal:
        """The journal of an earlier attempt on these very bytes, for these very keys, or a new one.

        Raises KeyUnavailable for frames that no key opens.
        """
        known = left is not None and same_bytes(left.begun.old, present)
        kept = (left.begun.old.rows, _counts(left.begun)) if left is not None and known else None
        rows, counts = kept or self._counted(file)
        plan = self._plan(file, counts)
        if left is not None and known and dict(left.begun.targets) == dict(plan.targets):
            return left
        begun = Begun(
            secrets.token_hex(16),
            replace(present, rows=rows),
            plan.from_keys,
            plan.targets,
            plan.values,
            tuple(
                (name, algorithm, number, values)
                for name, found in counts.items()
                for (algorithm, number), values in found.items()
            ),
        )
        return Journal(Journal.at(self._context.home, file.identity), begun)

    def _done(self, file: StoredFile, journal: Journal) -> bool:
        """Replace the file; False if nothing in it is old."""
        plan = self._plan(file, _counts(journal.begun))
        successor = file.successor()
        if not plan.columns:
            successor.remove()
            journal.drop()
            return False
        try:
            self._make(file, journal, plan, successor)
            new = self._verified(file, journal, plan, successor)
            put_in_place(self._context, file, journal, new, self._purpose)
        except EnvironmentFailed:
            raise  # what is made stays, for the next attempt
        except LockgateError:
            successor.remove()
            journal.drop()
            raise
        finally:
            successor.close()
        return True

    def _make(
        self, file: StoredFile, journal: Journal, plan: RewrapPlan, successor: Successor
    ) -> None:
        """Write what is not in the successor yet."""
        journal.pieces = _proven(journal, successor)
        last = journal.pieces[-1] if journal.pieces else PieceDone(0, 0, 0, "")
        successor.truncate(last.written)
        journal.write()
        rows = last.rows
        for made in remade(self._context, file.pieces(last.read), plan, successor):
            if made.damaged is not None:
                raise made.damaged.error(rows, file.shown)
            successor.append(made.data)
            rows += made.rows
            journal.add(PieceDone(made.read, successor.size, rows, made.digest))
            self._progress("rewrapping", rows)

    def _verified(
        self, file: StoredFile, journal: Journal, plan: RewrapPlan, successor: Successor
    ) -> StagedFile:
        """Read the successor back, and remember that it is whole. Raises IntegrityError."""
        new = successor.finish(journal.begun.old.rows)
        told = self._telling("verifying")
        names = tuple(column.name for column in file.columns)
        rows, found = survey(self._context, successor.pieces(), names, file.shown, told, plan)
        before = _counts(journal.begun)
        counted = {name: before.get(name, Counter()) for name in names}
        if rows != journal.begun.old.rows or not plan.holds(counted, found):
            raise IntegrityError(
                "the new file does not hold what the old one does", where=Position(file.shown)
            )
        if not still_primary(self._context, journal.begun):
            raise KeyUnavailable(
                "a key domain was rotated while its values were rewrapped",
                where=Position(file.shown),
                hint="run it again: the file is as it was",
            )
        journal.finish(new, self._context.state.ledger.head().size)
        return new

    def _counted(self, file: StoredFile) -> tuple[int, Counts]:
        names = tuple(column.name for column in file.columns)
        told = self._telling("counting")
        return survey(self._context, file.pieces(), names, file.shown, told)

    def _plan(self, file: StoredFile, counts: Counts) -> RewrapPlan:
        return plan_rewrap(self._context, file.columns, counts, self._domains, file.shown)

    def _telling(self, doing: str) -> Callable[[int], None]:
        return lambda rows: self._progress(doing, rows)

    def _keys(self, counts: Counts, left: Sequence[int] = ()) -> tuple[KeyFrames, ...]:
        versions = {version.number: version for version in self._context.keys.versions()}
        return key_frames(versions, counts, left)

    def _outcome(self, file: StoredFile, begun: Begun, *, recovered: bool = False) -> FileRewrap:
        to_keys = tuple(sorted(set(begun.targets.values())))
        keys = self._keys(_counts(begun), begun.from_keys)
        done, rows = RewrapStatus.REWRAPPED, begun.old.rows
        return FileRewrap(file.shown, done, rows, begun.values, keys, to_keys, recovered)

    def _up_to_date(self, file: StoredFile, journal: Journal) -> FileRewrap:
        keys, rows = self._keys(_counts(journal.begun)), journal.begun.old.rows
        return FileRewrap(file.shown, RewrapStatus.UP_TO_DATE, rows, 0, keys)


def _counts(begun: Begun) -> Counts:
    counts: dict[str, Counter[tuple[int, int]]] = {}
    for name, algorithm, number, values in begun.counts:
        counts.setdefault(name, Counter())[algorithm, number] = values
    return counts


def _proven(journal: Journal, successor: Successor) -> list[PieceDone]:
    """The pieces that are in the successor as they were written, up to the first that is not."""
    proven: list[PieceDone] = []
    at, size = 0, successor.size
    for piece in journal.pieces:
        if piece.written > size or successor.digest(at, piece.written) != piece.digest:
            break
        proven.append(piece)
        at = piece.written
    return proven
