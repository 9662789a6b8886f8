"""Cells of every column, good and bad, and how a dialect writes them.

Each column has a pool of texts; rows pick from pools, so a million rows cost seconds. None is
the empty cell. What goes beyond a column's plain texts is a flavour, added to the text columns.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

Text = str | None
TEXT_COLUMNS = ("name", "note")

_WORDS = "ada bert cleo dora emil fay gus hal ivy jan kim lea max nia ole pia".split()
_BAD: dict[str, tuple[Text, ...]] = {
    "number": ("0", "-4", "", None, "abc", "1.5", " 7 ", "+8", "1_0", "9" * 20, "0x1", "٣"),
    "name": (None, "", "x" * 81, "ü" * 81),
    "email": ("nobody", "a@b", "@x.org", "a b@x.org", "", None, "a@x..org", "a@-x.org", "a@x.org."),
    "ssn": ("123-45-678", "123-45-67890", "12a-45-6789", " 123-45-6789", "", None, "٣23-45-6789"),
    "phone": ("555-1234", "555-123-456x", "", "5551234567", "555-123-4567 "),
    "balance": ("1.234", "12345678901.00", "NaN", "inf", "1e3", "", None, "1,5", "--1", "0x1"),
    "born": ("2023-02-29", "1980-13-01", "01/02/1980", "", "1980-1-1", "1980-01-01T01:00:00"),
    "seen": ("yesterday", "2024-02-30T00:00:00", "", None, "2024-01-01T25:00:00", "2024-01-01"),
    "segment": ("Gold", "gold ", "", None, "silver", "standardx"),
    "note": ("n" * 20_001,),
}
FLAVOURS: dict[str, tuple[Text, ...]] = {
    "multibyte": (
        "Zoë Ærø",
        "山田太郎",
        "Ω≈ç√",
        "🙂👍🏽",
        "e\u0301a\u0308",
        "\ufeffmark",
        "ß\u00a0ẞ",
    ),
    "formulas": (
        "=1+1",
        "+4",
        "-x",
        "@a",
        " =b",
        "a;=c",
        "'=d",
        "-1",
        "＝e",
        "\t=f",
        "a,-g",
        "''@h",
    ),
    "spaces": (" a", "b ", "  ", " ", "\t", "c\u00a0", " d e "),
    "quotes": ('say "hi"', '"', '""', '"start', 'end"', 'a""b', "it's"),
    "newlines": ("a\nb", "c\r\nd", "e\rf", "\n", "g\n\n\nh", '"\n"', ",\n,"),
    "commas": ("a,b", ";", "c\td", "e|f", ",", ",,,"),
    "inches": ('5" pipe', 'a"b"c', 'x""y', '7""', 'm "n" o'),
    "long": ("w" * 3_000, "é" * 4_095, 'q"' * 900, "v" * 16_383, "u " * 5_000),
    "empties": ("", None, "", None, "-"),
    "none": (),
}
"""Texts for the name and the note."""
RAW: dict[str, tuple[bytes, ...]] = {
    "tails": (b'"ab"c', b'"a"b"c', b'""x', b'"a" ', b'"a""b"c""d', b'"a"\xc3\xa9'),
    "nul": (b"a\0b", b"\0", b'"c\0d"', b'"e\n\0f"'),
    "not_utf8": (
        b"caf\xe9",
        b'"caf\xe9"',
        b"\xc3(",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf4\x90\x80\x80",
    ),
    "over_long": (b"y" * 6_000, b'"' + b"z\n" * 3_000 + b'"'),
}
"""Cells that stand in a file as these bytes."""


def pool(column: str, chance: random.Random) -> list[Text]:
    """Good texts of a column."""
    days, clocks = [_day(chance) for _ in range(300)], [_clock(chance) for _ in range(300)]
    seen = zip(days, clocks, strict=True)
    digits = chance.sample(range(10**6), 400)
    made: dict[str, Iterable[Text]] = {
        "number": (str(chance.randrange(1, 10 ** chance.randrange(1, 16))) for _ in range(400)),
        "name": (f"{chance.choice(_WORDS)} {chance.choice(_WORDS)}".title() for _ in range(200)),
        "email": (f"{chance.choice(_WORDS)}.{n}@Mail{n % 7}.example.org" for n in range(400)),
        "ssn": (f"{n % 1000:03}-{n % 100:02}-{n % 10_000:04}" for n in digits),
        "phone": [None, *(f"555-{n % 900 + 100}-{n % 10_000:04}" for n in digits)],
        "balance": (f"{chance.randrange(-(10**9), 10**9) / 100:.{n % 3}f}" for n in range(300)),
        "born": [None, None, None, *days],
        "seen": (f"{day}{chance.choice('T ')}{clock}" for day, clock in seen),
        "segment": ("standard", "gold", "business"),
        "note": [None, "", *(" ".join(chance.choices(_WORDS, k=n % 15)) for n in range(200))],
    }
    return list(made[column])


def _day(chance: random.Random) -> str:
    year, month = chance.randrange(1900, 2024), chance.randrange(1, 13)
    return f"{year}-{month:02}-{chance.randrange(1, 29):02}"


def _clock(chance: random.Random) -> str:
    tail = chance.choice(("", ".5", ".123", ".123456", "Z", "+02:00", ".25-03:30"))
    return f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}{tail}"


def bad(column: str) -> list[Text]:
    """Texts of a column that its contract rejects, most of them in every place."""
    return list(_BAD[column])


def encoded(text: Text, delimiter: str, quoting: str) -> bytes:
    """A cell as a file's writer with that habit writes it.

    ``needed``: in quotes only where it has to be; ``all``: the empty cell alone is bare;
    ``inches``: a quote in the middle of a cell is not taken for a reason to quote it.
    """
    if text is None:
        return b""
    special = (delimiter, "\n", "\r") if quoting == "inches" else (delimiter, "\n", "\r", '"')
    needed = not text or text[0] == '"' or any(sign in text for sign in special)
    if quoting == "all" or needed:
        return b'"' + text.replace('"', '""').encode() + b'"'
    return text.encode()
