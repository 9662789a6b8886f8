"""From policy words to treatments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from lockgate.errors import PolicyError
from lockgate.kernel.ff1 import Alphabet
from lockgate.kernel.interface import HashAlgorithm, Mask
from lockgate.protect.drop import Drop
from lockgate.protect.encrypt import Encrypt
from lockgate.protect.fpe import Fpe
from lockgate.protect.generalize import Generalize, To
from lockgate.protect.hashing import Hash
from lockgate.protect.masking import Masking
from lockgate.protect.parse import known_treatments, parse_treatment
from lockgate.protect.redact import Redact
from lockgate.protect.replace import Replace
from lockgate.protect.tokenize import Tokenize
from lockgate.protect.treatment import Treatment


@pytest.mark.parametrize(
    ("spec", "treatment"),
    [
        ("drop", Drop()),
        ("redact", Redact()),
        ({"replace": {"value": "x"}}, Replace("x")),
        ({"replace": 0}, Replace(0)),
        ({"replace": True}, Replace(True)),
        ("mask", Masking(Mask())),
        ({"mask": None}, Masking(Mask())),
        ({"mask": {"last": 4, "only": "digits"}}, Masking(Mask(last=4, only="digits"))),
        ("hash", Hash(HashAlgorithm.AES_CMAC)),
        ({"hash": "hmac-sha256"}, Hash(HashAlgorithm.HMAC_SHA256)),
        ({"hash": {"algorithm": "aes-cmac"}}, Hash()),
        ("tokenize", Tokenize()),
        ({"fpe": "digits"}, Fpe(Alphabet.DIGITS)),
        ({"fpe": {"alphabet": "alphanumeric"}}, Fpe(Alphabet.ALPHANUMERIC)),
        ("encrypt", Encrypt()),
        ({"encrypt": {"index": True}}, Encrypt(index=True)),
        ({"generalize": "zip3"}, Generalize(To.ZIP3)),
        ({"generalize": {"to": "bucket", "width": 10}}, Generalize(To.BUCKET, width=10)),
        (
            {"generalize": {"to": "year", "cap_age": 90, "reference": "2026-01-31"}},
            Generalize(To.YEAR, cap_age=90, reference=date(2026, 1, 31)),
        ),
    ],
)
def test_spec(spec: str | dict[str, Any], treatment: Treatment) -> None:
    parsed = parse_treatment(spec)

    assert parsed == treatment
    assert parsed.describe() == treatment.describe()
    assert parsed.describe()["treatment"] == parsed.name
    assert parsed.name in known_treatments()


@pytest.mark.parametrize(
    ("spec", "problems"),
    [
        ({"mask": {"lst": 4, "first": -1, "fill": "**"}}, ["`lst`", "`first`", "`fill`"]),
        ({"mask": {"last": True, "only": "letters"}}, ["`last`", "`only`"]),
        ({"generalize": {"width": 0, "reference": "soon"}}, ["`width`", "`reference`", "`to`"]),
        ({"generalize": {"to": "decade"}}, ["`to`"]),
        ({"generalize": {"to": "year", "reference": datetime(2026, 1, 1)}}, ["`reference`"]),
        ({"hash": "md5"}, ["`algorithm`"]),
        ({"replace": {}}, ["`value`"]),
        ({"replace": {"value": ["a"]}}, ["`value`"]),
        ({"encrypt": {"index": "yes"}}, ["`index`"]),
        ({"tokenize": {"key": "mine"}}, ["`key`"]),
    ],
)
def test_every_problem_is_told_at_once(spec: dict[str, Any], problems: list[str]) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_treatment(spec)

    told = [problem.message for problem in caught.value.problems]
    assert len(told) == len(problems)
    for word, message in zip(problems, told, strict=True):
        assert word in message


@pytest.mark.parametrize(
    "spec",
    ["toknize", "", {}, {"mask": {}, "hash": {}}, {"tokenize": 3}, {1: {}}, ["drop"], None, 5],
)
def test_what_is_no_treatment(spec: Any) -> None:
    with pytest.raises(PolicyError):
        parse_treatment(spec)


@pytest.mark.parametrize(
    "spec",
    [
        {"to": "bucket"},
        {"to": "zip3", "width": 5},
        {"to": "age", "cap_age": 90},
        {"to": "year", "reference": "2026-01-01"},
    ],
)
def test_parameters_that_do_not_fit_together(spec: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match="generalize"):
        parse_treatment({"generalize": spec})


def test_treatments_can_be_compared_and_hashed() -> None:
    assert parse_treatment({"mask": {"last": 4}}) == parse_treatment({"mask": {"last": 4}})
    assert parse_treatment({"mask": {"last": 4}}) != parse_treatment({"mask": {"last": 3}})
    assert len({parse_treatment("hash"), parse_treatment({"hash": {}})}) == 1


@pytest.mark.parametrize(
    "spec", ["canary@example.com", {"canary@example.com": {}}, {"mask": {"canary@example.com": 1}}]
)
def test_a_value_gone_astray_into_a_policy_is_not_repeated(spec: Any) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_treatment(spec)

    told = str(caught.value) + "".join(map(str, caught.value.problems))
    assert "canary" not in told
    assert "mask" in told
