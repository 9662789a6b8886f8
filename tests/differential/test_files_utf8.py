"""The bytes we call UTF-8 are those Python decodes, and the first wrong place is near Python's."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.adapters.connectors.files.utf8 import invalid_places

EDGES = bytes.fromhex("00 0a 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 ff")


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_every_short_sequence_of_edge_bytes(length: int) -> None:
    for values in itertools.product(EDGES, repeat=length):
        data = bytes(values)
        assert (len(invalid_places(data)) == 0) is is_utf8(data), data.hex()


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(EDGES), min_size=4, max_size=9).map(bytes))
def test_longer_sequences_of_edge_bytes(data: bytes) -> None:
    assert (len(invalid_places(data)) == 0) is is_utf8(data)


@settings(max_examples=300)
@given(st.lists(st.text(max_size=4).map(str.encode) | st.binary(max_size=4), max_size=12))
def test_lines_are_judged_one_by_one(parts: list[bytes]) -> None:
    """A character cut off at a line's end is that line's fault, never the next one's."""
    lines = [part.replace(b"\n", b"") for part in parts]
    data = b"".join(line + b"\n" for line in lines)
    places = invalid_places(data)
    wrong = {data[:place].count(b"\n") for place in places.tolist()}

    assert wrong == {number for number, line in enumerate(lines) if not is_utf8(line)}
