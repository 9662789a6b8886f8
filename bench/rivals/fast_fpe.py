"""fastfpe: FF1 in Rust, one value a call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fastfpe import ff1

from bench.kernels.cases import FF1_KEY, FF1_TWEAK, our_ff1
from bench.rivals.rival import Lists, Rival, expect

_DIGITS = "0123456789"


def rivals(lists: Lists) -> Iterator[Rival]:
    """16 and 9 digits; key and tweak as it wants them, in hexadecimal."""
    jobs = {
        "ff1_16": (lists.cards, lists.columns.cards),
        "ff1_9": (lists.ids, lists.columns.ids),
    }
    for name, (texts, column) in jobs.items():
        run = partial(_each, FF1_KEY.hex(), FF1_TWEAK.hex(), texts)
        yield Rival("fastfpe", name, run, expect(our_ff1(column)))


def _each(key: str, tweak: str, texts: list[str]) -> list[str]:
    return [ff1.encrypt(key, tweak, _DIGITS, text) for text in texts]
