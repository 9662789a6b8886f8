"""From a policy's word or mapping to a treatment, every problem in one go."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from lockgate.errors import PolicyError, Problem
from lockgate.kernel.ff1 import Alphabet
from lockgate.kernel.interface import HashAlgorithm, Mask
from lockgate.protect.drop import Drop
from lockgate.protect.encrypt import Encrypt
from lockgate.protect.fernet import FernetTokens
from lockgate.protect.fpe import Fpe
from lockgate.protect.generalize import Generalize, To
from lockgate.protect.hashing import Hash
from lockgate.protect.masking import Masking
from lockgate.protect.parameters import (
    Checks,
    a_bool,
    a_constant,
    a_date,
    a_text,
    a_whole_number,
    one_of,
)
from lockgate.protect.redact import Redact
from lockgate.protect.replace import Replace
from lockgate.protect.tokenize import Tokenize
from lockgate.protect.treatment import Treatment

_PLAIN = re.compile(r"[a-z_]{1,20}")
Maker = Callable[[Mapping[str, Any]], Treatment]


def parse_treatment(spec: str | Mapping[str, Any]) -> Treatment:
    """``"tokenize"``, ``{"mask": {"last": 4}}``, ``{"generalize": "zip3"}``.

    Raises PolicyError with every unknown treatment, unknown, missing or
    malformed parameter in ``problems``.
    """
    name, given = _split(spec)
    if name not in _MAKERS:
        raise PolicyError(
            "there is no treatment of that name", hint=f"known are {', '.join(sorted(_MAKERS))}"
        )
    maker, checks, short = _MAKERS[name]
    if given is None:
        given = {}
    elif not isinstance(given, Mapping):
        if not short:
            raise PolicyError(f"{name} takes its parameters as a mapping")
        given = {short: given}
    problems = _problems(name, given, checks)
    if problems:
        raise PolicyError(problems[0].message, hint=problems[0].hint, problems=problems)
    return maker(given)


def known_treatments() -> tuple[str, ...]:
    """The words a policy may use, in order."""
    return tuple(sorted(_MAKERS))


def _split(spec: object) -> tuple[str, Any]:
    if isinstance(spec, str):
        return spec, None
    if isinstance(spec, Mapping) and len(spec) == 1:
        ((name, given),) = spec.items()
        if isinstance(name, str):
            return name, given
    raise PolicyError(
        "a treatment is its name, or a mapping of its name to parameters",
        hint="for example tokenize, or {mask: {last: 4}}",
    )


def _problems(name: str, given: Mapping[str, Any], checks: Checks) -> tuple[Problem, ...]:
    found = []
    for key, value in given.items():
        if key not in checks:
            hint = f"{name} takes {', '.join(checks)}" if checks else f"{name} takes none"
            told = f"parameter `{key}`" if _is_plain(key) else "such parameter"
            found.append(Problem(PolicyError.code, f"{name} has no {told}", hint=hint))
        else:
            complaint = checks[key].complaint(value)
            if complaint:
                found.append(Problem(PolicyError.code, f"{name}: `{key}` {complaint}"))
    found.extend(
        Problem(PolicyError.code, f"{name} needs the parameter `{key}`")
        for key, parameter in checks.items()
        if parameter.required and key not in given
    )
    return tuple(found)


def _is_plain(key: object) -> bool:
    """Whether a key reads as a parameter's name: anything else may be a value gone astray."""
    return isinstance(key, str) and _PLAIN.fullmatch(key) is not None


def _generalize(given: Mapping[str, Any]) -> Treatment:
    reference = given.get("reference")
    if isinstance(reference, str):
        reference = date.fromisoformat(reference)
    return Generalize(To(given["to"]), given.get("width"), given.get("cap_age"), reference)


def _hash(given: Mapping[str, Any]) -> Treatment:
    return Hash(HashAlgorithm(given.get("algorithm", HashAlgorithm.AES_CMAC)))


_MAKERS: dict[str, tuple[Maker, Checks, str]] = {
    "drop": (lambda given: Drop(), {}, ""),
    "redact": (lambda given: Redact(), {}, ""),
    "replace": (lambda given: Replace(**given), {"value": a_constant(required=True)}, "value"),
    "mask": (
        lambda given: Masking(Mask(**given)),
        {
            "first": a_whole_number(0),
            "last": a_whole_number(0),
            "only": one_of("all", "digits", "alphanumeric"),
            "fill": a_text(),
            "keep_email_domain": a_bool(),
        },
        "",
    ),
    "hash": (_hash, {"algorithm": one_of(*HashAlgorithm)}, "algorithm"),
    "tokenize": (lambda given: Tokenize(), {}, ""),
    "fpe": (
        lambda given: Fpe(Alphabet(given["alphabet"])),
        {"alphabet": one_of(*Alphabet, required=True)},
        "alphabet",
    ),
    "encrypt": (
        lambda given: Encrypt(**given),
        {"index": a_bool(), "bind": one_of("record")},
        "",
    ),
    "fernet": (lambda given: FernetTokens(), {}, ""),
    "generalize": (
        _generalize,
        {
            "to": one_of(*To, required=True),
            "width": a_whole_number(1),
            "cap_age": a_whole_number(1),
            "reference": a_date(),
        },
        "to",
    ),
}
