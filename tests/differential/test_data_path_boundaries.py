"""A block may end at any byte, and a read may give less than was asked for: nothing changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data_path.both_paths import PATHS, Taken, contract_of, differences, taken
from data_path.customer import Entry, Remark
from data_path.damage import BETWEEN, HEADER, good
from data_path.damage_jsonl import BETWEEN as LINES
from lockgate.limits import Limits
from lockgate.pipeline.model import FileFormat

TOO_LARGE = {"row_too_long", "quoted_row_too_long", "run_of_nuls"}
TAILS = (b'90,"Bo,x\n\r\n"",y\n', b"90,Bo,x\r", b'90,Bo,"x"', b"90,Bo", b'90,Bo,"', b"\r\n\r\n")
ROW_BYTES = 60
EVERY = 41


def odd_files() -> dict[str, bytes]:
    """A few damages a file, with a good row between them, and an odd end."""
    damages = [name for name in BETWEEN if name not in TOO_LARGE]
    made = {}
    for at in range(0, len(damages), 4):
        middle = b""
        for number, name in enumerate(damages[at : at + 4]):
            middle += BETWEEN[name].replace(b"@", b"5") + good(number + 2, 1)
        tail = TAILS[at // 4 % len(TAILS)]
        mark = b"\xef\xbb\xbf" * (at // 4 % 3 == 1)
        made["+".join(damages[at : at + 4])] = mark + HEADER + good(1, 1) + middle + tail
    long = b"6," + b"w" * ROW_BYTES + b',x\n6,"' + b"v\n" * (ROW_BYTES // 2) + b'",x\n'
    made["rows_too_long"] = HEADER + good(1, 1) + long + good(2, 2).rstrip()
    return made


def odd_lines() -> dict[str, bytes]:
    """JSON Lines, some damages a file."""
    names = [name for name in LINES if name not in TOO_LARGE | {"too_deep", "brackets_in_a_text"}]
    line = b'{"number": 1, "name": "Bo"}\r\n'
    made = {}
    for at in range(0, len(names), 5):
        middle = line.join(LINES[name].replace(b"@", b"5") for name in names[at : at + 5])
        made["+".join(names[at : at + 5])] = line + middle + line.rstrip(b"\n")
    return made


ONE_COLUMN = {
    "blank_lines": b"note\n1\r\0\n\n2\n",
    "lone_crs": b"note\r\n1\r\xff\n\n\r3\r4",
    "quoted_empty": b'\r\nnote\r\n""\r\n\r\nx\r\n',
    "marks": b"\xef\xbb\xbfnote\n\xef\xbb\xbf\n\xef\xbb\xbfx",
}
FILES: dict[str, tuple[type[Any], FileFormat, bytes]] = {
    **{name: (Entry, FileFormat.CSV, content) for name, content in odd_files().items()},
    **{name: (Entry, FileFormat.JSONL, content) for name, content in odd_lines().items()},
    **{name: (Remark, FileFormat.CSV, content) for name, content in ONE_COLUMN.items()},
}


def read(name: str, path: str, folder: Path, limits: Limits) -> Taken:
    model, format, content = FILES[name]
    file = folder / f"in.{format.value}"
    if not file.exists():
        file.write_bytes(content)
    return taken(path, file, contract_of(model), limits, format=format)


def all_blocks_agree(name: str, folder: Path, sizes: range) -> None:
    whole = read(name, "plain", folder, Limits(row_bytes=ROW_BYTES))
    assert whole.refusal is None
    assert whole.rows.num_rows >= 2
    for size in sizes:
        limits = Limits(row_bytes=ROW_BYTES, block_bytes=size, batch_rows=1 + size % 3)
        for path in PATHS:
            assert differences(whole, read(name, path, folder, limits)) == [], (path, size)


@pytest.mark.parametrize("name", FILES)
def test_a_block_boundary_at_some_bytes(name: str, tmp_path: Path) -> None:
    length = len(FILES[name][2])
    all_blocks_agree(name, tmp_path, range(1 + length % EVERY, length + EVERY, EVERY))


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_block_boundary_at_every_byte(name: str, tmp_path: Path) -> None:
    all_blocks_agree(name, tmp_path, range(1, len(FILES[name][2]) + 1))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("most", [1, 7])
def test_reads_that_give_less_than_asked_for(
    path: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {}
    for number, name in enumerate(FILES):
        (tmp_path / str(number)).mkdir()
        whole[name] = read(name, "plain", tmp_path / str(number), Limits(row_bytes=ROW_BYTES))
    calls = shorten_reads(monkeypatch, most)

    for number, name in enumerate(FILES):
        before = len(calls)
        limits = Limits(row_bytes=ROW_BYTES, block_bytes=64)
        found = read(name, path, tmp_path / str(number), limits)
        assert differences(whole[name], found) == [], name
        assert len(calls) - before > len(FILES[name][2]) / most


def shorten_reads(monkeypatch: pytest.MonkeyPatch, most: int) -> list[int]:
    """Let every way of reading a descriptor give at most that many bytes; the calls made."""
    calls: list[int] = []

    def shortened(read: Callable[..., Any]) -> Callable[..., Any]:
        def short(fd: int, wanted: Any, *rest: Any) -> Any:
            calls.append(fd)
            if isinstance(wanted, int):
                return read(fd, min(wanted, most), *rest)
            return read(fd, [memoryview(wanted[0])[:most]], *rest)

        return short

    for name in ("read", "pread", "readv", "preadv"):
        if hasattr(os, name):
            monkeypatch.setattr(os, name, shortened(getattr(os, name)))
    return calls
