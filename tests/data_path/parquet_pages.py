"""A Parquet file taken apart byte by byte: its footer and every page header.

Thrift's compact protocol (apache/thrift, doc/specs/thrift-compact-protocol.md) read into plain
dictionaries by field number, as parquet-format's parquet.thrift numbers them. Nothing of pyarrow:
what a library does not show may still be in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Struct = dict[int, Any]
DATA_PAGE, INDEX_PAGE, DICTIONARY_PAGE, DATA_PAGE_V2 = range(4)
UNCOMPRESSED_SIZE, CHECKSUM = 2, 4
PLAIN, RLE = 0, 3
UNCOMPRESSED = 0


class _Thrift:
    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def zigzag(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def binary(self) -> bytes:
        size = self.varint()
        self.at += size
        return self.data[self.at - size : self.at]

    def struct(self) -> Struct:
        found: Struct = {}
        field = 0
        while head := self.byte():
            field = field + (head >> 4) if head >> 4 else self.zigzag()
            kind = head & 0x0F
            found[field] = kind == 1 if kind in (1, 2) else self.value(kind)
        return found

    def value(self, kind: int) -> Any:
        if kind in (1, 2):
            return self.byte() == 1
        if kind == 3:
            return self.byte()
        if kind in (4, 5, 6):
            return self.zigzag()
        if kind == 7:
            self.at += 8
            return self.data[self.at - 8 : self.at]
        if kind == 8:
            return self.binary()
        if kind in (9, 10):
            head = self.byte()
            size = self.varint() if head >> 4 == 15 else head >> 4
            return [self.value(head & 0x0F) for _ in range(size)]
        assert kind == 12, "a map, of which Parquet has none"
        return self.struct()


@dataclass(frozen=True)
class Chunk:
    """A column of a row group: its path, ColumnChunk, ColumnMetaData, and its pages' headers."""

    path: str
    chunk: Struct
    metadata: Struct
    pages: list[Struct]

    @property
    def indexes(self) -> set[str]:
        """What stands beside the data that could repeat or sort values.

        Not so SizeStatistics (16): how many bytes and nulls there are, which the data shows.
        """
        names = {4: "offset index", 6: "column index"}
        inside = {11: "dictionary page", 12: "statistics", 14: "bloom filter"}
        found = {name for field, name in names.items() if field in self.chunk}
        found |= {name for field, name in inside.items() if field in self.metadata}
        for page in self.pages:
            if page[1] not in (DATA_PAGE, DATA_PAGE_V2):
                found.add("dictionary page")
            if page.get(5, {}).get(5) or page.get(8, {}).get(8):
                found.add("page statistics")
        return found

    @property
    def encodings(self) -> set[int]:
        """How the values of its pages are written."""
        return {(page.get(5) or {2: page.get(8, {}).get(4)})[2] for page in self.pages}

    @property
    def packed(self) -> bool:
        """Whether its pages are compressed."""
        return bool(self.metadata[4] != UNCOMPRESSED)


def footer(data: bytes) -> Struct:
    """FileMetaData."""
    assert data[:4] == data[-4:] == b"PAR1"
    size = int.from_bytes(data[-8:-4], "little")
    return _Thrift(data, len(data) - 8 - size).struct()


def chunks(data: bytes) -> list[Chunk]:
    """Every column of every row group, its pages followed from the first to the last value."""
    found = []
    for group in footer(data)[4]:
        for chunk in group[1]:
            metadata = chunk[3]
            path = b".".join(metadata[3]).decode()
            found.append(Chunk(path, chunk, metadata, _pages(data, metadata)))
    return found


def _pages(data: bytes, metadata: Struct) -> list[Struct]:
    at = min(metadata[9], metadata.get(11, metadata[9]))
    end = at + metadata[7]
    pages = []
    while at < end:
        reader = _Thrift(data, at)
        pages.append(reader.struct())
        at = reader.at + pages[-1][3]
    assert at == end
    return pages
