"""What a column's name alone suggests."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from lockgate.labels.label import PUBLIC
from lockgate.labels.vocabulary import CONFIDENTIAL, QUALIFIERS, WORDS

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT = re.compile(r"[^a-z0-9]+")
_LONGEST = 5


@dataclass(frozen=True, slots=True)
class NameHint:
    """The label a name suggests ("" if none), the words that did, and how it is qualified.

    ``qualified``: the name goes on after the words with one like ``status``.
    ``exact``: the words are the whole name.
    """

    label: str = ""
    words: str = ""
    qualified: bool = False
    exact: bool = False


def words_of(name: str) -> tuple[str, ...]:
    """Lower-case words of a snake, camel, kebab or spaced name, without accents."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).replace("ß", "ss")
    return tuple(word for word in _SPLIT.split(_CAMEL.sub(" ", plain).lower()) if word)


@cache
def _phrases() -> dict[str, str]:
    phrases: dict[str, str] = {}
    for label, text in WORDS.items():
        for phrase in text.split(","):
            phrases.setdefault("".join(phrase.split()), label)
    return phrases


def hint_for_name(name: str) -> NameHint:
    """The longest phrase of the vocabulary in the name; of equals the later one.

    A phrase about people or secrets wins over a harmless or merely
    confidential one unless that is longer.
    """
    words = words_of(name)
    phrases = _phrases()
    best = NameHint()
    rank = (0, False, 0)
    for start in range(len(words)):
        for end in range(start + 1, min(start + _LONGEST, len(words)) + 1):
            joined = "".join(words[start:end])
            label = phrases.get(joined) or phrases.get(joined.rstrip("0123456789"))
            if label is None and joined.endswith("s"):
                label = phrases.get(joined[:-1])
            if label is None:
                continue
            found = (end - start, label not in (PUBLIC, CONFIDENTIAL), end)
            if found > rank:
                rank = found
                qualified = end < len(words) and words[-1] in QUALIFIERS
                best = NameHint(
                    label, " ".join(words[start:end]), qualified, end - start == len(words)
                )
    if best.label and best.label != PUBLIC and words[0] in ("is", "has") and len(words) > 1:
        return NameHint(best.label, best.words, True, best.exact)
    return best


def label_for_name(name: str) -> str:
    """The label a name suggests, "" if none or if only its values could show it harmless."""
    hint = hint_for_name(name)
    return "" if hint.label == PUBLIC else hint.label
