"""From judged-for-shape rows of a block to raw batches of bounded row count."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from lockgate.adapters.connectors.files.blocks import BlockRows
from lockgate.contract.batches import RawBatch, RowPositions
from lockgate.contract.model import Mode


def raw_batches(
    mode: Mode, rows: BlockRows, table: pa.RecordBatch, shown: str, batch_rows: int
) -> Iterator[RawBatch]:
    """Raw batches of at most ``batch_rows`` rows; ``table`` holds the good rows in order."""
    good = rows.good()
    done = 0
    for at in range(0, max(len(good), 1), batch_rows):
        chosen = good[at : at + batch_rows]
        final = at + batch_rows >= len(good)
        high = len(rows) if final else int(good[at + batch_rows])
        yield RawBatch(
            mode,
            table.slice(at, len(chosen)),
            RowPositions(
                shown,
                int(rows.rows[chosen[0]]) if len(chosen) else int(rows.rows[done]),
                pa.array(rows.lines[chosen]),
                pa.array(rows.offsets[chosen]),
                pa.array(rows.rows[chosen]),
            ),
            rows.broken(done, high),
        )
        done = high
