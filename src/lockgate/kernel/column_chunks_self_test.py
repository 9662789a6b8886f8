"""Known column chunks that the native reader of Parquet has to read: it must not move a value.

Part of the self-test of ``kernel.choice``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa

# Text with a dictionary and snappy, numbers and decimals PLAIN; each with a null and a checksum.
_TEXT = bytes.fromhex(
    "15041572 15741594 b899e606 3c150615 00120000 39140200 0000c3a9 0106b862 62290000 "
    "0061206c 6f6e6765 72207465 78742074 68616e20 77686174 20697320 636f7069 65642061 "
    "74206f6e 63651500 15141518 15d1c1d8 860e1c15 0a151015 0615061c 0000000a 24020000 "
    "00031b02 039400"
)
_NUMBERS = bytes.fromhex(
    "1500154c 154c15d3 e5e5950e 1c150a15 00150615 061c0000 00020000 00031b01 00000000 "
    "000000fe ffffffff ffffff00 00000000 01000005 00000000 000000"
)
_DECIMALS = bytes.fromhex(
    "1500151c 151c15b8 c4b5dc0b 1c150a15 00150615 061c0000 00020000 00031dff 6a270f00 000064"
)
_ROWS = 5
_EXPECTED: list[list[Any]] = [
    ["é", "bb", None, "bb", "a longer text than what is copied at once"],
    [1, -2, None, 1 << 40, 5],
    [Decimal("-1.50"), None, Decimal("99.99"), Decimal("0.00"), Decimal("1.00")],
]


def failing_chunks(module: Any) -> str | None:
    """What the native module gives a wrong answer for; None if all is right."""
    right = False
    try:
        right = _reads(module)
    except (AttributeError, TypeError, ValueError, module.Fault):
        right = False
    return None if right else "chunks"


def _reads(module: Any) -> bool:
    data = _TEXT + _NUMBERS + _DECIMALS
    second, third = len(_TEXT), len(_TEXT) + len(_NUMBERS)
    chunks = [
        (0, second, "SNAPPY", "text", 0, True),
        (second, third, "UNCOMPRESSED", "int64", 0, True),
        (third, len(data), "UNCOMPRESSED", "decimal", 2, True),
        (third, len(data) - 1, "UNCOMPRESSED", "decimal", 2, True),
    ]
    *made, cut_off = module.read_chunks(data, chunks, _ROWS, 1_000)
    text, numbers, decimals = [pa.array(column) for column in made]
    found = [text, numbers, decimals.view(pa.decimal128(4, 2))]
    return cut_off is None and [column.to_pylist() for column in found] == _EXPECTED
