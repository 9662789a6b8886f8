"""Check digits over whole columns: Luhn (ISO/IEC 7812-1) and MOD 97-10 (ISO 7064, IBAN)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LONGEST_CARD = 19
LONGEST_IBAN = 34


def luhn(values: pa.StringArray) -> pa.BooleanArray:
    """Which texts of 1 to 19 ASCII digits have a right Luhn check digit; others do not."""
    shaped = pc.match_substring_regex(values, r"^[0-9]{1,19}$")
    digits = _characters(_where(shaped, values), LONGEST_CARD, right=True).astype(np.int16)
    digits = np.where(digits == 0, 0, digits - ord("0"))
    doubled = digits[:, -2::-2] * 2
    total = digits[:, ::-2].sum(axis=1) + np.where(doubled > 9, doubled - 9, doubled).sum(axis=1)
    return pc.and_(pc.fill_null(shaped, False), pa.array(total % 10 == 0))


def iban(values: pa.StringArray) -> pa.BooleanArray:
    """Which texts are IBANs with right check digits (spaces are to be removed before)."""
    shaped = pc.match_substring_regex(values, r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")
    text = _where(shaped, values)
    turned = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(text, 4), pc.utf8_slice_codeunits(text, 0, 4), ""
    )
    codes = _characters(turned, LONGEST_IBAN, right=False).astype(np.int64)
    remainder = np.zeros(len(values), dtype=np.int64)
    for position in range(LONGEST_IBAN):
        code = codes[:, position]
        digit = remainder * 10 + code - ord("0")
        letter = remainder * 100 + code - ord("A") + 10
        following = np.where(code >= ord("A"), letter, digit) % 97
        remainder = np.where(code == 0, remainder, following)
    return pc.and_(pc.fill_null(shaped, False), pa.array(remainder == 1))


def _where(shaped: pa.BooleanArray, values: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pc.fill_null(shaped, False), values, "")


def _characters(texts: pa.StringArray, width: int, *, right: bool) -> np.ndarray:
    """ASCII codes as a matrix of ``width`` columns, padded with 0 (on the left if ``right``)."""
    pad = pc.utf8_lpad if right else pc.utf8_rpad
    padded = pad(texts, width=width, padding="\x00")
    joined = pc.cast(padded, pa.binary(width)) if len(padded) else pa.array([], pa.binary(width))
    buffer = joined.buffers()[1]
    codes = np.frombuffer(buffer, dtype=np.uint8) if buffer else np.zeros(0, np.uint8)
    start = joined.offset * width
    return codes[start : start + len(joined) * width].reshape(len(joined), width)
