"""JSON Lines in any spelling: the fast path reads and judges as the plain one does."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_path.both_paths import PATHS, contract_of, differences, taken
from data_path.customer import Customer
from data_path.json_lines import made_lines
from data_path.plain_reader import expected_row, json_records
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat

ODD = (0.0, 0.003, 0.02, 0.2)


def both_agree(folder: Path, rows: int, seed: int, odd: float, block_bytes: int) -> None:
    content = made_lines(rows, seed, odd)
    source = folder / "in.jsonl"
    source.write_bytes(content)
    limits = Limits(block_bytes=block_bytes)
    plain, fast = (
        taken(path, source, contract_of(Customer), limits, format=FileFormat.JSONL)
        for path in PATHS
    )

    assert differences(plain, fast) == []
    assert plain.refusal is None
    assert plain.accepted.num_rows > rows * (0.3 if odd < 0.1 else 0.01)
    assert plain.accepted.num_rows < rows or not odd
    wanted = [expected_row(("line",), ("line",), record) for record in json_records(content)]
    found = [
        {key: row[key] for key in want}
        for row, want in zip(plain.rows.to_pylist(), wanted, strict=True)
    ]
    assert found == wanted


@pytest.mark.parametrize("odd", ODD)
def test_some_lines(odd: float, tmp_path: Path) -> None:
    both_agree(tmp_path, 500, 1, odd, 20_000)


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("seed", range(2, 6))
def test_many_lines(odd: float, seed: int, tmp_path: Path) -> None:
    both_agree(tmp_path, 12_000, seed, odd, 4 << 20)
