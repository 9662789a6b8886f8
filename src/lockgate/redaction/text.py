"""A text without the secrets and identifiers in it."""

from __future__ import annotations

import re
from typing import Final

from lockgate.known_secrets import without_known_secrets
from lockgate.printable import printable
from lockgate.redaction.beside import BESIDE
from lockgate.redaction.commands import COMMANDS
from lockgate.redaction.credentials import CREDENTIALS
from lockgate.redaction.people import PEOPLE

MAX_TEXT: Final = 16_384
_MAX_WORD: Final = 4_096
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
# What swallows the most first: whole lines of headers, then shapes, then what has only a name.
RULES: Final = (CREDENTIALS[0], CREDENTIALS[1], *BESIDE, *COMMANDS, *CREDENTIALS[2:], *PEOPLE)


def scrub(text: str) -> str:
    """``text`` without known secrets, secret-shaped parts and identifiers; line ends stay.

    Text beyond MAX_TEXT characters is cut first, so that a huge one costs no time, and so is the
    word that the cut went through: half a secret has no shape.
    """
    cut = len(text) - MAX_TEXT
    if cut > 0:
        kept = text[:MAX_TEXT]
        end = max(map(kept.rfind, " \n\t"))
        text = kept[:end] if MAX_TEXT - end < _MAX_WORD else kept
    text = without_known_secrets(text)
    visible = _INVISIBLE.sub("", text)
    if visible != text:
        text = without_known_secrets(visible)
    folded = text.casefold()
    for pattern, replacement, needs in RULES:
        if not needs or any(word in folded for word in needs):
            text = pattern.sub(replacement, text)
    return text + (f" [{cut} characters cut]" if cut > 0 else "")


def redact(text: str) -> str:
    """``scrub(text)`` as one line, in which nothing moves a cursor or reorders what is read."""
    return printable(scrub(text))
