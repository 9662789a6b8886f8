"""Credentials that are told by their own shape, whatever stands beside them.

Every quantifier is bounded or runs over a class that its successor does not share, so the time
that a text takes grows no faster than its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

Replacement = str | Callable[[re.Match[str]], str]


class Rule(NamedTuple):
    """What is struck out. A text without any of ``needs``, in lower case, cannot match."""

    pattern: re.Pattern[str]
    replacement: Replacement
    needs: tuple[str, ...] = ()


# What an issuer puts before its tokens so that they can be found, and what follows.
_ISSUED: Final = (
    r"gh[pousr]_[A-Za-z0-9]{16,}",
    r"github_pat_\w{20,}",
    r"gl(?:pat|ptt|dt|rt|ft|soat|imt|agent|cbt|ffct|oas)-[\w.-]{16,}",
    r"xox[a-z](?:\.xox[a-z])?-[\w-]{8,}|xapp-[\w-]{8,}",
    r"(?:sk|pk|rk)_(?:live|test|prod)_[A-Za-z0-9]{8,}|whsec_[\w+/=]{16,}",
    r"AIza[\w-]{30,}|ya29\.[\w-]{16,}|GOCSPX-[\w-]{16,}|1//0[\w-]{20,}",
    r"hv[sbr]\.[\w-]{16,}",
    r"[sbr]\.(?=[A-Za-z]{0,64}\d)[A-Za-z0-9]{24,}(?:\.\w{4,})?",
    r"npm_[A-Za-z0-9]{30,}|pypi-[\w-]{16,}|rubygems_[0-9a-f]{32,}|dckr_pat_[\w-]{16,}",
    r"AGE-SECRET-KEY-1[A-Za-z0-9]{20,}|AGE-SECRET-KEY-PQ-1[A-Za-z0-9]{20,}",
    r"SG\.[\w-]{16,}\.[\w-]{16,}|SK[0-9a-f]{32}|key-[0-9a-f]{32}",
    r"do[por]_v1_[0-9a-f]{32,}|dapi[0-9a-f]{32}|hf_[A-Za-z0-9]{30,}",
    r"sk-(?=[\w-]{0,64}\d)[\w-]{20,}",
    r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0[a-z]{3}-[\w-]{20,}|ATATT3[\w=-]{20,}",
    r"gl(?:sa|c)_[\w+/=]{20,}|lin_api_\w{20,}|NRAK-[A-Z0-9]{20,}|PMAK-[\w-]{20,}",
    r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}",
    r"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}",
    r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9/+=]{20,}",
    r"\d{8,10}:[A-Za-z0-9_-]{35}(?![\w-])",
    r"gAAAAA[\w-]{40,}={0,2}",
    r"MI[I-K][A-Za-z0-9+/]{60,}={0,2}",
    r"b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/]{40,}={0,2}",
)
_BYTES = r"\bb(?:'[^'\n]{0,4096}'|\"[^\"\n]{0,4096}\")"


def _bytes(match: re.Match[str]) -> str:
    return "[redacted:bytes]" if match.group().count("\\x") > 2 else match.group()


CREDENTIALS: Final[tuple[Rule, ...]] = (
    Rule(
        re.compile(r"-----BEGIN [A-Z0-9 ]{1,64}-----.*?(?:-----END [A-Z0-9 ]{1,64}-----|\Z)", re.S),
        "[redacted:pem]",
        ("-----begin",),
    ),
    Rule(
        re.compile(r"PuTTY-User-Key-File-\d.*?(?:Private-MAC: [0-9a-f]{1,128}|\Z)", re.S),
        "[redacted:key-file]",
        ("putty",),
    ),
    Rule(re.compile(r"PRIVATE\+KEY\+[^\s\"']{8,}"), "[redacted:signing-key]", ("private+key",)),
    Rule(
        re.compile(r"(?<![A-Za-z0-9_-])eyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]*){0,3}"),
        "[redacted:jwt]",
        ("eyj",),
    ),
    Rule(
        re.compile(
            r"(hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
            r"|discord(?:app)?\.com/api/webhooks/|office\.com/webhook\w{0,8}/)[^\s\"'<>]{1,512}"
        ),
        r"\1[redacted]",
    ),
    Rule(
        re.compile(r"([a-z][a-z0-9+.-]{1,24}://)[^\s/\"'@]{0,512}@", re.I),
        r"\1[redacted]@",
        ("://",),
    ),
    Rule(
        re.compile(
            r"((?!secret:)[a-z][a-z0-9+.-]{1,24}://)[^\s\"'@:/]{0,256}:[^\s\"'<>]{1,512}@", re.I
        ),
        r"\1[redacted]@",
        ("://",),
    ),
    Rule(
        re.compile(
            r"(?<![A-Z0-9])(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA|AGPA|ANPA)[A-Z0-9]{16}(?![A-Z0-9])"
        ),
        "[redacted:aws-key]",
    ),
    Rule(re.compile(r"\blkg1_[\w-]{4,}"), "[redacted:frame]", ("lkg1_",)),
    Rule(re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(_ISSUED)})"), "[redacted:token]"),
    Rule(
        re.compile(
            r"\$(?:2[abxy]|argon2(?:id?|d)|[156y]|scrypt|pbkdf2[\w-]{0,16})\$[\w./+$=,-]{16,}"
        ),
        "[redacted:password-hash]",
        ("$",),
    ),
    Rule(
        re.compile(r"([\"'](?:d|p|q|dp|dq|qi|k)[\"']\s{0,4}:\s{0,4}[\"'])[\w-]{20,}"),
        r"\1[redacted:jwk]",
    ),
    Rule(re.compile(_BYTES), _bytes, ("\\x",)),
)
