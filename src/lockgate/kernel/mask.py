"""Masks over whole columns: what is kept, what becomes the fill character."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.errors import KernelError
from lockgate.kernel import refusals
from lockgate.kernel.canonical import canonical
from lockgate.kernel.interface import Mask, Normaliser
from lockgate.kernel.portable_mask import filled
from lockgate.kernel.varlen import build, flat, view

LONGEST = 2**31  # No text has as many characters.
ONLY = ("all", "digits", "alphanumeric")


def masked(values: pa.Array, mask: Mask) -> pa.StringArray:
    """Masked text of each value's exact canonical form; null stays null.

    Raises KernelError for a malformed mask, or a type or value without text.
    """
    check(mask)
    mask = replace(mask, first=min(mask.first, LONGEST), last=min(mask.last, LONGEST))
    text = _text(canonical(values, Normaliser.EXACT, deterministic=False))
    too_big = False
    try:
        return _masked_text(text, mask)
    except pa.ArrowCapacityError:
        too_big = True
    if too_big:
        raise refusals.too_big()
    return text


def _masked_text(text: pa.StringArray, mask: Mask) -> pa.StringArray:
    if not mask.keep_email_domain:
        return _edges(text, mask)
    local, domain = _split_email(text)
    return pc.binary_join_element_wise(_edges(local, mask), domain, "")


def _text(values: pa.BinaryArray) -> pa.StringArray:
    broken = False
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        broken = True
    if broken:
        raise refusals.broken_utf8()
    return values


def check(mask: Mask) -> None:
    """Raises KernelError if the mask says nothing that could be done."""
    if mask.first < 0 or mask.last < 0:
        raise KernelError("a mask keeps no fewer than 0 characters")
    if mask.only not in ONLY:
        raise KernelError("a mask's `only` is all, digits or alphanumeric")
    if len(mask.fill) != 1 or "\ud800" <= mask.fill <= "\udfff":
        raise KernelError("a mask's `fill` is one character")


def _edges(text: pa.StringArray, mask: Mask) -> pa.StringArray:
    """Keep the first and last code points; a text no longer than both is masked whole."""
    length = pc.utf8_length(text)
    short = pc.less_equal(length, mask.first + mask.last)
    head = pc.if_else(short, "", pc.utf8_slice_codeunits(text, 0, mask.first))
    tail = pc.if_else(short, "", pc.utf8_slice_codeunits(text, -mask.last)) if mask.last else ""
    if mask.only == "all":
        hidden = pc.if_else(short, length, pc.subtract(length, mask.first + mask.last))
        middle = pc.binary_repeat(mask.fill, hidden)
    else:
        stop = -mask.last if mask.last else None
        inner = pc.utf8_slice_codeunits(text, mask.first, stop)
        middle = _fill_only(pc.if_else(short, text, inner), mask)
    return pc.binary_join_element_wise(head, middle, tail, "")


def _fill_only(text: pa.StringArray, mask: Mask) -> pa.StringArray:
    """Digits, or letters and digits, become the fill; separators stay."""
    data, offsets = view(text)
    if (data & 0x80).any() or not mask.fill.isascii():
        return flat(pa.array(filled(text.to_pylist(), mask), pa.string()))
    hit = (data >= ord("0")) & (data <= ord("9"))
    if mask.only == "alphanumeric":
        lower = data | 0x20
        hit |= (lower >= ord("a")) & (lower <= ord("z"))
    changed = np.where(hit, np.uint8(ord(mask.fill)), data)
    return build(changed, offsets, text, pa.string())


def _split_email(text: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """Before the last ``@``, and from it on (empty if there is none)."""
    parts = pc.split_pattern(pc.fill_null(text, ""), "@", max_splits=1, reverse=True)
    starts = parts.offsets.to_numpy()
    several = np.diff(starts) == 2
    pieces = parts.values
    local = pc.if_else(text.is_valid(), pieces.take(pa.array(starts[:-1])), None)
    after = pieces.take(pa.array(np.where(several, starts[:-1] + 1, starts[:-1])))
    return local, pc.if_else(several, pc.binary_join_element_wise("@", after, ""), "")
