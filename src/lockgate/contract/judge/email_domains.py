"""Addresses in international domains: Pydantic is asked once a domain, not once an address.

email-validator splits an address at its at-sign and judges the two parts apart, so a plain part
before the at-sign changes nothing about what it says of the domain. That takes it a tenth of a
millisecond, for Punycode and the rules of RFC 5891 to 5893.
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pyarrow as pa
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from lockgate.contract.judge.decision import AskPydantic
from lockgate.contract.judge.outcome import ColumnVerdict, rejected_mask

_PLAIN: Final = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_FOLDED: Final = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)
# Together no more than the 254 bytes of an address, however long the domain becomes in Punycode.
_LONGEST_LOCAL: Final = 40
_LONGEST_DOMAIN: Final = 24
_STAND_IN: Final = "x"


def ask_by_domain(values: pa.Array, ask: AskPydantic) -> ColumnVerdict:
    """The verdict on addresses without nulls, as ``ask`` gives it on one for each domain."""
    given: list[Any] = values.to_pylist()
    locals_ = [_plain_local(text) for text in given]
    stand_ins = [
        text if local is None else _STAND_IN + text[len(local) :]
        for text, local in zip(given, locals_, strict=True)
    ]
    verdict = ask(pa.array(stand_ins, values.type))
    if all(local is None for local in locals_):
        return verdict
    accepted = ~rejected_mask(len(given), verdict.rejections)
    found: list[Any] = verdict.values.to_pylist()
    for row in np.nonzero(accepted)[0].tolist():
        local = locals_[row]
        if local is not None:
            found[row] = local + found[row][len(_STAND_IN) :]
    return ColumnVerdict(pa.array(found, verdict.values.type), verdict.rejections)


def _plain_local(text: str) -> str | None:
    """What stands before the at-sign, if it is plain and the domain short and one word."""
    local, _, domain = text.partition("@")
    plain = (
        len(local) <= _LONGEST_LOCAL
        and len(domain) <= _LONGEST_DOMAIN
        and _PLAIN.fullmatch(local)
        and local.lower() not in _FOLDED
        and domain.isprintable()
        and not any(mark in domain for mark in ' "<>@')
    )
    return local if plain else None
