"""Look for clear protected values in what a run left: as bytes, and as bytes in base64.

A value is known by its shape, so that every one is found and not a sample: a social security
number, a telephone number, an address at one of the customers' hosts after a digit, a made-up
family name. Nothing else in the files has these shapes, and chance makes none of them: the
likeliest, a number of ten digits and two dashes, would need 10^17 random bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bench.end_to_end.customers import FAMILY_NAMES, HOSTS

Bytes = npt.NDArray[np.uint8]

BLOCK = 8 << 20
LONGEST = 64
"""Blocks overlap by so much: longer than the base64 of any value."""

_DASH, _AT = ord("-"), ord("@")
_SHAPES = {"ssn": (3, 6, 11), "phone": (3, 7, 12)}
"""Where the two dashes stand, and the length."""

_BASE64 = np.full(256, 255, np.uint8)
for _place, _letters in enumerate(zip(range(65, 91), range(65, 91), strict=True)):
    _BASE64[list(_letters)] = _place
_BASE64[97:123] = np.arange(26, 52)
_BASE64[48:58] = np.arange(52, 62)
_BASE64[[ord("+"), ord("-")]] = 62
_BASE64[[ord("/"), ord("_")]] = 63


def _windows(texts: Iterator[str], width: int) -> npt.NDArray[np.uint64]:
    """The first bytes of texts as numbers, sorted."""
    cut = [text.encode()[:width].ljust(8, b"\0") for text in texts]
    return np.unique(np.frombuffer(b"".join(cut), np.uint64))


_HOSTS = _windows(iter(HOSTS), 7)
_NAMES = _windows(iter(FAMILY_NAMES), 8)
_INITIALS = np.zeros(256, np.uint8)
_INITIALS[np.unique(_NAMES & 0xFF)] = 1
_STARTS = np.zeros(1 << 16, np.bool_)
_STARTS[np.unique(_NAMES & 0xFFFF)] = True


def search_file(path: Path) -> Counter[str]:
    """How many values of each kind stand in a file; of Parquet in its decoded columns too."""
    found = search(np.memmap(path, np.uint8, "r")) if path.stat().st_size else Counter[str]()
    if path.suffix == ".parquet":
        file = pq.ParquetFile(path)
        for batch in file.iter_batches():
            for column in batch.columns:
                found += search(_held(column))
    return found


def search(data: Bytes) -> Counter[str]:
    """How many values of each kind stand in these bytes."""
    starts = range(0, len(data), BLOCK)
    with ThreadPoolExecutor(2) as pool:
        blocks = pool.map(lambda s: _in_block(data[s : s + BLOCK + LONGEST], BLOCK), starts)
        return sum(blocks, Counter())


def _in_block(data: Bytes, fresh: int) -> Counter[str]:
    """Values that begin in the first ``fresh`` bytes."""
    data = np.concatenate([data, np.zeros(LONGEST, np.uint8)])
    found = _plain(data, fresh)
    sextets = _translated(data, _BASE64)
    for phase in range(4):
        for kind, count in _plain(_decoded(sextets[phase:]), fresh // 4 * 3).items():
            found[f"{kind} in base64"] += count
    return found


def _decoded(sextets: Bytes) -> Bytes:
    """What groups of four sextets say; where no base64 stands, nothing that means anything."""
    a, b, c, d = sextets[: len(sextets) // 4 * 4].reshape(-1, 4).T
    out = np.empty((len(a), 3), np.uint8)
    out[:, 0] = (a << 2) | (b >> 4)
    out[:, 1] = (b << 4) | (c >> 2)
    out[:, 2] = (c << 6) | (d & 63)
    return out.reshape(-1)


def _translated(data: Bytes, table: Bytes) -> Bytes:
    """Each byte by a table of 256, which is several times quicker so than as an index."""
    return np.frombuffer(data.tobytes().translate(table.tobytes()), np.uint8)


def _plain(data: Bytes, fresh: int) -> Counter[str]:
    found = Counter(
        {
            **{kind: _numbers(data, fresh, *shape) for kind, shape in _SHAPES.items()},
            "email": _addresses(data, fresh),
            "last_name": _family_names(data, fresh),
        }
    )
    return +found


def _numbers(data: Bytes, fresh: int, first: int, second: int, length: int) -> int:
    starts = np.flatnonzero(data[first : len(data) - length] == _DASH)
    starts = starts[(starts < fresh) & (data[starts + second] == _DASH)]
    for place in range(length):
        if place not in (first, second):
            starts = starts[_is_digit(data[starts + place])]
    return len(starts)


def _addresses(data: Bytes, fresh: int) -> int:
    at = np.flatnonzero(data[1 : len(data) - 8] == _AT) + 1
    at = at[(at <= fresh) & _is_digit(data[at - 1])]
    return int(np.count_nonzero(np.isin(_numbers_at(data, at + 1, 7), _HOSTS)))


def _family_names(data: Bytes, fresh: int) -> int:
    initials = _translated(data[: min(fresh, len(data) - 8)], _INITIALS)
    starts = np.flatnonzero(initials.view(np.bool_))
    pairs = data[starts] | (data[starts + 1].astype(np.uint16) << 8)
    starts = starts[_STARTS[pairs]]
    return int(np.count_nonzero(np.isin(_numbers_at(data, starts, 8), _NAMES)))


def _numbers_at(data: Bytes, places: npt.NDArray[np.intp], width: int) -> npt.NDArray[np.uint64]:
    """So many bytes from each place, as numbers."""
    taken = np.zeros((len(places), 8), np.uint8)
    for offset in range(width):
        taken[:, offset] = data[places + offset]
    return taken.reshape(-1).view(np.uint64)


def _is_digit(data: Bytes) -> npt.NDArray[np.bool_]:
    return (data - np.uint8(48)) < 10


def _held(column: pa.Array) -> Bytes:
    """The bytes of a text or binary column; nothing of others."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary
    kinds = (pa.types.is_string, pa.types.is_binary, pa.types.is_large_string)
    if not any(kind(column.type) for kind in kinds):
        return np.empty(0, np.uint8)
    buffer = column.buffers()[2]
    return np.frombuffer(buffer, np.uint8) if buffer is not None else np.empty(0, np.uint8)
