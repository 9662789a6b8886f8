"""Reading single claims of a token: types and bounds, nothing of trust."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from lockgate.access.token_refusal import TokenFault, refused
from lockgate.limits import DEFAULT_LIMITS
from lockgate.printable import printable

Claims = Mapping[str, object]

_WORD: Final = re.compile(r"[!-~]+")
_LAST_SECOND: Final = 253_402_300_799
"""Of the year 9999, beyond which there is no datetime."""


def word(claims: Claims, name: str, fault: TokenFault = TokenFault.CLAIM) -> str:
    """A string of printable ASCII without spaces, bounded; "" if it is absent."""
    if name not in claims:
        return ""
    value = claims[name]
    if not is_word(value):
        raise refused(fault)
    return str(value)


def is_word(value: object) -> bool:
    """Whether it is a text that can stand in a record as it is."""
    return (
        isinstance(value, str)
        and len(value) <= DEFAULT_LIMITS.token_text
        and _WORD.fullmatch(value) is not None
    )


def time(claims: Claims, name: str) -> datetime | None:
    """A NumericDate (RFC 7519, section 2) in UTC; None if it is absent.

    A boolean, a text, NaN, an infinity, what is before 1970 or after 9999 is none.
    """
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(TokenFault.TIMES)
    if not 0 <= value <= _LAST_SECOND:  # false for NaN too
        raise refused(TokenFault.TIMES)
    return datetime.fromtimestamp(value, UTC)


def required_time(claims: Claims, name: str) -> datetime:
    """A time that has to be there."""
    found = time(claims, name)
    if found is None:
        raise refused(TokenFault.TIMES)
    return found


def audiences(claims: Claims) -> tuple[str, ...]:
    """``aud``: one text or an array of them (RFC 7519, section 4.1.3), bounded, none twice."""
    value = claims.get("aud")
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not 0 < len(found) <= DEFAULT_LIMITS.token_audiences:
        raise refused(TokenFault.AUDIENCE)
    if not all(map(is_word, found)) or len(set(found)) != len(found):
        raise refused(TokenFault.AUDIENCE)
    return tuple(found)


def words(claims: Claims, name: str) -> tuple[str, ...]:
    """An array of words, sorted, each once; empty if it is absent."""
    value = claims.get(name, [])
    if not isinstance(value, list) or len(value) > DEFAULT_LIMITS.token_groups:
        raise refused(TokenFault.CLAIM)
    if not all(map(is_word, value)):
        raise refused(TokenFault.CLAIM)
    return tuple(sorted(set(value)))


def groups(claims: Claims, name: str) -> tuple[str, ...]:
    """Names of groups, which may hold spaces and letters of any script, but nothing unseen."""
    value = claims.get(name, []) if name else []
    if not isinstance(value, list) or len(value) > DEFAULT_LIMITS.token_groups:
        raise refused(TokenFault.CLAIM)
    if not all(isinstance(one, str) and _is_line(one) for one in value):
        raise refused(TokenFault.CLAIM)
    return tuple(sorted(set(value)))


def _is_line(text: str) -> bool:
    seen = printable(text) == text and text.strip() == text
    return seen and 0 < len(text) <= DEFAULT_LIMITS.token_text


def check_age(claims: Claims, at: datetime, longest_ago_seconds: int) -> None:
    """``auth_time`` is there and no longer ago than that, an issuer's clock allowed for."""
    ago = (at - required_time(claims, "auth_time")).total_seconds()
    if ago > longest_ago_seconds + DEFAULT_LIMITS.token_skew_seconds:
        raise refused(TokenFault.EXPIRED)
