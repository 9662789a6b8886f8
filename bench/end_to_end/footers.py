"""What a Parquet file says about a column without its pages being read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bench.end_to_end.customers import PROTECTED


def telling(path: Path) -> Iterator[str]:
    """What the file gives away about its protected columns: nothing, if all is well."""
    footer = pq.read_metadata(path)
    for group in range(footer.num_row_groups):
        for place in range(footer.num_columns):
            column = footer.row_group(group).column(place)
            if column.path_in_schema in PROTECTED:
                for what in _extras(column):
                    yield f"{column.path_in_schema} has {what}"


def _extras(column: Any) -> Iterator[str]:
    if column.is_stats_set:
        yield "statistics"
    if column.has_dictionary_page:
        yield "a dictionary"
    if column.has_column_index:
        yield "a column index"
    if getattr(column, "bloom_filter_offset", None) is not None:
        yield "a bloom filter"
