"""From a variant and a seed to files: the same bytes every time."""

from __future__ import annotations

import gzip
import itertools
import random
from pathlib import Path

import pyarrow as pa

from data_path.cells import FLAVOURS, RAW, TEXT_COLUMNS, bad, encoded, pool
from data_path.customer import Customer, Remark
from data_path.dialects import Variant

IGNORED = ("ignored one", "ignored 2")
_ODD_SHARE = 0.02


def columns_of(variant: Variant) -> tuple[str, ...]:
    """The contract's columns, in its order."""
    return tuple((Remark if variant.one_column else Customer).model_fields)


def made_files(variant: Variant, rows: int, seed: int, folder: Path) -> Path:
    """Files of ``rows`` rows together, in ``folder``; what a source is pointed at."""
    each = max(rows // variant.files, 1)
    for number in range(variant.files):
        content = made(variant, each, f"{variant.name} {seed} {number}")
        if variant.packed == ".gz":
            content = gzip.compress(content, 1, mtime=0)
        elif variant.packed == ".zst":
            content = pa.compress(content, "zstd", asbytes=True)
        path = folder / f"{number}.csv{variant.packed}"
        path.write_bytes(content)
    return folder if variant.files > 1 else path


def made(variant: Variant, rows: int, seed: str) -> bytes:
    """One unpacked file."""
    chance = random.Random(seed)
    sign = variant.delimiter.encode()
    columns = _in_file(variant, chance)
    cells = [_picked(variant, column, rows, chance) for column in columns]
    lines = list(map(sign.join, zip(*cells, strict=True)))
    _bend(variant, lines, sign, chance)
    ends = chance.choices(variant.ends, k=rows + 1)
    if variant.blank:
        blanks = [e if chance.random() < variant.blank else b"" for e in ends]
        ends = [a + b for a, b in zip(ends, blanks, strict=True)]
    parts = [_header(variant, columns), *lines]
    content = b"".join(itertools.chain.from_iterable(zip(parts, ends, strict=True)))
    if not variant.final_end:
        content = content.rstrip(b"\r\n")
    if variant.unclosed:
        content += b'7,"open ' + ends[-1] + b'9,""x' + ends[-1] + b"\xc3\xa9, y" + ends[-1]
    return (b"\xef\xbb\xbf" if variant.bom else b"") + content


def _in_file(variant: Variant, chance: random.Random) -> list[str]:
    columns = list(columns_of(variant))
    if variant.header in ("turned", "ignored"):
        chance.shuffle(columns)
    if variant.header == "ignored":
        columns = [IGNORED[0], *columns[:4], IGNORED[1], *columns[4:]]
    return columns


def _header(variant: Variant, columns: list[str]) -> bytes:
    quoting = "all" if variant.header == "quoted" else "needed"
    sign = variant.delimiter
    return sign.encode().join(encoded(name, sign, quoting) for name in columns)


def _picked(variant: Variant, column: str, rows: int, chance: random.Random) -> list[bytes]:
    """That many cells of a column."""

    def written(texts: list[str | None]) -> list[bytes]:
        return [encoded(t, variant.delimiter, chance.choice(variant.quoting)) for t in texts]

    plain = "note" if column in IGNORED else column
    good = written(pool(plain, chance))
    picked = chance.choices(good, k=rows)
    odd = list(picked)
    if column not in IGNORED:
        _sprinkle(odd, written(bad(column)), variant.bad, chance)
    if plain in TEXT_COLUMNS:
        flavoured: list[str | None] = [t for name in variant.flavours for t in FLAVOURS[name]]
        share = 0.05 if "long" in variant.flavours else 0.3
        _sprinkle(odd, written(flavoured), share, chance)
        _sprinkle(odd, [c for name in variant.raw for c in RAW[name]], _ODD_SHARE, chance)
    return odd


def _sprinkle(cells: list[bytes], others: list[bytes], share: float, chance: random.Random) -> None:
    if not others or not share:
        return
    for at in chance.sample(range(len(cells)), round(len(cells) * share)):
        cells[at] = chance.choice(others)


def _bend(variant: Variant, lines: list[bytes], sign: bytes, chance: random.Random) -> None:
    """Take cells from some rows, or give them more."""
    for at in range(len(lines)):
        kind = chance.random()
        if kind < variant.short:
            lines[at] = sign.join(lines[at].split(sign)[: chance.randrange(1, 4)])
        elif kind < variant.short + variant.long:
            lines[at] += sign * chance.randrange(1, 3) + chance.choice([b"", b"x", b'"y"'])
