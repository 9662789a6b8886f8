"""Texts seen as bytes."""

from __future__ import annotations

import pyarrow as pa

from lockgate.contract.judge.text_bytes import times_in


def test_a_byte_is_counted_in_the_value_that_has_it() -> None:
    texts = pa.array(["{", "", "a{b{c", None, "", "é", "{{{", ""])
    expected = [1, 0, 2, 0, 0, 0, 3, 0]

    assert times_in(texts, ord("{")).tolist() == expected
    for start in range(len(texts) + 1):
        assert times_in(texts.slice(start), ord("{")).tolist() == expected[start:]
        assert times_in(texts.slice(0, start), ord("{")).tolist() == expected[:start]
