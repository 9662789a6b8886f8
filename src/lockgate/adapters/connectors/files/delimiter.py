"""Which sign separates the columns of a CSV file nobody declared yet."""

from __future__ import annotations

from contextlib import closing

import pyarrow as pa
import pyarrow.csv as pa_csv

from lockgate.adapters.connectors.files import magic
from lockgate.adapters.connectors.files.csv_header import DELIMITERS
from lockgate.adapters.connectors.files.paths import Roots
from lockgate.adapters.connectors.files.raw_stream import HashedFile, Unpacked
from lockgate.adapters.connectors.files.rows import cut
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.run.digests import UNKEPT

_SAMPLE_BYTES = 256 << 10
_SAMPLE_ROWS = 200


def sniff_delimiter(path: str, roots: Roots, limits: Limits = DEFAULT_LIMITS) -> str:
    """The delimiter of a CSV file: one of DELIMITERS. Raises SourceError, PathRefused."""
    place = roots.locate_input(path)
    fd, folder = roots.open_input(place)
    folder.close()
    with closing(HashedFile(fd, path, UNKEPT)) as file:
        return guess_delimiter(Unpacked(file, limits).read(_SAMPLE_BYTES))


def guess_delimiter(start: bytes) -> str:
    """The delimiter that gives the first rows one width, the widest if several do; else comma."""
    last = len(start) < _SAMPLE_BYTES
    start = start[:_SAMPLE_BYTES].removeprefix(magic.UTF8_BOM)
    best, best_score = ",", (0.0, 0)
    for sign in DELIMITERS:
        found = cut(start, sign.encode(), last)
        starts, ends = found.starts[:_SAMPLE_ROWS], found.ends[:_SAMPLE_ROWS]
        rows = [start[s:e] for s, e in zip(starts, ends, strict=True) if e > s]
        widths = [width for row in rows if (width := _width(row, sign))]
        if not widths or widths[0] < 2:
            continue
        same = sum(width == widths[0] for width in widths) / len(widths)
        if (score := (round(same, 1), widths[0])) > best_score:
            best, best_score = sign, score
    return best


def _width(row: bytes, delimiter: str) -> int:
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(row + b"\n"),
            pa_csv.ReadOptions(
                block_size=len(row) + 2, use_threads=False, autogenerate_column_names=True
            ),
            pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            pa_csv.ConvertOptions(check_utf8=False),
        )
    except pa.ArrowInvalid:
        return 0
    return int(table.num_columns)
