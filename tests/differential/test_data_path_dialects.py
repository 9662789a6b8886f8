"""Every dialect and every damage: the fast path reads, judges and refuses as the plain one does."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_path.both_paths import PATHS, differences, taken_variant
from data_path.dialects import BY_NAME, NAMES, VARIANTS
from data_path.grammar import columns_of, made, made_files
from data_path.plain_reader import csv_records, expected_row

FEW_ROWS = 100
ROWS = 750
MANY_ROWS = 30_000


@pytest.mark.parametrize("name", NAMES)
def test_both_paths_give_the_same(name: str, tmp_path: Path) -> None:
    source = made_files(BY_NAME[name], ROWS, 1, tmp_path)

    plain = taken_variant("plain", BY_NAME[name], source)
    fast = taken_variant("fast", BY_NAME[name], source)

    assert differences(plain, fast) == []
    assert plain.refusal is None
    assert plain.rows.num_rows > ROWS * 0.9
    assert plain.accepted.num_rows > ROWS * 0.2


def test_the_variants_reach_every_reason_and_every_error_of_a_cell(tmp_path: Path) -> None:
    seen: set[tuple[str, str]] = set()
    for variant in VARIANTS:
        folder = tmp_path / variant.name
        folder.mkdir()
        rejected = taken_variant("plain", variant, made_files(variant, ROWS, 2, folder)).rejected
        for reasons in rejected.column("reasons").to_pylist():
            seen |= {(reason["column"], reason["type"]) for reason in reasons}

    broken = {kind for column, kind in seen if not column}
    assert broken == {
        "invalid_utf8",
        "nul_byte",
        "row_too_long",
        "unterminated_quote",
        "wrong_column_count",
    }
    assert len({kind for column, kind in seen if column}) >= 15
    assert len({column for column, _ in seen}) == 11


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_both_paths_give_the_same_over_a_million_rows(name: str, tmp_path: Path) -> None:
    assert len(NAMES) * MANY_ROWS >= 1_000_000
    source = made_files(BY_NAME[name], MANY_ROWS, 3, tmp_path)

    plain = taken_variant("plain", BY_NAME[name], source, block_bytes=1 << 20)
    fast = taken_variant("fast", BY_NAME[name], source, block_bytes=1 << 20)

    assert differences(plain, fast) == []
    assert plain.rows.num_rows > MANY_ROWS * 0.8


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_is_what_a_plain_state_machine_reads(name: str, tmp_path: Path) -> None:
    variant = BY_NAME[name]
    columns = columns_of(variant)
    source = made_files(variant, FEW_ROWS, 4, tmp_path)
    expected = []
    for number in range(variant.files):
        content = made(variant, FEW_ROWS // variant.files, f"{name} 4 {number}")
        names, records = csv_records(content, variant.delimiter.encode(), variant.row_bytes)
        expected += [expected_row(columns, names, record) for record in records]

    for path in PATHS:
        rows = taken_variant(path, variant, source).rows.drop_columns(["file"]).to_pylist()
        assert len(rows) == len(expected)
        for row, wanted in zip(rows, expected, strict=True):
            assert {key: row[key] for key in wanted} == wanted
