"""Values one slip away from right ones: where a quick rule and Pydantic would first disagree."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from oracle_pydantic import Answer, answers, oracle, raw_batch, shown
from pydantic import BaseModel, EmailStr
from test_judge_against_pydantic import KINDS, TRAPS, contract_of, every_kernel

from judge_kernels import finder
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.model import Mode

VALUES = 300
PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]
ODD = [
    *"\t\n\r\x0b\x0c\x00\x1c\x1f\x7f\x85\xa0",
    "é",
    "ſ",
    "\u212a",
    "٣",
    "\u2003",
    "😀",
    "ß",
    "中",
]
SEEDS = [
    *TRAPS, "-42", "999999999999999999", "-1000000000000000000", "0.25", "1.5e-07", "2E+3", "1e308",
    "-0.0", "99999999.99", "100000.005", "2023-12-31", "1900-02-29", "2000-02-29",
    "2024-02-29T23:59:59.999999", "2024-02-29 00:00:00.000+14:00", "1969-12-31T23:59:59Z",
    "00:00:00.000001", "23:59:59", "Yes", "oFF", "TRUE", "0", "sNaN", "1_0.5", "P1D",
    "00000000-0000-4000-8000-000000000000", "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF",
]  # fmt: skip


def slipped(rng: random.Random, text: str) -> str:
    """The text with a few letters put in, left out, replaced, doubled or in another case."""
    letters = list(text)
    for _ in range(rng.randrange(3)):
        place = rng.randrange(len(letters) + 1)
        new = rng.choice(PRINTABLE if rng.random() < 0.8 else ODD)
        there = place < len(letters)
        match rng.randrange(6):
            case 0:
                letters.insert(place, new)
            case 1 if there:
                letters[place] = new
            case 2 if there:
                del letters[place]
            case 3 if there:
                letters.insert(place, letters[place])
            case 4 if there:
                letters[place] = letters[place].swapcase()
            case _ if there:
                letters[place] = rng.choice("0123456789")
    return "".join(letters)


@functools.cache
def judge_of(kind: str, strict: bool, mode: Mode, kernel: str) -> Judge:
    return Judge(contract_of(kind, "plain", strict), mode, find_native=finder(kernel))


def check(judge: Judge, mode: Mode, texts: list[str | None]) -> None:
    batch = pa.record_batch({"x": pa.array(texts, pa.string())})
    rows: list[Any] = [{"x": text} for text in texts]
    expected = oracle(judge.contract, mode, rows)
    assert answers(judge.judge(raw_batch(mode, batch)), len(rows)) == expected


@every_kernel
@pytest.mark.parametrize("kind", KINDS)
def test_judge_agrees_near_every_edge(kind: str, kernel: str) -> None:
    rng = random.Random(kind)
    for mode in (Mode.STRINGS, Mode.PYTHON):
        for strict in (False, True):
            texts = [slipped(rng, rng.choice(SEEDS)) for _ in range(VALUES)]
            check(judge_of(kind, strict, mode, kernel), mode, [*texts, None])


LOCALS = [
    "a",
    "info",
    "INFO",
    "Sales",
    "jo.do",
    "o'neill",
    "a+b",
    "x" * 64,
    "x" * 33,
    "Www",
    "infos",
    "_",
]
LABELS = [
    "x",
    "Mail",
    "b-c",
    "1",
    "x" * 63,
    "xn--bcher-kva",
    "ab--c",
    "xn",
    "axn--b",
    "LOCAL",
    "bücher",
]
ENDS = "de COM co.uk test Local localhost invalid arpa onion c1 museum latest".split()


def address(rng: random.Random) -> str:
    """An address of known parts, as often right as wrong."""
    local = ".".join(rng.choices(LOCALS, k=rng.choice([1, 1, 1, 2, 3])))
    labels = rng.choices(LABELS, k=rng.choice([0, 1, 1, 1, 2, 4]))
    whole = f"{local}@{'.'.join([*labels, rng.choice(ENDS)])}"
    if rng.random() < 0.05:
        whole = f"{rng.choice(['Jo', '', 'J. D.', 'Ada L ', ' x', 'É'])}<{whole}>"
    if rng.random() < 0.05:
        whole = rng.choice([" ", "\t", "\x1f", "\n", "  "]).join(["", whole, ""])
    if rng.random() < 0.1:
        place, odd = (
            rng.randrange(len(whole) + 1),
            rng.choice("éŁ×÷ŉſ\u0301\u0338\u0180\u0130ß\x85\xad。．\u200d١א"),
        )
        whole = whole[:place] + odd + whole[place:]
    return slipped(rng, whole) if rng.random() < 0.6 else whole


class Mailing(BaseModel):
    """One address."""

    x: EmailStr


@every_kernel
@pytest.mark.parametrize("mode", [Mode.STRINGS, Mode.PYTHON])
def test_judge_agrees_on_addresses_of_every_shape(mode: Mode, kernel: str) -> None:
    rng = random.Random("mail")
    contract = compile_model(Mailing, id="c", name="c")
    judge = Judge(contract, mode, find_native=finder(kernel))
    for _ in range(8):
        check(judge, mode, [address(rng) for _ in range(500)])


@every_kernel
@pytest.mark.parametrize("mode", [Mode.STRINGS, Mode.PYTHON])
def test_what_stands_around_an_address_counts_towards_its_length(mode: Mode, kernel: str) -> None:
    judge = judge_of("email", False, mode, kernel)
    for least in (1_024, 2_048):  # what the native rule reads, what Pydantic takes
        for length in range(least - 2, least + 3):
            texts = [f"a@b.de{' ' * (length - 6)}", f"{'A' * (length - 9)} <a@b.de>"]
            assert {len(text) for text in texts} == {length}
            check(judge, mode, texts)


@every_kernel
@pytest.mark.parametrize("kind", ["short_email", "long_email"])
def test_lengths_of_addresses_are_counted_in_characters(kind: str, kernel: str) -> None:
    judge = judge_of(kind, False, Mode.STRINGS, kernel)
    texts = [f"{letter * count}@b.de" for letter in "a\u00e9\u0141" for count in range(1, 10)]
    check(judge, Mode.STRINGS, [*texts, None])


FORMS: dict[str, list[str]] = {
    "even": ["-42", "1_000", " 7"],
    "ratio": ["-1.5e-07", "Infinity", "1_0.5"],
    "positive": ["-1.50", "1E+3", "sNaN12"],
    "recent": ["2024-02-29", "1704067200.0", "2024-02-29T00:00:00Z"],
    "clock": ["12:30:45.123", "12:30Z", "45045"],
    "since": ["2024-02-29T12:30:45.123", "1704067200.5", "2024-02-29 12:30"],
    "aware": ["2024-02-29T12:30:45-05:30", "2024-02-29_12:30:45,1234567Z"],
    "uuid4": ["123e4567-e89b-42d3-a456-426614174000", "urn:uuid:123e4567e89b42d3a456426614174000"],
    "flag": ["true", "off", "1"],
    "email": ["Jo.do+x@Mail-x.co.uk", "info@x.de", " A <é@x.de> "],
}


def every_slip(text: str) -> Iterator[str]:
    """The text with any one ASCII letter put in or replaced, and all its beginnings and ends."""
    for place in range(len(text) + 1):
        yield text[:place]
        yield text[place:]
        for letter in map(chr, range(1, 128)):
            yield text[:place] + letter + text[place:]
            yield text[:place] + letter + text[place + 1 :]


@pytest.mark.parametrize("kind", FORMS)
def test_no_single_slip_is_judged_otherwise(kind: str) -> None:
    texts = sorted({slip for form in FORMS[kind] for slip in every_slip(form)})
    for mode, strict in ((Mode.STRINGS, False), (Mode.PYTHON, False), (Mode.STRINGS, True)):
        (column,) = judge_of(kind, strict, mode, "native")._fields
        assert column.rule is not None
        decision = column.rule.decide(pa.array(texts))
        assert decision is not None
        reasons = {row: reason for reason, rows in decision.rejected for row in rows.tolist()}
        decided = sorted(set(range(len(texts))) - set(decision.undecided.tolist()))
        assert len(decided) > len(texts) // 3
        held = decision.values.take(pa.array(decided)).to_pylist()
        rows = [{"x": texts[row]} for row in decided]
        expected = oracle(contract_of(kind, "plain", strict), mode, rows)
        for row, value, answer in zip(decided, held, expected, strict=True):
            found: Answer = (True, {"x": shown(value)})
            if row in reasons:
                found = (False, {("x", reasons[row])})
            assert found == answer, texts[row]


def test_most_values_are_decided_natively() -> None:
    """The comparison above means something: Pydantic is asked about few of the values."""
    finder("native")
    rng = random.Random("share")
    for kind, least in (("email", 0.5), ("age", 0.5), ("day", 0.3), ("digits", 0.8), ("uuid", 0.5)):
        judge = judge_of(kind, False, Mode.STRINGS, "native")
        (column,) = judge._fields
        assert column.rule is not None
        email = kind == "email"
        texts = [address(rng) if email else slipped(rng, rng.choice(SEEDS)) for _ in range(500)]
        decision = column.rule.decide(pa.array(texts))
        assert decision is not None
        assert len(decision.undecided) < (1 - least) * len(texts), kind
