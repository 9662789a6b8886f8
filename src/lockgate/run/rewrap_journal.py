"""What a rewrap remembers of one file between attempts, in the project's private folder.

Lines of JSON: what is being done, then every piece that is in the successor, then the finished
successor. It holds counts, places and keyed digests, never a value. A line that a crash cut off is
a piece that is done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from lockgate.errors import EnvironmentFailed
from lockgate.run.ports import StagedFile

FORMAT = "lockgate.rewrap/1"
FOLDER = "rewrap"


@dataclass(frozen=True, slots=True)
class Begun:
    """What is being done: to which bytes, from which keys to which (by domain), how many values.

    ``counts`` says of each column how many frames are under which algorithm and key number.
    """

    rewrap_id: str
    old: StagedFile
    from_keys: tuple[int, ...]
    targets: Mapping[str, int]
    values: int
    counts: tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class PieceDone:
    """A piece in the successor: where the next begins in the old content and in the successor.

    ``rows`` are those up to here.
    """

    read: int
    written: int
    rows: int
    digest: str


@dataclass(slots=True)
class Journal:
    """One file's journal. ``finished`` is the successor, and how long the ledger was then."""

    path: Path
    begun: Begun
    pieces: list[PieceDone] = field(default_factory=list)
    finished: tuple[StagedFile, int] | None = None

    @classmethod
    def at(cls, home: Path, identity: str) -> Path:
        """Where the journal of a file lies."""
        folder = home / FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / f"{sha256(os.fsencode(identity)).hexdigest()[:32]}.jsonl"

    @classmethod
    def found(cls, path: Path) -> Self | None:
        """What an earlier attempt left; None if nothing that can be read."""
        with suppress(OSError, ValueError, KeyError, TypeError, IndexError):
            head, *rest = path.read_text(encoding="utf-8").split("\n")[:-1]
            journal = cls(path, _begun(json.loads(head)))
            for line in rest:
                journal._take(json.loads(line))
            return journal
        return None

    def _take(self, line: Mapping[str, Any]) -> None:
        if "finished" in line:
            self.finished = StagedFile(**line["finished"]), int(line["ledger"])
        else:
            self.pieces.append(_done(line))

    def write(self) -> None:
        """Write all of it, durably, in place of what is there. Raises EnvironmentFailed."""
        lines = [_head(self.begun), *map(_piece, self.pieces)]
        hidden = self.path.with_suffix(".new")
        failed = ""
        try:
            hidden.unlink(missing_ok=True)
            with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as to:
                to.write("".join(lines))
                to.flush()
                os.fsync(to.fileno())
            hidden.replace(self.path)
        except OSError as error:
            failed = os.strerror(error.errno or 0)
        if failed:
            raise EnvironmentFailed(f"the journal of the rewrap could not be written: {failed}")

    def add(self, piece: PieceDone) -> None:
        """Remember a piece. Raises EnvironmentFailed."""
        self.pieces.append(piece)
        self._append(_piece(piece), durable=False)

    def finish(self, new: StagedFile, ledger_size: int) -> None:
        """Remember, durably, that the successor is whole and verified. Raises EnvironmentFailed."""
        self.finished = new, ledger_size
        self._append(_line({"finished": asdict(new), "ledger": ledger_size}), durable=True)

    def _append(self, text: str, *, durable: bool) -> None:
        failed = ""
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
        except OSError as error:
            failed = os.strerror(error.errno or 0)
        if failed:
            raise EnvironmentFailed(f"the journal of the rewrap could not be written: {failed}")

    def drop(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)


def _line(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":")) + "\n"


def _done(line: Mapping[str, Any]) -> PieceDone:
    return PieceDone(int(line["r"]), int(line["w"]), int(line["n"]), str(line["d"]))


def _piece(piece: PieceDone) -> str:
    return _line({"r": piece.read, "w": piece.written, "n": piece.rows, "d": piece.digest})


def _head(begun: Begun) -> str:
    return _line({"format": FORMAT, **asdict(begun)})


def _begun(document: Mapping[str, Any]) -> Begun:
    if document["format"] != FORMAT:
        raise ValueError
    counts = tuple((str(c), int(a), int(n), int(k)) for c, a, n, k in document["counts"])
    targets = {str(domain): int(number) for domain, number in document["targets"].items()}
    return Begun(
        str(document["rewrap_id"]),
        StagedFile(**document["old"]),
        tuple(int(number) for number in document["from_keys"]),
        targets,
        int(document["values"]),
        counts,
    )
