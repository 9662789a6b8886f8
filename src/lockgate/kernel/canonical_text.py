"""Normalisers over whole text columns: ASCII columnar, the rest handed on value by value."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel import refusals
from lockgate.kernel.interface import Normaliser
from lockgate.kernel.portable_text import normalised
from lockgate.kernel.varlen import Bytes, Flags, Offsets, build, keep, view

_ASCII_SPACE = "\t\n\v\f\r "
_BYTES = np.arange(256)


def _flags(characters: str) -> Flags:
    return np.isin(_BYTES, np.frombuffer(characters.encode(), np.uint8))


_IS_SPACE = _flags(_ASCII_SPACE)
_IS_DIGIT = _flags("0123456789")
_IS_LETTER_OR_DIGIT = _IS_DIGIT | np.isin(_BYTES | 0x20, np.arange(ord("a"), ord("z") + 1))
_IS_LETTER_OR_DIGIT[128:] = False


def text_bytes(
    values: pa.StringArray, normaliser: Normaliser
) -> tuple[pa.BinaryArray, pa.BooleanArray | None]:
    """Canonical bytes of each text, and which texts have any (None if all do).

    Raises KernelError if the column is not valid UTF-8.
    """
    data, offsets = view(values)
    ascii_only = not (data & 0x80).any()
    if not ascii_only:
        refuse_broken_utf8(values)
    if normaliser in (Normaliser.EXACT, Normaliser.NFC) and (
        ascii_only or normaliser is Normaliser.EXACT
    ):
        return values.cast(pa.binary()), None
    result = _ascii(values, data, offsets, normaliser)
    if not ascii_only and normaliser is not Normaliser.DIGITS:
        wide = pc.invert(pc.fill_null(pc.string_is_ascii(values), True))
        rewritten = normalised(values.filter(wide).to_pylist(), normaliser)
        result = pc.replace_with_mask(result, wide, pa.array(rewritten, pa.binary()))
    return result, _has_form(values, result)


def _ascii(
    values: pa.StringArray, data: Bytes, offsets: Offsets, normaliser: Normaliser
) -> pa.BinaryArray:
    """Right for rows of ASCII; DIGITS is right for every row."""
    if normaliser is Normaliser.EMAIL:
        trimmed = pc.ascii_trim(values, characters=_ASCII_SPACE)
        return pc.ascii_lower(trimmed).cast(pa.binary())
    if normaliser is Normaliser.TEXT:
        collapsed = build(*_collapsed(data, offsets), values, pa.string())
        return pc.ascii_lower(pc.ascii_rtrim(collapsed, " ")).cast(pa.binary())
    if normaliser is Normaliser.DIGITS:
        return build(*keep(data, offsets, _IS_DIGIT[data]), values, pa.binary())
    if normaliser is Normaliser.ALPHANUMERIC:
        kept = build(*keep(data, offsets, _IS_LETTER_OR_DIGIT[data]), values, pa.string())
        return pc.ascii_upper(kept).cast(pa.binary())
    return values.cast(pa.binary())


def _collapsed(data: Bytes, offsets: Offsets) -> tuple[Bytes, Offsets]:
    """Runs of white space as one space, none at a row's start; one may be left at its end."""
    space = _IS_SPACE[data]
    after_space = np.empty(len(data), np.bool_)
    after_space[1:] = space[:-1]
    starts = offsets[:-1][offsets[:-1] < offsets[1:]]
    after_space[starts] = True
    spaced = np.where(space, np.uint8(ord(" ")), data)
    return keep(spaced, offsets, ~(space & after_space))


def _has_form(values: pa.StringArray, result: pa.BinaryArray) -> pa.BooleanArray | None:
    """Refused: rewritten to null, or emptied though not empty. Null has a form: it stays null."""
    length = pc.fill_null(pc.binary_length(result), 0)
    fits = pc.or_(pc.greater(length, 0), pc.equal(pc.fill_null(pc.binary_length(values), 0), 0))
    return None if pc.all(fits, min_count=0).as_py() else fits


def refuse_broken_utf8(values: pa.StringArray) -> None:
    """Raises KernelError unless every text is UTF-8."""
    """Raises KernelError unless every text is UTF-8."""
    broken = False
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        broken = True
    if broken:
        raise refusals.broken_utf8()
