"""Formats, widths and bounds of ODCS's logical type options, and what they are in Pydantic."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

FORMATS: Final = {
    "": "str",
    "password": "str",
    "email": "EmailStr",
    "uuid": "UUID",
    "ipv4": "IPv4Address",
    "ipv6": "IPv6Address",
    "uri": "AnyUrl",
}
DATE_FORMATS: Final = {
    "date": ("yyyy-MM-dd",),
    "time": ("HH:mm:ss",),
    "timestamp": (
        "yyyy-MM-dd HH:mm:ss",
        "yyyy-MM-dd'T'HH:mm:ss",
        "yyyy-MM-dd'T'HH:mm:ss'Z'",
        "yyyy-MM-dd'T'HH:mm:ssXXX",
    ),
}
BOUNDS: Final = (
    ("minimum", "ge"),
    ("exclusiveMinimum", "gt"),
    ("maximum", "le"),
    ("exclusiveMaximum", "lt"),
)
WIDTHS: Final = {
    f"{sign}{bits}": (
        (0, 2**bits - 1) if sign == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    )
    for sign in "iu"
    for bits in (8, 16, 32, 64)
    if (sign, bits) != ("u", 64)
}
DECIMAL: Final = re.compile(r"(?:decimal|numeric|number)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", re.I)
BINARY: Final = re.compile(r"(?:var)?binary|bytea|bytes|blob", re.I)
PARSE: Final[Mapping[str, Callable[[str], Any]]] = {
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
}
