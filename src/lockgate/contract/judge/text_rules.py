"""Columnar rules for text: str, closed lists, e-mail addresses, UUIDs, bytes."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from lockgate.contract.judge.decision import Decide, Decision, by_masks
from lockgate.contract.judge.python_values import Bools, mask_of, nulls
from lockgate.contract.judge.re2_sameness import SamePattern
from lockgate.contract.judge.text_bytes import all_ascii, byte_lengths, of_width

_TRIMMED: Final = " \t\n\x0b\x0c\r"
_SOLID_ENDS: Final = r"^(?:[!-~\pL\pN\pP\pS](?:(?s:.*)[!-~\pL\pN\pP\pS])?)?$"


def decide_str(texts: pa.Array, node: Mapping[str, Any], pattern: SamePattern | None) -> Decision:
    """Length in code points, then the pattern, on the stripped text; then the case.

    ``node``: min_length, max_length, pattern, strip_whitespace, to_lower, to_upper.
    """
    there = ~nulls(texts)
    known = there.copy()
    values = texts
    if node.get("strip_whitespace"):
        values = pc.utf8_trim(texts, characters=_TRIMMED)
        known &= mask_of(pc.match_substring_regex(values, pattern=_SOLID_ENDS))
    ascii_only = all_ascii(values)
    wrong = np.zeros(len(texts), np.bool_)
    rejected: list[tuple[str, Bools]] = []
    for kind, fails in _lengths(values, node, ascii_only=ascii_only):
        rejected.append((kind, fails & known & ~wrong))
        wrong |= fails
    if node.get("pattern") is not None:
        known, wrong = _match(values, pattern, known, wrong, rejected, ascii_only=ascii_only)
    if node.get("to_lower") or node.get("to_upper"):
        change = pc.ascii_lower if node.get("to_lower") else pc.ascii_upper
        if not ascii_only:
            known &= mask_of(pc.string_is_ascii(values))
        values = change(values)
    return by_masks(texts, values, known & ~wrong, rejected)


def _lengths(
    values: pa.Array, node: Mapping[str, Any], *, ascii_only: bool
) -> Sequence[tuple[str, Bools]]:
    low, high = node.get("min_length"), node.get("max_length")
    if low is None and high is None:
        return ()
    lengths = byte_lengths(values)
    if not ascii_only and not (low is None and lengths.max(initial=0) <= (high or 0)):
        lengths = np.asarray(pc.utf8_length(values).fill_null(0))
    found: list[tuple[str, Bools]] = []
    if high is not None:
        found.append(("string_too_long", lengths > high))
    if low is not None:
        found.append(("string_too_short", lengths < low))
    return found


def _match(
    values: pa.Array,
    pattern: SamePattern | None,
    known: Bools,
    wrong: Bools,
    rejected: list[tuple[str, Bools]],
    *,
    ascii_only: bool,
) -> tuple[Bools, Bools]:
    """Judge the pattern where RE2 is known to read it as Pydantic's engine does."""
    if pattern is None:
        return known & wrong, wrong
    if pattern.ascii_only and not ascii_only:
        known = known & (wrong | mask_of(pc.string_is_ascii(values)))
    matches = mask_of(pc.match_substring_regex(values, pattern=pattern.re2))
    rejected.append(("string_pattern_mismatch", ~matches & known & ~wrong))
    return known, wrong | ~matches


def closed_list(expected: Sequence[str], error: str | None) -> Decide:
    """Members of a list are accepted; others get ``error``, or stay undecided."""
    allowed = pa.array(list(expected), pa.string())

    def decide(texts: pa.Array) -> Decision:
        member = np.asarray(pc.is_in(texts, value_set=allowed))
        there = ~nulls(texts)
        rejected = [(error, ~member & there)] if error else []
        return by_masks(texts, texts, member & there, rejected)

    return decide


_LABEL: Final = "[a-z0-9]+(?:-[a-z0-9]+)*"
_DOMAIN: Final = rf"@(?:{_LABEL}\.)+[a-z]{{2,}}$"
_LOWER: Final = rf"^[a-z0-9]+(?:[._+-][a-z0-9]+)*{_DOMAIN}"
_MIXED: Final = rf"^[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*{_DOMAIN}"
_LONGEST_EMAIL: Final = 64


@functools.cache
def _refused_domains() -> str:
    names = "|".join(name.replace(".", r"\.") for name in SPECIAL_USE_DOMAIN_NAMES)
    return f"[@.](?:{names})$"


@functools.cache
def _folded_mailboxes() -> str:
    return f"^(?i:{'|'.join(CASE_INSENSITIVE_MAILBOX_NAMES)})@"


def decide_email(texts: pa.Array) -> Decision:
    """Plain ASCII addresses that email-validator gives back unchanged are accepted.

    Not decided: anything over 64 bytes, quoted or named, with upper-case letters in
    the domain, with an international or reserved domain, or in a mailbox whose case folds.
    """
    short = byte_lengths(texts) <= _LONGEST_EMAIL
    plain = mask_of(pc.match_substring_regex(texts, pattern=_LOWER)) & short
    rest = ~plain & short & ~nulls(texts)
    if rest.any():
        others = texts.filter(pa.array(rest))
        mixed = mask_of(pc.match_substring_regex(others, pattern=_MIXED))
        mixed &= ~mask_of(pc.match_substring_regex(others, pattern=_folded_mailboxes()))
        plain[rest] = mixed
    plain &= ~mask_of(pc.match_substring_regex(texts, pattern=_refused_domains()))
    return by_masks(texts, texts, plain)


_HEX_PLACES: Final = [place for place in range(36) if place not in (8, 13, 18, 23)]
_HEX_DIGIT: Final = np.isin(np.arange(256), list(b"0123456789abcdefABCDEF"))


def uuid_rule(version: int | None) -> Decide:
    """UUIDs in the 8-4-4-4-12 form; RFC 9562 variant if a version is asked for."""

    def decide(texts: pa.Array) -> Decision:
        accepted = (byte_lengths(texts) == 36) & ~nulls(texts)
        matrix = of_width(texts, 36, accepted)
        good = (matrix[[8, 13, 18, 23]] == ord("-")).all(axis=0)
        good &= _HEX_DIGIT[matrix[_HEX_PLACES]].all(axis=0)
        if version is not None:
            good &= matrix[14] == ord(str(version))
            good &= np.isin(matrix[19], list(b"89abAB"))
        accepted[accepted] = good
        return by_masks(texts, pc.ascii_lower(texts), accepted)

    return decide


def bytes_rule(node: Mapping[str, Any]) -> Decide:
    """Bytes, or text as its UTF-8 bytes, within their length in bytes."""
    low, high = node.get("min_length"), node.get("max_length")

    def decide(values: pa.Array) -> Decision:
        held = values.cast(pa.binary())
        lengths = byte_lengths(held)
        accepted = ~nulls(held)
        if low is not None:
            accepted &= lengths >= low
        if high is not None:
            accepted &= lengths <= high
        return by_masks(values, held, accepted)

    return decide
