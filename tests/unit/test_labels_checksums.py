"""Luhn and MOD 97-10 over columns, against published numbers and one-value loops."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.labels.checksums import iban, luhn

# Test numbers that card schemes and payment providers publish.
CARDS = ["4111111111111111", "5555555555554444", "378282246310005", "6011111111111117"]
# The IBAN registry's own examples (SWIFT, ISO 13616).
IBANS = [
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
]


def test_published_card_numbers_pass_and_their_neighbours_fail() -> None:
    assert luhn(pa.array(CARDS)).to_pylist() == [True] * len(CARDS)
    wrong = [card[:-1] + str((int(card[-1]) + 1) % 10) for card in CARDS]
    assert luhn(pa.array(wrong)).to_pylist() == [False] * len(CARDS)


def test_registry_ibans_pass_and_swapped_digits_fail() -> None:
    assert iban(pa.array(IBANS)).to_pylist() == [True] * len(IBANS)
    wrong = [text[:2] + text[3] + text[2] + text[4:] for text in IBANS if text[2] != text[3]]
    assert iban(pa.array(wrong)).to_pylist() == [False] * len(wrong)


def test_other_text_and_null_are_not_numbers() -> None:
    odd = pa.array(["", None, "4111-1111", "٤١١١", "x" * 50, "0" * 20])
    assert luhn(odd).to_pylist() == [False] * 6
    assert iban(odd).to_pylist() == [False] * 6


def test_an_empty_column_gives_an_empty_answer() -> None:
    assert len(luhn(pa.array([], pa.string()))) == 0
    assert len(iban(pa.array([], pa.string()))) == 0


def _luhn_loop(text: str) -> bool:
    total = 0
    for index, character in enumerate(reversed(text)):
        digit = int(character) * (1 + index % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


@settings(max_examples=50)
@given(st.lists(st.text("0123456789", min_size=1, max_size=19), max_size=20))
def test_luhn_equals_a_loop(texts: list[str]) -> None:
    found = luhn(pa.array(texts, pa.string())).to_pylist()
    assert found == [_luhn_loop(text) for text in texts]


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
bodies = st.text(LETTERS + "0123456789", min_size=11, max_size=30)
accounts = st.builds(
    "{}{:02}{}".format, st.text(LETTERS, min_size=2, max_size=2), st.integers(0, 99), bodies
)


@settings(max_examples=50)
@given(st.lists(accounts, max_size=20))
def test_iban_equals_a_loop(texts: list[str]) -> None:
    def loop(text: str) -> bool:
        turned = text[4:] + text[:4]
        return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1

    assert iban(pa.array(texts, pa.string())).to_pylist() == [loop(text) for text in texts]
