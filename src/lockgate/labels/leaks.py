"""Values that speak for themselves, where none should stand.

That is in a column said to be harmless, and among the names of a file's columns. Counts and
positions only; a value is never repeated.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.labels.checksums import iban, luhn
from lockgate.labels.name_words import FAMILY, GIVEN
from lockgate.labels.values import PATTERNS

_SPEAKING = ("has_email", "has_ssn", "has_phone", "jwt", "private_key", "api_key")
_CARD = r"^[2-6]\d{12,18}$"
_DIGITS_AND_SIGNS = r"^[-+]?[\d.,: /-]*\d[\d.,: /-]*$"
_YEAR = r"^(19|20)\d\d$"


def count_leaks(column: pa.Array) -> int:
    """How many values hold an e-mail address, SSN, phone number, card, IBAN, token or key."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_nested(column.type) or pa.types.is_boolean(column.type):
        return 0
    try:
        text = column.cast(pa.string())
    except pa.ArrowException:  # bytes that are no text
        return 0
    bare = pc.replace_substring_regex(text, r"[ \-]", "")
    found = pc.and_(pc.match_substring_regex(bare, _CARD), luhn(pc.fill_null(bare, "")))
    found = pc.or_(found, iban(pc.utf8_upper(pc.fill_null(bare, ""))))
    for name in _SPEAKING:
        found = pc.or_(found, pc.match_substring_regex(text, PATTERNS[name]))
    return int(pc.sum(found).as_py() or 0)


def data_like_names(names: Sequence[str]) -> tuple[int, ...]:
    """Positions (from 1) of column names that look like data: the file may have no header.

    A name that speaks for itself or is a number or date (a year alone may be a name), or, if at
    least two and half of all are, people's names.
    """
    text = pa.array([name.strip() for name in names], pa.string())
    alone = [count_leaks(text.slice(i, 1)) > 0 for i in range(len(text))]
    numeric = pc.and_(
        pc.match_substring_regex(text, _DIGITS_AND_SIGNS),
        pc.invert(pc.match_substring_regex(text, _YEAR)),
    ).to_pylist()
    odd = [i for i, one in enumerate(zip(alone, numeric, strict=True), 1) if any(one)]
    people = [i for i, name in enumerate(names, 1) if name.strip().lower() in GIVEN | FAMILY]
    if len(people) >= 2 and 2 * len(people) >= len(names):
        odd += people
    return tuple(sorted(set(odd)))
