"""How each column of a Parquet file is encoded and compressed, and what its footer says of it.

A protected column is stored PLAIN, uncompressed, without dictionary, statistics, bloom filter or
page index, whatever is in it: ciphertext does not compress, a dictionary would show at a glance how
often each token occurs, and the others would repeat values in the footer.

A clear column is measured on the first rows: a dictionary where values repeat so much that it
halves what snappy leaves, snappy where it leaves a third, nothing where neither does. Numbers and
times have statistics; the smallest and largest text helps few readers and costs as much as writing
the text. Pages are small enough to stay in a core's cache between the steps that make them, and
have no checksums: the digest covers the file
(docs/decisions/0020-part-files-and-their-encodings.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

PROTECTED = b"lockgate.protected"
SAMPLE_ROWS = 8_192
_NUMBERS = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE")
_TEXT_GAIN, _NUMBER_GAIN = 2, 4  # a dictionary of numbers takes several times what they take plain
_SNAPPY_LEAVES = 1 / 3
_PAGE_BYTES = 128 << 10
_STEP_BYTES = 1 << 20  # Arrow looks at a page's size once a step
_STEP_ROWS = (64, 8_192)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column as Parquet has it; a nested one has several, each with its dotted path."""

    path: str
    number: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """Paths of the protected leaves; the clear leaves, and the indices of their fields."""

    protected: tuple[str, ...]
    clear: tuple[Leaf, ...]
    fields: tuple[int, ...]

    @property
    def numbers(self) -> list[str]:
        """The clear leaves that have an order worth telling."""
        return [leaf.path for leaf in self.clear if leaf.number]


def columns_of(schema: pa.Schema) -> Columns:
    """Which leaves of a released schema are protected, and which are clear.

    Settings go by path: a clear field that shares one with a protected field is written like that.
    """
    leaves = [_leaves(field) for field in schema]
    hidden = {
        leaf.path
        for field, own in zip(schema, leaves, strict=True)
        if is_protected(field)
        for leaf in own
    }
    clear = [i for i, own in enumerate(leaves) if not hidden & {leaf.path for leaf in own}]
    rest = [leaf.path for i, own in enumerate(leaves) if i not in clear for leaf in own]
    return Columns(tuple(rest), tuple(leaf for i in clear for leaf in leaves[i]), tuple(clear))


def is_protected(field: pa.Field) -> bool:
    """Whether the gate marked this column as protected."""
    return bool((field.metadata or {}).get(PROTECTED) == b"1")


def _leaves(field: pa.Field) -> list[Leaf]:
    parquet = _written(pa.schema([field.remove_metadata()]).empty_table()).schema
    found = [parquet.column(number) for number in range(len(parquet))]
    return [
        Leaf(leaf.path, leaf.physical_type in _NUMBERS or leaf.logical_type.type == "DECIMAL")
        for leaf in found
    ]


def writer_settings(columns: Columns, rows: pa.Table) -> dict[str, Any]:
    """``pq.ParquetWriter``'s settings for a file that begins with ``rows``."""
    sample = rows.select(list(columns.fields)).slice(0, SAMPLE_ROWS)
    plain = _sizes(sample, use_dictionary=False)
    indexed = _sizes(sample, use_dictionary=True)
    dictionary = []
    compression = dict.fromkeys(columns.protected, "none")
    for leaf, (raw, packed), (_, small) in zip(columns.clear, plain, indexed, strict=True):
        repeats = small * (_NUMBER_GAIN if leaf.number else _TEXT_GAIN) <= packed
        if repeats:
            dictionary.append(leaf.path)
        worth = repeats or packed <= _SNAPPY_LEAVES * raw
        compression[leaf.path] = "snappy" if worth else "none"
    return {
        "compression": compression,
        "use_dictionary": dictionary,
        "write_statistics": columns.numbers,
        "write_page_index": False,
        "write_page_checksum": False,
        "data_page_size": _PAGE_BYTES,
        "write_batch_size": _step(rows),
    }


def _step(rows: pa.Table) -> int:
    """How many rows Arrow encodes before it asks whether the page is full."""
    first = rows.slice(0, SAMPLE_ROWS)
    least, most = _STEP_ROWS
    width = first.nbytes / max(first.num_rows, 1)
    return min(max(least, int(_STEP_BYTES / max(width, 1))), most)


def _sizes(sample: pa.Table, *, use_dictionary: bool) -> list[tuple[int, int]]:
    """Bytes of every leaf before and after snappy."""
    metadata = _written(sample, use_dictionary=use_dictionary).metadata
    if not metadata.num_row_groups:
        return [(0, 0)] * metadata.num_columns
    group = metadata.row_group(0)
    leaves = [group.column(number) for number in range(group.num_columns)]
    return [(leaf.total_uncompressed_size, leaf.total_compressed_size) for leaf in leaves]


def _written(table: pa.Table, *, use_dictionary: bool = False) -> pq.ParquetFile:
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="snappy",
        use_dictionary=use_dictionary,
        write_statistics=False,
        store_schema=False,
    )
    return pq.ParquetFile(pa.BufferReader(sink.getvalue()))
