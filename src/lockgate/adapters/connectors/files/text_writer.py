"""Appends encoded rows of a text format to a part file."""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from lockgate.adapters.connectors.files.part import Part


class TextEncoder(Protocol):
    """An ``Encoder`` of a text format."""

    @property
    def opening(self) -> pa.Buffer:
        """What a file begins with."""
        ...

    def encode(self, batch: pa.RecordBatch) -> pa.Buffer:
        """The bytes of the rows."""
        ...


class TextWriter:
    """Implements ``part.BatchWriter`` for what a ``TextEncoder`` made."""

    def __init__(self, part: Part, encoder: TextEncoder) -> None:
        self._stream = part.large
        self._stream.write(encoder.opening)

    def append(self, encoded: pa.Buffer) -> None:
        """Append rows."""
        self._stream.write(encoded)

    def close(self) -> None:
        """Nothing is buffered here."""

    def abandon(self) -> None:
        """Nothing goes on by itself here."""
