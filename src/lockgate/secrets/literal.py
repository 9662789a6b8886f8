"""What a secret looks like when somebody has written it into a file.

Three questions, each asked where it makes sense: is this text of a form that only secrets have;
does this name say that its value is secret; and is that value plainly not one (a reference, a
placeholder, the name of a type, a treatment or a label)?
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lockgate.secrets.reference import SCHEME


@dataclass(frozen=True, slots=True, order=True)
class Literal:
    """A secret in clear: offsets in the text that was looked at, and what it looks like."""

    start: int
    end: int
    looks_like: str


_WORD = (
    r"(?:pg)?pass(?:words?|wd|phrases?)|pwd|secret|token|api_?keys?|access_?key|private_?key"
    r"|pass[wp]ort|kennwort|(?<![A-Za-z])pw|credentials?|(?:db|database|sql|mysql|pg|postgres|redis|smtp|mail|ftp|ldap|user|admin|root)_?pass"
)
_NAMED: Final = re.compile(
    rf"(?:^|[_\-. ])(?:{_WORD}|(?:secret|account|auth|root|signing|encryption)_?key)$|^pass$", re.I
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLACEHOLDER: Final = re.compile(
    r"<[a-z][a-z _./|-]*>|\$\{\{?\s?[a-z_][a-z_. |]*\s?\}?\}"
    r"|(?-i:\$\{[A-Z_][A-Z0-9_]*(?::?\?[A-Za-z ]*|:?-)?\}|\$[A-Z][A-Z0-9_]*|\$[a-z]*_[a-z_]*)"
    r"|\{\{?\s?[a-z_][a-z_. |]*\s?\}?\}|\{\d?\}"
    r"|%\(\w*\)s|(?-i:%[A-Z_]+%?)|\*+|\.{2,}|x{3,}|-+|_+|\?"
    r"|none|null|true|false|n/a|tbd|tba|todo|not\snull",
    re.I,
)
_SHOUTED: Final = re.compile(r"[A-Z]+\d?(?:_[A-Z]+\d?)*_(?:[A-Z]+\d{0,2}|\d{1,2})")
_LABEL: Final = re.compile(r"(?:credential|financial|phi|pii|pseudonym|public)(?:[.(][a-z_.()]*)?")
_TYPE: Final = re.compile(r"[a-z][a-z_]{2,15}\(\d{1,5}(?:,\s?\d{1,3})?\)", re.I)
_WORDS: Final = frozenset(
    """string str text utf8 large_utf8 large_string string_view varchar char binary large_binary
    bytes object category bool boolean int int32 int64 float float64 double decimal date timestamp
    uuid allow deny drop redact replace mask hash tokenize encrypt fpe shift generalize fake noise
    scrub fernet optional required exact nfc digits alphanumeric email local file passphrase
    name column user username read write none""".split()
)
_LONGEST: Final = 40
_IDENTIFIER: Final = re.compile(r"[a-z]{1,16}(?:[_-][a-z]{1,16})*")
_IN_TWO: Final = re.compile(r"[a-z]{1,16}[_-][a-z]{1,16}")
_IN_THREE: Final = re.compile(r"[a-z]{1,16}(?:[_-][a-z]{1,16}){0,2}(?:[_-]\d{1,2})?")
_OF_A_COLUMN: Final = re.compile(
    r"(?:[_-]|^)(?:code|col|column|date|digest|field|hash|hashed|id|key|name|no|number|token|type)$"
)
_OF_A_PASSWORD: Final = re.compile(r"[_-](?:col|column|digest|field|hash|hashed)$")
_A_PASSWORD: Final = re.compile(r"pass|pwd|pw$|kennwort|identified", re.I)
_SPOKEN: Final = re.compile(r"secret", re.I)
_LETTERS: Final = re.compile(r"[A-Za-z]+(?:[_.-][A-Za-z]+)*")
_MIXED: Final = re.compile(
    r"(?:^|\s)(?!(?:sha|utf|base|argon|pbkdf|ascii|iso|[hrep]s)-?\d)(?=\S{0,60}\d)(?=\S{0,60}[A-Za-z])\S{6,}",
    re.I,
)
_RULE: Final = re.compile(r"\b(?:must|should|at least|at most|required|characters|chars)\b", re.I)
_COLUMN_NAME: Final = re.compile(r"[a-z]{1,20}(?:[_.-][a-z0-9]{1,16}){0,6}\d{0,2}|\w{1,40}\(.*\)")
_USER_WORDS: Final = frozenset({"user", "username", "role", "name", "u", "login"})
_URL: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,24}://(?P<user>[^\s/:@\"'<>{}]{0,100}):(?P<value>[^\s/@\"'<>]{1,200})@",
    re.I,
)
_PAIR: Final = re.compile(
    r"(?<![\w-])-{0,2}(?:\w{0,40}_)?(?:password|passwd|pwd|passphrase|accountkey|sharedaccesskey"
    r"|client_?secret|api_?key|secret_?access_?key|(?<=_)authToken)\s{0,3}=\s{0,3}"
    r"(?:'{1,2}(?=[^'\n]{1,512}')|(?<!'))"
    r"(?P<value>[^\s;&,'\"<>{}()|\\`…?*+][^\s;&,'\"<>{}()`]{0,511})",
    re.I,
)
_DIGESTS: Final = re.compile(
    r"public|pub_?key|digest|sha-?\d|hash|checksum|fingerprint|blake|integrity|signature|verif|vkey",
    re.I,
)
_ROOT_KEY: Final = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])")
_SHAPES: Final = (
    ("a private key", r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"),
    ("an AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,})"),
    ("a GitLab token", r"\bgl(?:pat|dt|ft|rt|ptt|soat)-[\w-]{20,}"),
    (
        "a Slack token",
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bhooks\.slack\.com/services/T\w+/B\w+/\w+",
    ),
    ("a JSON Web Token", r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
    ("a Google key", r"\bAIza[\w-]{35}\b|\bya29\.[\w-]{20,}"),
    ("a Vault token", r"\bhv[bsr]\.[\w-]{20,}|\bs\.(?=[a-zA-Z]{0,23}\d)[A-Za-z0-9]{24}\b"),
    ("a Stripe key", r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("a package registry's token", r"\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[\w-]{50,}"),
    ("an age secret key", r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}"),
    ("an Azure signature", r"[?&]sig=[A-Za-z0-9%+/=]{30,}"),
    (
        "credentials in a header",
        r"\b(?i:authorization|auth(?=[\"']?\s{0,4}[:=]\s{0,4}[\"']?\S{5,6}\s{1,4}\S{0,100}[0-9=]))[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?i:bearer|basic)\s{1,4}[\w.~+/=-]{8,}",
    ),
    (
        "a credential in an address",
        r"[?&](?i:(?:[a-z]{1,12}[_-])?(?:token|secret|password))=(?=[\w.~%+/-]{0,60}\d)[\w.~%+/-]{8,}",
    ),
    ("a protected value", r"\blkg1_[\w-]{16,}"),
    ("a sealed root key", r"\"lockgate_root_key\""),
)
_ANY_SHAPE: Final = re.compile(
    "|".join(f"(?P<s{number}>{pattern})" for number, (_, pattern) in enumerate(_SHAPES))
)


def named_secret(name: str) -> bool:
    """Whether a key or variable of this name holds a secret."""
    return _NAMED.search(_CAMEL.sub("_", name)) is not None and not _LABEL.fullmatch(name)


def harmless(value: str, name: str = "") -> bool:
    """Whether the value of a secret's name is none: a reference, a placeholder, a known word.

    Nor is the name of a column or of a choice: up to three words of small letters, or more that end
    in a column's word; two where the name says secret. Where it says password, only those that end
    as a column of its hashes would: words joined are what people take for a password.
    """
    text = value.strip()
    if _known(text, name):
        return True
    if len(text) > _LONGEST:
        return False
    words = _IDENTIFIER.fullmatch(text) is not None
    if _A_PASSWORD.search(name):
        return words and _OF_A_PASSWORD.search(text) is not None
    if _SPOKEN.search(name):
        return _IN_TWO.fullmatch(text) is not None
    return _IN_THREE.fullmatch(text) is not None or (
        words and _OF_A_COLUMN.search(text) is not None
    )


def made_up(value: str) -> bool:
    """Whether ``value`` mixes letters and digits as no word does, and is no name of a column."""
    return _MIXED.search(value) is not None and _COLUMN_NAME.fullmatch(value) is None


def _known(text: str, name: str = "") -> bool:
    plain = re.sub(r"[\s._-]", "", text).lower()
    return (
        len(text) < 3
        or text.startswith(SCHEME)
        or text.lower() in _WORDS
        or _PLACEHOLDER.fullmatch(text) is not None
        or _SHOUTED.fullmatch(text) is not None
        or _TYPE.fullmatch(text) is not None
        or _LABEL.fullmatch(text) is not None
        or plain == re.sub(r"[\s._-]", "", name).lower()
        or named_secret(plain)
        or (_LETTERS.fullmatch(text) is not None and named_secret(text))
        or (" " in text and _RULE.search(text) is not None and not _MIXED.search(text))
    )


def secrets_in(text: str, *, pairs: bool) -> Iterator[Literal]:
    """Everything in ``text`` that has the form of a secret.

    ``pairs``: also ``password=…`` as connection strings have it; not for source code, where what
    follows the sign is a name.
    """
    for match in _ANY_SHAPE.finditer(text):
        yield Literal(match.start(), match.end(), _SHAPES[int(str(match.lastgroup)[1:])][0])
    for match in _URL.finditer(text):
        if not _url_of_a_manual(match["user"], match["value"]):
            yield Literal(match.start("value"), match.end("value"), "a password in an address")
    for match in _ROOT_KEY.finditer(text):
        if not _DIGESTS.search(_line(text, match.start())):
            yield Literal(match.start(), match.end(), "a key of 32 bytes")
    for match in _PAIR.finditer(text) if pairs else ():
        if not _known(match["value"]):
            yield Literal(match.start("value"), match.end("value"), "a password")


def _url_of_a_manual(user: str, value: str) -> bool:
    """``user:password@`` and what is filled in by somebody else."""
    return _known(value, user) if user.lower() not in _USER_WORDS else named_secret(value)


def _line(text: str, at: int) -> str:
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    return text[start : end if end >= 0 else None]
