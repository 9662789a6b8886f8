"""What rewrapping needs of the place where released files lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lockgate.protect.treatment import Place
from lockgate.run.ports import StagedFile


@dataclass(frozen=True, slots=True)
class FrameColumn:
    """A column of ciphertexts, by the contract beside the file: where its values belong.

    ``place`` is None for those that were made for another dataset and passed on. ``record`` names
    the columns that are the key of the row, if they are bound to it.
    """

    name: str
    place: Place | None
    record: tuple[str, ...] = ()


class Located(Protocol):
    """Whole rows of a file, and the frames in them."""

    @property
    def rows(self) -> int: ...

    def frames(self, column: str) -> pa.Array:
        """The column's frames (utf8 or binary), nulls left out."""
        ...

    def row_numbers(self, column: str) -> NDArray[np.int64]:
        """In which row of the piece, from 0, each of them stands."""
        ...

    def row_keys(self, columns: Sequence[str]) -> Sequence[pa.Array]:
        """Columns of every row, as they were released: those that records are made of."""
        ...

    def spliced(self, new: Mapping[str, pa.Array]) -> pa.Buffer:
        """The same bytes with other frames in their places."""
        ...


class FilePiece(Protocol):
    """Some bytes of a file, in whole rows. ``located`` may be called on any thread, once."""

    @property
    def end(self) -> int:
        """Where in the file's (unpacked) content the next piece begins."""
        ...

    def located(self) -> Located:
        """Find the frames. Raises IntegrityError, SourceError."""
        ...


class Successor(Protocol):
    """The file that is to take a stored file's place, while it is made, hidden beside it."""

    @property
    def size(self) -> int:
        """Bytes so far."""
        ...

    def digest(self, start: int, end: int) -> str:
        """Keyed digest (hex) of a part of it."""
        ...

    def truncate(self, size: int) -> None:
        """Leave the first ``size`` bytes."""
        ...

    def packed(self, data: pa.Buffer) -> pa.Buffer:
        """Bytes as this file holds them: compressed, if the stored file is. Any thread."""
        ...

    def append(self, data: pa.Buffer) -> None:
        """Write at the end. Raises EnvironmentFailed."""
        ...

    def finish(self, rows: int) -> StagedFile:
        """Make it durable, with the mode of the file it follows; its keyed digest."""
        ...

    def pieces(self) -> Iterator[FilePiece]:
        """What it holds, read back."""
        ...

    def close(self) -> None:
        """Let it lie. What was written stays for the next attempt."""
        ...

    def remove(self) -> None:
        """Remove it."""
        ...


class StoredFile(Protocol):
    """A released file. ``freeze`` comes first; what is read later must be those bytes."""

    @property
    def shown(self) -> str:
        """Its path, as it was declared."""
        ...

    @property
    def identity(self) -> str:
        """The same for the same file, whoever asks from where."""
        ...

    @property
    def columns(self) -> Sequence[FrameColumn]:
        """Columns that the contract says hold ciphertexts."""
        ...

    def opened(self, digest_key: bytes) -> AbstractContextManager[None]:
        """Hold the file open."""
        ...

    def freeze(self) -> StagedFile:
        """Name, size and keyed digest now; rows as the manifest says, else 0.

        Raises IntegrityError if a manifest beside it does not list these bytes.
        """
        ...

    def pieces(self, at: int = 0) -> Iterator[FilePiece]:
        """Its content from ``at``, where a piece began. Raises SourceError if the bytes changed."""
        ...

    def successor(self) -> Successor:
        """Take up the successor that is there, or begin one."""
        ...

    def replace(self, old: StagedFile, new: StagedFile) -> None:
        """Put the successor in the file's place, durably, and say so in the manifest. Idempotent.

        The manifest lists both until the file is the new one. Raises SourceError if the file is
        another than was frozen.
        """
        ...
