"""JSON Lines of customers, each value spelled in any way that JSON allows, or does not."""

from __future__ import annotations

import json
import random

from data_path.cells import FLAVOURS, bad, pool
from data_path.customer import Customer

_ODD = (
    *rb"null true 0 -0 1 1.0 1e2 1E400 -1.5e-7 12345678901234567890 NaN Infinity 01 1. .5".split(),
    *rb'"" "\u0000" "\ud83d\ude42" "\ud800" [] {} ["a"] {"a":1} \'x\' "\x" "open nul "a"b'.split(),
    *rb'"2024-01-01T00:00:00Z" 1700000000 1700000000.5 "1700000000"'.split(),
    *(b"", b'"\t"', b'"\xc3\xa9"', b"'x'"),
)
_SPACES = (b"", b"", b"", b" ", b"  ", b"\t", b" \t ")
_DAMAGE = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"{}",
    b'{"number": 1',
    b"}",
    b"7",
    b"\xff",
    b"a\0b",
    b"  ",
    b"\x0c",
)


def _spelled(text: str | None, column: str, chance: random.Random) -> bytes:
    if text is None:
        return b"null"
    if column in ("number", "balance") and chance.random() < 0.6:
        return text.encode() or b'""'
    written = json.dumps(text, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.05 and text.isalnum():
        written = '"' + "".join(f"\\u{ord(sign):04x}" for sign in text if sign < "\ud800") + '"'
    return written.encode()


def _line(cells: dict[str, bytes], chance: random.Random) -> bytes:
    names = list(cells)
    kind = chance.random()
    if kind < 0.1:
        chance.shuffle(names)
    if kind > 0.97:
        names.remove(chance.choice(names))
    if kind > 0.985:
        names.append(chance.choice([*names, "more"]))
    gap = _SPACES[0] if chance.random() < 0.7 else chance.choice(_SPACES)
    pairs = [b'"%s"%s:%s%s' % (n.encode(), gap, gap, cells.get(n, b"1")) for n in names]
    return gap + b"{" + gap + (gap + b"," + gap).join(pairs) + gap + b"}" + gap


def made_lines(rows: int, seed: int, odd: float) -> bytes:
    """That many lines; a share ``odd`` of cells may be anything."""
    chance = random.Random(f"lines {seed}")
    pools = {name: pool(name, chance) for name in Customer.model_fields}
    texts = [
        text
        for flavour in ("multibyte", "quotes", "newlines", "spaces")
        for text in FLAVOURS[flavour]
    ]
    lines = []
    for _ in range(rows):
        cells = {}
        for name, good in pools.items():
            text = chance.choice(good)
            if name in ("name", "note") and chance.random() < 0.2:
                text = chance.choice(texts)
            if chance.random() < odd / 2:
                text = chance.choice(bad(name))
            cells[name] = _spelled(text, name, chance)
            if chance.random() < odd / 2:
                cells[name] = chance.choice(_ODD)
        damaged = chance.random() < odd / 4
        lines.append(chance.choice(_DAMAGE) if damaged else _line(cells, chance))
        lines.append(b"\r\n" if chance.random() < 0.1 else b"\n")
    return b"".join(lines)
