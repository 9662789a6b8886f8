"""Secrets that are told by what stands beside them: a name, a header, a word.

As in ``credentials``, no quantifier may make time grow faster than the text.
"""

from __future__ import annotations

import re
from typing import Final

from lockgate.redaction.credentials import Rule

# Names of fields that hold secrets. What comes before (``db_``, ``X-``) is any word.
TELLTALE: Final = (
    r"(?:passwor[dt]s?|kennwort|mot\sde\spasse|contrase[nñ]a|senha|wachtwoord|passord|lösenord"
    r"|adgangskode|hasło|heslo|пароль|パスワード|密码"
    r"|passwd|pass_?phrase|passcode|pwd|(?<![a-z])(?:pass|pw|pin|otp|jwt|sig)"
    r"|secret(?:[_-]?(?:access[_-]?)?(?:key|id|text|bytes|string))?|(?:[a-z]{1,12}[_-]?)?token"
    r"|(?:api|access|account|private|root|master|encryption|signing|storage|primary|secondary"
    r"|client|license|deploy|shared[_-]?access|wrapping|data|domain|session|ssh)[_-]?key"
    r"|shared[_-]?access[_-]?signature|session[_-]?id|credentials?|cookie|signature|assertion"
    r"|saml(?:response|request)|mnemonic|connection[_-]?string|dsn)"
    r"(?:[_-]?(?:\d{1,2}|value|text|hash|b64|base64|hex|old|new|plain))?"
)
# One of these is in every text that TELLTALE matches.
_TELLING = (
    "pass", "pwd", "pin", "otp", "jwt", "sig", "secret", "token", "key", "credential", "cookie",
    "assertion", "saml", "mnemonic", "connection", "dsn", "session", "kennwort", "contrase",
    "senha", "wachtwoord", "pw", "lösenord", "adgangskode", "hasło", "heslo", "пароль",
    "パスワード", "密码",
)  # fmt: skip
_REFERENCE = r"(?![\"']?secret://)"
DOUBLE, SINGLE = r'"(?:\\.|[^"\\\n])*(?:"|(?=\n)|\Z)', r"'(?:\\.|[^'\\\n])*(?:'|(?=\n)|\Z)"
_ESCAPED = r"\\{1,4}[\"'](?:[^\"'\\\n]|\\(?![\"'\\]))*"
_LIST = r"[\[({][^\n\])}]*[\])}]?"
_WORD = r"[^\s\"',;&)}\]<>]+"
_VALUE = (
    rf"{_REFERENCE}(?:[bru]{{0,2}}(?:{DOUBLE}|{SINGLE})|{_ESCAPED}|{_LIST}"
    rf"|(?:bearer|basic|token|bot)\s{{1,4}}{_WORD}|{_WORD})"
)
# `name=`, `"name": `, `\"name\": `, `'name', ` of a pair (not before the next key), `name=>`.
_SEPARATOR = (
    r"(?:[\\\"']{0,6}\s{0,4}(?:=>|:=|[:=](?!//))\s{0,4}"
    r"|[\"']\s{0,4},\s{0,4}(?=b?[\"'])(?![\"'][\w.-]{1,40}[\"']\s{0,4}:))"
)
_QUOTES = r"[\\\"']{0,6}"
_LABEL = rf"\b(?:name|key|property|field|header|parameter|variable){_QUOTES}\s{{0,4}}[:=]\s{{0,4}}"
_LABELLED = rf"{_LABEL}{_QUOTES}[\w.-]{{0,40}}?{TELLTALE}{_QUOTES}"
_ITS_VALUE = rf"\b(?:value|val|default|content){_QUOTES}\s{{0,4}}[:=]\s{{0,4}}"
_MARK, _AND = r"(?:\\{1,2}(?:u00|x)2[27]|&quot;|&#3[49];)", r"(?:\\{1,2}(?:u00|x)26|&amp;|&#38;)"
_SIGN = r"(?:\\{1,2}(?:(?:u00|x)3[ad]|07[25])|&(?:#(?:58|61|x3a|x3d)|equals|colon);)"
_MARKED = rf"(?:{_MARK}|\\{{0,3}}[\"'])?"
_BLOB = r"(?=[A-Za-z+/_-]{0,40}\d)[A-Za-z0-9+/_-]{32,}={0,2}"

BESIDE: Final[tuple[Rule, ...]] = (
    Rule(
        re.compile(
            r"\b((?:proxy-)?authorization|set-cookie|cookie)\b"
            r"(?:[\\\"']{0,6}\s{0,8}[:=]|[\"']\s{0,4},)[^\n]*",
            re.I,
        ),
        r"\1: [redacted]",
        ("authorization", "cookie"),
    ),
    Rule(
        re.compile(
            r"\b(bearer|basic)\s{1,8}(?=\S{0,64}(?-i:[A-Z0-9=]))[A-Za-z0-9._~+/=-]{6,}", re.I
        ),
        r"\1 [redacted]",
        ("bearer", "basic"),
    ),
    Rule(  # a block of YAML
        re.compile(
            rf"\b([\w.-]{{0,40}}?{TELLTALE}[\"']?:[ \t]{{0,4}}[|>][+-]?\d?[ \t]{{0,4}}\n)"
            r"(?:[ \t][^\n]*\n?){1,64}",
            re.I,
        ),
        r"\1  [redacted]\n",
        ("|", ">"),
    ),
    Rule(  # a mapping that names what its value is of
        re.compile(rf"({_LABELLED}\s{{0,4}},\s{{0,4}}{_QUOTES}{_ITS_VALUE}){_VALUE}", re.I),
        r"\1[redacted]",
        ("value", "val", "default", "content"),
    ),
    Rule(
        re.compile(
            rf"({_ITS_VALUE})(?:\\{{0,3}}\"[^\"\n]{{1,500}}\"|'[^'\n]{{1,500}}'|[^\s\"',]{{1,200}})"
            rf"(?=\s{{0,4}},\s{{0,4}}{_QUOTES}{_LABELLED})",
            re.I,
        ),
        r"\1[redacted]",
        ("value", "val", "default", "content"),
    ),
    Rule(  # several words, perhaps: the rest of the line
        re.compile(
            r"\b(\w{0,32}(?:(?:pass_?phrase|mnemonic)\s{0,4}[:=]|(?:passwor[dt]|passwd|pwd):\s))"
            rf"(?!\s{{0,4}}[\"'{{\[])\s{{0,4}}{_REFERENCE}[^\n]*",
            re.I,
        ),
        r"\1[redacted]",
        ("pass", "mnemonic", "pwd"),
    ),
    Rule(
        re.compile(
            rf"^(\s{{0,40}}(?:- )?[\w.-]{{0,40}}?{TELLTALE}:\s)(?!\s*[\"'{{\[]){_REFERENCE}[^\n]*",
            re.I | re.M,
        ),
        r"\1[redacted]",
        _TELLING,
    ),
    Rule(
        re.compile(rf"\b(\w{{0,32}}{TELLTALE})\b({_SEPARATOR}){_VALUE}", re.I),
        r"\1\2[redacted]",
        _TELLING,
    ),
    Rule(
        re.compile(
            rf"\b(\w{{0,32}}{TELLTALE})(%(?:25)?3d|%22%3a(?:%20)?)"
            r"(?:[^%&\s\"']|%(?!(?:25)?(?:26|2c)))+",
            re.I,
        ),
        r"\1\2[redacted]",
        ("%3", "%253"),
    ),
    Rule(  # the sign escaped, as JSON and HTML may have it
        re.compile(
            rf"\b(\w{{0,32}}{TELLTALE})({_MARKED}{_SIGN}\s{{0,4}}{_MARKED})"
            rf"(?:[^\\&\s\"']|(?!{_MARK}|{_AND})[\\&])+",
            re.I,
        ),
        r"\1\2[redacted]",
        ("\\u003", "\\x3", "\\07", "&#", "&equals", "&colon"),
    ),
    Rule(
        re.compile(rf"((?<![\w-])--?[\w-]{{0,40}}{TELLTALE}\s{{1,4}}){_VALUE}", re.I),
        r"\1[redacted]",
        _TELLING,
    ),
    Rule(
        re.compile(
            rf"<([\w:.-]{{0,40}}?{TELLTALE}(?:\s[^<>\n]{{0,200}})?)>"
            r"(?:<!\[CDATA\[[^\n\]]{0,1000}|[^<\n]*)",
            re.I,
        ),
        r"<\1>[redacted]",
        ("<",),
    ),
    Rule(
        re.compile(rf"({TELLTALE}[\"']\s{{1,4}}value=)(?:{DOUBLE}|{SINGLE})", re.I),
        r"\1[redacted]",
        ("value=",),
    ),
    Rule(
        re.compile(
            rf"\b({TELLTALE}(?:\s(?:is|was|of|for|to|by|from))?\s{{1,4}}){_REFERENCE}"
            rf"[bru]{{0,2}}(?:{DOUBLE}|{SINGLE})",
            re.I,
        ),
        r"\1[redacted]",
        _TELLING,
    ),
    Rule(
        re.compile(
            r"\b((?:password|passphrase|passwd|pwd|passcode|secret|api key|token|pin|otp)\s"
            r"(?:(?:is|was|of)\s)?)(?=[A-Za-z!@#$%^&*_.-]{0,64}\d)[^\s\"'<>]{4,}",
            re.I,
        ),
        r"\1[redacted]",
        _TELLING,
    ),
    Rule(  # of somebody
        re.compile(
            r"\b((?:password|passphrase|passwd|pwd|passcode|pin)\s(?:for|of)\s(?:user\s)?"
            r"[\"']?[\w.@-]{1,64}[\"']?(?:\s(?:is|was)|\s?[:=])\s{1,4})"
            r"(?!\d{4}-\d\d)(?=[^\s\d]{0,64}\d)[^\s\"'<>]{4,}",
            re.I,
        ),
        r"\1[redacted]",
        _TELLING,
    ),
    Rule(
        re.compile(r"([a-z*][\w.-]{0,64}:\d{4,5}:[\w*-]{1,64}:[\w*-]{1,64}:)[^\s\"']+", re.I),
        r"\1[redacted]",
        (":",),
    ),
    Rule(
        re.compile(
            r"([?&;](?:code|key|auth|ticket|state|subscription-key|x-amz-credential|sv|se|skoid)=)"
            r"[^&\s\"'<>]+",
            re.I,
        ),
        r"\1[redacted]",
        ("=",),
    ),
    Rule(
        re.compile(
            r"\b((?<!public[ _-])(?:[\w-]{0,32}[_-])?(?:key|secret|salt|seed|token|password"
            r"|credential|cipher|hmac|nonce)(?:[_-]\w{1,16})?"
            r"(?:\s(?:is|was|of|material|bytes))?[\s:=\"'>(\[]{1,6})"
            rf"{_BLOB}",
            re.I,
        ),
        r"\1[redacted]",
        (
            "key",
            "secret",
            "salt",
            "seed",
            "token",
            "password",
            "credential",
            "cipher",
            "hmac",
            "nonce",
        ),
    ),
)
