"""Secrets in what protocols and databases are told, and in what is typed at a prompt.

As in ``credentials``, no quantifier may make time grow faster than the text.
"""

from __future__ import annotations

import re
from typing import Final

from lockgate.redaction.beside import DOUBLE, SINGLE
from lockgate.redaction.credentials import Rule

_QUOTED = r"\"(?:\\.|[^\"\\\n]){0,200}\""
_NOT_ABOUT_LOGINS = (
    r"(?!(?i:failed|ok|for|from|at|as|by|with|in|on|to|is|was|succeeded|completed|denied|refused|error"
    r"|page|button|form|screen|attempts?|rate|event|request|route|view|link|flow)\b)"
)

COMMANDS: Final[tuple[Rule, ...]] = (
    Rule(
        re.compile(r"\b(login\s{1,4}\S{1,64}\s{1,4}password\s{1,4})\S+", re.I),
        r"\1[redacted]",
        ("login",),
    ),
    Rule(  # of IMAP, after a tag; a page, a button and a rate may follow the word too
        re.compile(
            rf"\b([A-Za-z]{{1,8}}\d{{1,8}} LOGIN\s{{1,4}}{_NOT_ABOUT_LOGINS}"
            rf"(?:{_QUOTED}|[^\s\"]{{1,64}})\s{{1,4}}){_NOT_ABOUT_LOGINS}(?:{_QUOTED}|\S+)"
        ),
        r"\1[redacted]",
        ("login",),
    ),
    Rule(  # of SMTP, POP and IMAP: base64, so no word of small letters
        re.compile(
            r"\b(AUTH(?:ENTICATE)?\s{1,4}(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER)\s{1,4})"
            r"(?=[a-zA-Z]{0,200}(?:[0-9+/=]|[a-z][A-Z]))[A-Za-z0-9+/=]{8,}"
        ),
        r"\1[redacted]",
        ("auth",),
    ),
    Rule(  # of FTP and POP, after who it is or as it is sent; no name of a test
        re.compile(r"(\bUSER \S{1,64}?(?:\s|\\{1,4}[rn]){1,8}PASS )[^\s'\"]+"),
        r"\1[redacted]",
        ("pass ",),
    ),
    Rule(
        re.compile(
            r"([>'\"]\s{0,2}PASS )(?!\S{0,200}\.(?:[jt]sx?|py|go|rb)\b)"
            r"(?:(?=\S{0,60}\d)(?=\S{0,60}[A-Za-z])[^\s'\"]+|[^\s'\"]+(?=['\"\r]|$))",
            re.M,
        ),
        r"\1[redacted]",
        ("pass ",),
    ),
    Rule(  # alone on its line: no path, no name of a test
        re.compile(
            r"^(PASS )(?=\S{0,60}\d)(?=\S{0,60}[A-Z])(?=\S{0,60}[a-z])(?![Tt]est)[^\s/:.]{8,}$",
            re.M,
        ),
        r"\1[redacted]",
        ("pass ",),
    ),
    Rule(
        re.compile(
            rf"\b(identified\s(?:with\s\w{{1,40}}\s)?by\s{{1,4}})"
            rf"(?:{DOUBLE}|{SINGLE}|(?-i:(?<=BY ))[^\s;\"']+)",
            re.I,
        ),
        r"\1[redacted]",
        ("identified",),
    ),
    Rule(
        re.compile(r"(\s(?:-u|--user|--proxy-user)[ =][\"']?[^\s:\"']{1,64}:)[^\s\"']+"),
        r"\1[redacted]",
        ("-u", "--user", "--proxy-user"),
    ),
    Rule(
        re.compile(
            r"\b((?:mysql\w{0,8}|mariadb)\b[^\n]{0,200}?\s-p|sshpass\s-p\s?"
            r"|redis-cli\b[^\n]{0,200}?\s-a\s)\S+"
        ),
        r"\1[redacted]",
        ("mysql", "mariadb", "sshpass", "redis-cli"),
    ),
)
