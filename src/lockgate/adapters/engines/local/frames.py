"""Arrow tables as the frames that Python steps want, and back.

The libraries are the caller's: a frame's class comes from the annotation, never from here.
"""

from __future__ import annotations

import sys
from typing import Any

import pyarrow as pa

from lockgate.pipeline.python_step import FrameKind, Parameter


def frame_of(parameter: Parameter, table: pa.Table) -> Any:
    """The table as the frame that a parameter wants; without copies where the library can.

    pandas columns keep their Arrow types (``ArrowDtype``): an integer column with a null stays
    one of integers.
    """
    if parameter.kind is FrameKind.PANDAS:
        return table.to_pandas(types_mapper=sys.modules["pandas"].ArrowDtype)
    if parameter.kind is FrameKind.POLARS:
        return parameter.frame(table)
    return table


def is_lazy(frame: Any) -> bool:
    """Whether it is a Polars query that nobody has computed."""
    kind = type(frame)
    return kind.__module__.partition(".")[0] == "polars" and kind.__name__ == "LazyFrame"


def table_of(frame: Any) -> pa.Table | None:
    """A returned frame as a table; None if it is no frame. Raises what the library raises."""
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if type(frame).__module__.partition(".")[0] == "pandas" and hasattr(frame, "columns"):
        return pa.Table.from_pandas(frame, preserve_index=False)
    if hasattr(frame, "__arrow_c_stream__") and hasattr(frame, "columns"):
        return pa.table(frame)
    return None
