"""The credentials of many services, by their own formats: the detectors of detect-secrets.

They run in this process on one line after another and speak to nobody: what they offer to verify
over the network is not called. Those that guess (entropy, names, addresses) are left out: digests
and public keys belong into a project's files, and names are looked at where a file's own structure
says what is a name and what is a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

GUESSING: Final = frozenset(
    {
        "Base64HighEntropyString",
        "HexHighEntropyString",
        "IPPublicDetector",
        "KeywordDetector",
        "BasicAuthDetector",  # secrets.literal knows placeholders
    }
)
_NO_DIGIT_IS_A_WORD: Final = frozenset({"ArtifactoryDetector"})
# What their formats have: a long word with a digit in it, or one of these words.
_WORTH_A_LOOK: Final = re.compile(
    r"(?=[\w-]{0,80}\d)[\w-]{13}|AccountKey=|aws|hooks\.slack|_authToken"
    r"|BEGIN [A-Z0-9 ]{0,20}PRIVATE|PuTTY-User-Key",
    re.A | re.I,
)


def worth_a_look(line: str) -> bool:
    """Whether any detector could find something in the line; loading them takes a while."""
    return _WORTH_A_LOOK.search(line) is not None


def known_formats(line: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and name of everything in the line that has the form of a known credential."""
    for name, kind, detector in _detectors():
        for found in detector.analyze_string(line):
            if name in _NO_DIGIT_IS_A_WORD and not re.search(r"\d", found):
                continue
            start = line.find(found)
            if found and start >= 0:
                yield start, start + len(found), kind


@cache
def _detectors() -> tuple[tuple[str, str, Any], ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    found: dict[str, Any] = get_mapping_from_secret_type_to_class()
    return tuple(
        (plugin.__name__, kind, plugin())
        for kind, plugin in sorted(found.items())
        if plugin.__name__ not in GUESSING
    )
