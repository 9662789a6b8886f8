r"""Text from data, made harmless for a terminal, a log line or a report.

Data may hold escape sequences that move a cursor or rename a window, newlines
that forge a log line, or bidirectional marks that reorder what a reader sees.
All of them are shown as visible escapes (``\x1b``, ``\u202e``).
"""

from __future__ import annotations

import re

# C0 and C1 controls, DEL, soft hyphen, every bidirectional and zero-width mark,
# line and paragraph separators, interlinear marks, surrogates, private use, tags.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ue000-\uf8ff\ufeff\ufff0-\ufffb"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def printable(text: str) -> str:
    """One line of ``text`` with every control, invisible or reordering character escaped."""
    return _UNSAFE.sub(_visible, text)


def shortened(text: str, limit: int) -> str:
    """``printable(text)`` of at most ``limit`` characters, the cut marked by an ellipsis."""
    shown = printable(text[: limit + 1])
    return shown if len(shown) <= limit else shown[: max(limit - 1, 0)] + "…"
