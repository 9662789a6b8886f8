"""What a password and an account's name have to be (NIST SP 800-63B-4, section 3.1.1).

Length counts, composition does not; what everybody guesses first is refused; Unicode is brought
to one form, so that every keyboard gives the same bytes.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from lockgate.errors import UsageError
from lockgate.limits import Limits

_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,62}")
_COMMON: Final = frozenset(
    """
    password passwort motdepasse contrasena senha parola wachtwoord iloveyou letmein welcome
    administrator admin changeme trustno sunshine princess football baseball basketball superman
    batman pokemon dragon monkey shadow master michael jennifer jordan charlie qwerty qwertyuiop
    azerty asdfghjkl zxcvbnm qazwsx qazwsxedc qwerasdf qwertyui abcdefgh abcdefghijkl starwars
    computer internet samsung liverpool chelsea whatever freedom secret default guest login access
    passphrase hello helloworld
    """.split()
)
"""Words that the lists of leaked passwords begin with, alone, repeated, or with digits around."""
_KEYBOARD: Final = (
    "0123456789" * 4,
    "abc def ghi jkl mno pqr stu vwx yz" * 2,
    "qwert yuiop asdf ghjkl zxcv bnm qwert",
    "1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik 9ol 0p",
    "1q 2w 3e 4r 5t 6y 7u 8i 9o 0p",
)
_RUNS: Final = tuple(row + row[::-1] for row in ("".join(keys.split()) for keys in _KEYBOARD))
_AFFIX: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_LEET: Final = str.maketrans("0134578@$!", "oleastbasi")
_LEAST_VARIETY: Final = 4


def check_name(name: str) -> str:
    """The name, if it is one. Raises UsageError, which does not repeat it."""
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            "this is no account's name",
            hint="1 to 63 of a-z 0-9 . _ -, the first of them a letter",
        )
    return name


def is_name(name: str) -> bool:
    """Whether there can be an account of that name."""
    return _NAME.fullmatch(name) is not None


def normal_password(password: str) -> bytes:
    """UTF-8 in Unicode form NFC. Raises UsageError for what is no text."""
    try:
        return unicodedata.normalize("NFC", password).encode("utf-8")
    except UnicodeEncodeError:
        pass
    raise UsageError("a password is text", hint="it has a character that no keyboard gives")


def check_password(password: str, name: str, limits: Limits) -> bytes:
    """The bytes of a new password, if it may be one. Raises UsageError, never with a part of it.

    1. At least ``password_characters`` characters, and at most ``password_bytes`` bytes.
    2. No control characters: they cannot be typed, and do not survive a paste.
    3. Not among what is guessed first: common words, runs on a keyboard, few different
       characters, the account's own name.
    """
    normal = normal_password(password)
    text = normal.decode("utf-8")
    if len(text) < limits.password_characters:
        raise UsageError(
            f"a password has at least {limits.password_characters} characters",
            hint="a few words that have nothing to do with each other are easy to keep",
        )
    if len(normal) > limits.password_bytes:
        raise UsageError(f"a password has at most {limits.password_bytes} bytes")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise UsageError("a password has no control characters", hint="no tab, no line break")
    if is_common(text, name):
        raise UsageError(
            "this password is among those that are guessed first",
            hint="take a few words that have nothing to do with each other, or with the account",
        )
    return normal


def is_common(text: str, name: str = "") -> bool:
    """Whether a guesser would come to it early."""
    folded = "".join(text.casefold().split())
    if len(set(folded)) < _LEAST_VARIETY or any(folded in run for run in _RUNS):
        return True
    plain = {_once(form) for form in (folded, folded.translate(_LEET))}
    plain |= {_once(_AFFIX.sub("", form)) for form in (*plain, folded)}
    plain |= {form.translate(_LEET) for form in plain}
    refused = _COMMON | ({name} if name else set())
    return bool(plain & refused) or "" in plain


def _once(text: str) -> str:
    """What a text repeats, if it is a repetition."""
    for size in range(1, len(text) // 2 + 1):
        if len(text) % size == 0 and text[:size] * (len(text) // size) == text:
            return text[:size]
    return text
