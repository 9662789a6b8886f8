"""A file that is refused as a whole is refused alike on both paths: code, message, position."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from data_path.both_paths import PATHS, contract_of, differences, taken
from data_path.customer import Entry
from data_path.damage import HEADER, good
from lockgate.errors import LimitExceeded, SourceError
from lockgate.limits import Limits

LIMITS = Limits(
    row_bytes=200, refused_row_bytes=1_000, columns=8, column_name_bytes=20, block_bytes=512
)
ROWS = HEADER + good(1, 40)
PACKED = gzip.compress(ROWS * 9, mtime=0)
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "no header"),
    "blank_lines_alone": (b"\n\r\n\r\n", "no header"),
    "header_that_never_closes": (b'number,"name,note\n1,x,y\n', "no header"),
    "no_header": (good(1, 3), "missing: number, name, note"),
    "column_missing": (b"number,name\n1,x\n", "missing: note"),
    "column_unknown": (b"number,name,note,more\n1,x,y,z\n", "not in the contract, at position 4"),
    "column_twice": (b"number,name,note,name\n1,x,y,z\n", "same name"),
    "column_with_a_space": (b"number, name,note\n1,x,y\n", "missing: name"),
    "header_not_utf8": (b"number,n\xe9,note\n1,x,y\n", "not UTF-8"),
    "header_with_nul": (b"number,name\0,note\n1,x,y\n", "NUL"),
    "header_too_long": (b"number,name,note" + b"," * 300 + b"\n", "longer than row_bytes"),
    "too_many_columns": (HEADER.rstrip() + b",a,b,c,d,e,f\n", "more columns"),
    "column_name_too_long": (b"number,name,note," + b"n" * 21 + b"\n", "column_name_bytes"),
    "other_delimiter": (ROWS.replace(b",", b";"), "missing: number, name, note"),
    "latin_1_throughout": (HEADER + b"1,Ren\xe9,x\n" * 30, "not UTF-8"),
    "utf_16": (ROWS.decode().encode("utf-16"), "UTF-16"),
    "utf_16_without_mark": (ROWS.decode().encode("utf-16-le"), "UTF-16"),
    "nuls": (b"\0" * 2_000, "binary"),
    "json_lines": (b'{"number": 1}\n' * 9, "JSON"),
    "parquet": (b"PAR1" + b"\x15\4" * 90, "Parquet"),
    "office": (b"PK\3\4" + b"xl/workbook.xml" * 9, "Office"),
    "markup": (b"<!DOCTYPE html><p>" * 9, "HTML"),
    "row_beyond_all_limits": (ROWS + b"41,x," + b"w" * 1_001 + b"\n" + good(42, 9), "refused_row"),
    "row_beyond_all_limits_at_the_end": (ROWS + b"41,x," + b"w" * 2_000, "refused_row"),
    "open_quote_swallows_much": (ROWS + b'41,"x\n' + b"y\n" * 200, "never closes"),
    "open_quote_swallows_too_much": (ROWS + b'41,"x\n' + b"y\n" * 900, "refused_row"),
    "gzip_cut_off": (PACKED[:-9], "damaged or cut off"),
    "gzip_damaged": (PACKED[:-30] + b"\0" * 22 + PACKED[-8:], "damaged or cut off"),
    "zstd_cut_off": (pa.compress(ROWS * 9, "zstd", asbytes=True)[:-5], "damaged or cut off"),
    "archive_in_archive": (gzip.compress(PACKED, mtime=0), "gzip archive inside"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_both_paths_refuse_alike(name: str, tmp_path: Path) -> None:
    content, words = REFUSED[name]
    source = tmp_path / "in.csv"
    source.write_bytes(content)

    plain = taken("plain", source, contract_of(Entry), LIMITS)
    fast = taken("fast", source, contract_of(Entry), LIMITS)

    assert differences(plain, fast) == []
    assert plain.refusal is not None
    kind, cause, context, code, message, *_ = plain.refusal
    assert kind in {SourceError, LimitExceeded}
    assert (cause, context) == (None, None)
    assert words in f"{code} {message}"


@pytest.mark.parametrize("name", ["row_beyond_all_limits", "row_beyond_all_limits_at_the_end"])
@pytest.mark.parametrize("block_bytes", [64, 512, 1 << 20])
def test_the_row_beyond_all_limits_is_named(name: str, block_bytes: int, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(REFUSED[name][0])
    limits = replace(LIMITS, block_bytes=block_bytes)

    for path in PATHS:
        refusal = taken(path, source, contract_of(Entry), limits).refusal
        assert refusal is not None
        assert str(refusal[-2]).endswith("in.csv:42")


def test_one_bad_file_of_several_is_refused_alike(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_bytes(ROWS)
    (tmp_path / "2.csv").write_bytes(REFUSED["open_quote_swallows_much"][0])

    plain = taken("plain", tmp_path, contract_of(Entry), LIMITS)
    fast = taken("fast", tmp_path, contract_of(Entry), LIMITS)

    assert differences(plain, fast) == []
    assert plain.rows.num_rows >= 40
    assert plain.refusal is not None
