"""What FF1 must not let through: a value that stays clear, or a space small enough to try."""

from __future__ import annotations

import traceback

import pyarrow as pa
import pytest

from lockgate.errors import KernelError
from lockgate.kernel.ff1 import LEAST_DOMAIN, Alphabet, Ff1
from lockgate.kernel.interface import Kernel
from lockgate.secret import SecretBytes

KEY = SecretBytes(bytes(range(32)))
DIGITS = Ff1(Alphabet.DIGITS, b"tweak")
CANARY = "canary-7391-abcd"


def refused(kernel: Kernel, values: pa.Array, spec: Ff1 = DIGITS) -> list[bool]:
    """Which values do not fit; and no way of treating takes a column that has one."""
    fits = kernel.ff1_fits(values, spec)
    if fits is None:
        kernel.ff1(values, spec, KEY, decrypt=False)
        return [False] * len(values)
    for decrypt in (False, True):
        with pytest.raises(KernelError, match=f"{fits.false_count} of {len(values)} values"):
            kernel.ff1(values, spec, KEY, decrypt=decrypt)
    return [not fit for fit in fits.to_pylist()]


HOSTILE = {
    "empty": "",
    "separators only": "--- ---",
    "a letter that would stay clear": "A123456789",
    "arabic digits": "٠١٢٣٤٥٦٧٨٩",
    "full-width digits": "０１２３４５６７８９",
    "ascii digits with an arabic one": "123456٧",
    "superscript": "123456²",
    "null byte": "123\x00456789",
    "tab": "123\t456789",
    "line feed": "123456789\n",
    "delete": "123456789\x7f",
    "no-break space": "123\u00a0456\u00a0789",
    "en dash": "123\u2013456\u2013789",
    "zero-width space": "123456789\u200b",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_character_that_would_stay_clear_is_refused(kernel: Kernel, text: str) -> None:
    values = pa.array([text, "123-456", None])

    assert refused(kernel, values) == [True, False, False]


@pytest.mark.parametrize("alphabet", Alphabet)
def test_a_space_below_a_million_is_refused(kernel: Kernel, alphabet: Alphabet) -> None:
    numeral = alphabet.characters[-1]
    values = pa.array([numeral * alphabet.least, numeral * (alphabet.least - 1)])

    assert alphabet.radix ** (alphabet.least - 1) < LEAST_DOMAIN <= alphabet.radix**alphabet.least
    assert refused(kernel, values, Ff1(alphabet, b"")) == [False, True]


@pytest.mark.parametrize("alphabet", Alphabet)
def test_halves_beyond_96_bits_are_refused(kernel: Kernel, alphabet: Alphabet) -> None:
    numeral = alphabet.characters[-1]
    values = pa.array([numeral * alphabet.most, numeral * (alphabet.most + 1)])

    assert alphabet.radix ** (alphabet.most // 2) <= 2**96
    assert alphabet.radix ** (alphabet.most // 2 + 1) > 2**96
    assert refused(kernel, values, Ff1(alphabet, b"")) == [False, True]


@pytest.mark.parametrize(
    ("alphabet", "text"),
    [
        (Alphabet.HEX, "DEADBEEF"),
        (Alphabet.HEX_UPPER, "deadbeef"),
        (Alphabet.HEX, "deadbeeg"),
        (Alphabet.ALPHANUMERIC, "AB12cd"),
        (Alphabet.ALPHANUMERIC_LOWER, "AB12cd"),
        (Alphabet.ALPHANUMERIC_MIXED, "AB12cé"),
    ],
)
def test_another_case_is_refused(kernel: Kernel, alphabet: Alphabet, text: str) -> None:
    assert refused(kernel, pa.array([text]), Ff1(alphabet, b"")) == [True]


def test_bytes_that_are_no_text_are_refused(kernel: Kernel) -> None:
    raw = pa.array([b"123456\xff", b"123456", b"\xc3123456"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())

    assert refused(kernel, text) == [True, False, True]


@pytest.mark.parametrize(
    "values", [pa.array([123456]), pa.array([b"123456"]), pa.array([1.5]), pa.array([["123456"]])]
)
def test_a_column_that_is_no_text_is_refused(kernel: Kernel, values: pa.Array) -> None:
    with pytest.raises(KernelError, match="text"):
        kernel.ff1_fits(values, DIGITS)
    with pytest.raises(KernelError, match="text"):
        kernel.ff1(values, DIGITS, KEY, decrypt=False)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused(kernel: Kernel, length: int) -> None:
    with pytest.raises(KernelError, match="32 bytes"):
        kernel.ff1(pa.array(["123456"]), DIGITS, SecretBytes(bytes(length)), decrypt=False)


def test_what_a_null_slot_holds_goes_nowhere(kernel: Kernel) -> None:
    data = pa.array(["123456", "canary-7391", "654321"])
    validity = pa.array([True, False, True]).buffers()[1]
    values = pa.Array.from_buffers(pa.string(), 3, [validity, *data.buffers()[1:]])

    made = kernel.ff1(values, DIGITS, KEY, decrypt=False)

    assert made.is_valid().to_pylist() == [True, False, True]
    assert all(b"canary" not in buffer.to_pybytes() for buffer in made.buffers() if buffer)


def test_an_error_tells_no_value_and_no_key(kernel: Kernel) -> None:
    key = SecretBytes(CANARY.encode() * 2)
    with pytest.raises(KernelError) as caught:
        kernel.ff1(pa.array([CANARY]), DIGITS, key, decrypt=False)

    assert CANARY not in "".join(traceback.format_exception(caught.value))
