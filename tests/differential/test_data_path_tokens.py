"""Any sequence of what CSV is made of: both paths read it as a plain state machine does."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from data_path.both_paths import PATHS, contract_of, differences, taken
from data_path.customer import Pair, Remark
from data_path.plain_reader import csv_records, expected_row
from lockgate.limits import Limits

LENGTHS = (0, 1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 62, 63, 64, 65, 66, 127, 128, 129, 300)
ALPHABETS: dict[str, list[bytes]] = {
    "quotes": [b"a", b"a", b",", b'"', b'""', b',"', b'",', b'"\n', b"\n"],
    "ends": [b"a", b"b", b",", b"\n", b"\r", b"\r\n", b"\n\n", b'"'],
    "dirt": [b"a", b",", b"\n", b"\r", b'"', b"\0", b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf"],
    "rows": [b"a,b\n", b"a,b\n", b'"a","b"\r\n', b"\xc3\xa9,\n", b",\n", b'"a\n",""\n', b"a\n"],
    "long": [b"a,b\n", b"a" * 61, b"," * 2, b'"' + b"b\n" * 33 + b'"', b"\n", b"c" * 130 + b",\n"],
}
Model = type[Pair] | type[Remark]
STARTS: list[tuple[Model, bytes]] = [
    (Pair, b"left,right\n" + b"x,y\n" * 40),
    (Remark, b"note\n" + b"x\n" * 40),
]


def tokens(chance: random.Random, name: str) -> bytes:
    """Whole rows to begin with, then anything, to an end at any place of a vector."""
    alphabet = ALPHABETS[name]
    body = b"".join(chance.choices(alphabet, k=chance.choice((5, 20, 60, 200))))
    body += b"d" * chance.choice(LENGTHS) if chance.random() < 0.3 else b""
    return body + chance.choice((b"", b"\n", b"\r", b'"', b",", b'",', b'","', b"\r\n"))


def read_three_times(model: Model, content: bytes, folder: Path, limits: Limits) -> list[str]:
    """What differs between both paths and the state machine."""
    source = folder / "in.csv"
    source.write_bytes(content)
    contract = contract_of(model)
    plain, fast = (taken(path, source, contract, limits) for path in PATHS)
    found = differences(plain, fast)
    names, records = csv_records(content, row_bytes=limits.row_bytes)
    rows: list[dict[str, Any]] = plain.rows.to_pylist()
    wanted = [expected_row(contract.names, names, record) for record in records]
    if plain.refusal is None:
        seen = [{key: row[key] for key in want} for row, want in zip(rows, wanted, strict=False)]
        if seen != wanted or len(rows) != len(wanted):
            found.append("the state machine reads other rows")
    return found


def read_many(count: int, seed: int, alphabet: str, folder: Path) -> None:
    chance = random.Random(f"{alphabet} {seed}")
    for number in range(count):
        model, start = chance.choice(
            [(Pair, b"left,right\n" + b"x,y\n" * 40), (Remark, b"note\n" + b"x\n" * 40)]
        )
        content = start + tokens(chance, alphabet)
        limits = Limits(
            block_bytes=chance.choice((37, 64, 128, 1 << 20)),
            row_bytes=chance.choice((90, 1 << 20)),
        )
        found = read_three_times(model, content, folder, limits)
        assert found == [], (number, content, limits)


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_some_sequences(alphabet: str, tmp_path: Path) -> None:
    read_many(12, 1, alphabet, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_many_sequences(alphabet: str, tmp_path: Path) -> None:
    read_many(300, 2, alphabet, tmp_path)
