"""Frames whose buffers lie: an offset, a view or an index that leads out of the column."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

import lockgate
from lockgate.errors import SourceError
from small_project import make_project

ROWS = 4


def texts(offsets: list[int], data: bytes, there: int | None = None) -> pa.Array:
    valid = None if there is None else pa.py_buffer(bytes([there]))
    bounds = pa.py_buffer(struct.pack(f"<{len(offsets)}i", *offsets))
    return pa.Array.from_buffers(pa.string(), ROWS, [valid, bounds, pa.py_buffer(data)])


def lying_before_a_null() -> pa.Array:
    """The second text ends far behind the buffer; the null that follows takes it back."""
    return texts([0, 4, 6_000, 4, 8], b"OsloRoma", there=0b1011)


def lying_within() -> pa.Array:
    return texts([0, 4, 4_096, 8, 12], b"Osloxxxxyyyy")


def lying_view() -> pa.Array:
    short = struct.pack("<i4sii", 4, b"Oslo", 0, 0)
    views = pa.py_buffer(short * 3 + struct.pack("<i4sii", 60, b"aaaa", 7, 9_999_999))
    return pa.Array.from_buffers(pa.string_view(), ROWS, [None, views, pa.py_buffer(b"a" * 20)])


def lying_index() -> pa.Array:
    indices = pa.array([0, 0, 10**6, 0], pa.int32())
    return pa.DictionaryArray.from_arrays(indices, pa.array(["Oslo"]), safe=False)


def negative_index() -> pa.Array:
    indices = pa.array([0, 0, -5, 0], pa.int32())
    return pa.DictionaryArray.from_arrays(indices, pa.array(["Oslo"]), safe=False)


def no_utf8() -> pa.Array:
    return texts([0, 1, 2, 3, 4], b"\xff\xfe\xc3a")


@pytest.mark.parametrize(
    "lie",
    [lying_before_a_null, lying_within, lying_view, lying_index, negative_index, no_utf8],
)
def test_a_frame_that_lies_is_refused_before_anything_follows_it(
    lie: Callable[[], pa.Array], tmp_path: Path
) -> None:
    frame = pa.Table.from_arrays(
        [pa.array(range(ROWS)), pa.array(["a@b.com"] * ROWS), pa.nulls(ROWS, pa.date32()), lie()],
        names=["id", "email", "born", "city"],
    )
    project = make_project(tmp_path / "p")
    with lockgate.open(str(project / "lockgate.yaml")) as opened:
        gate = opened.gate("people", zone="study", purpose="test")
        with pytest.raises(SourceError, match="laid out") as refused:
            gate(frame)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
