"""From a block's rows to raw batches of bounded row count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.adapters.connectors.files.block_rows import BlockRows, Ground, RaggedRows
from lockgate.adapters.connectors.files.rows import Indices
from lockgate.contract.batches import Places, RawBatch
from lockgate.contract.model import Mode


@dataclass(frozen=True, slots=True)
class BlockPositions:
    """Positions of the ``chosen`` rows of a block. Implements ``contract.batches.Positions``."""

    file: str
    ground: Ground
    chosen: Indices

    def places(self, indices: pa.Int64Array) -> Places:
        """The places of these rows of the batch."""
        rows = self.chosen[indices.to_numpy(zero_copy_only=False)]
        ground = self.ground
        return Places(
            pa.array(rows + ground.first_row),
            pa.array(ground.lines(rows)),
            pa.array(ground.starts[rows] + ground.offset),
        )


def sound_batches(
    mode: Mode, ground: Ground, table: pa.RecordBatch, shown: str, batch_rows: int
) -> Iterator[RawBatch]:
    """Raw batches of at most ``batch_rows`` rows of a block of which all rows are in ``table``."""
    for at in range(0, max(table.num_rows, 1), batch_rows):
        part = table.slice(at, batch_rows)
        chosen = np.arange(at, at + part.num_rows)
        yield RawBatch(mode, part, BlockPositions(shown, ground, chosen))


def raw_batches(
    mode: Mode, rows: BlockRows | RaggedRows, table: pa.RecordBatch, shown: str, batch_rows: int
) -> Iterator[RawBatch]:
    """Raw batches of at most ``batch_rows`` rows; ``table`` holds the good ones of a block."""
    good = rows.good()
    done = 0
    for at in range(0, max(len(good), 1), batch_rows):
        chosen = good[at : at + batch_rows]
        final = at + batch_rows >= len(good)
        high = len(rows) if final else int(good[at + batch_rows])
        yield RawBatch(
            mode,
            table.slice(at, len(chosen)),
            BlockPositions(shown, rows.ground, chosen),
            rows.broken(done, high),
        )
        done = high
