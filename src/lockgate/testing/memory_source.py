"""Rows in memory as a source, with something to happen where it is read and where it is parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lockgate.contract.batches import RawBatch
from lockgate.run.ports import InputFile


def nothing(number: int) -> None:
    """What happens if nobody says more."""


@dataclass(frozen=True, slots=True)
class MemoryPiece:
    """One batch; ``parsed`` is called with its number before it comes."""

    number: int
    batch: RawBatch
    parsed: Callable[[int], None]

    def batches(self) -> Iterator[RawBatch]:
        """The batch."""
        self.parsed(self.number)
        yield self.batch


@dataclass(frozen=True, slots=True)
class MemorySource:
    """A ``Source`` with a piece for each of ``batches``.

    ``read`` is called with a piece's number where pieces are read (and once more at the end),
    ``parsed`` where they are parsed.
    """

    batches: Sequence[RawBatch]
    read: Callable[[int], None] = nothing
    parsed: Callable[[int], None] = nothing

    def freeze(self, digest_key: bytes) -> Sequence[InputFile]:
        """One file that is none."""
        return (InputFile("memory", len(self.batches), digest_key.hex()),)

    def pieces(self) -> Iterator[MemoryPiece]:
        """The batches in order."""
        for number, batch in enumerate(self.batches):
            self.read(number)
            yield MemoryPiece(number, batch, self.parsed)
        self.read(len(self.batches))
