"""Text of a fixed form, broken in every place: where comparing words would first go wrong."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pyarrow as pa
import pytest
from oracle_pydantic import answers, oracle, raw_batch
from pydantic import BaseModel, EmailStr, Field, create_model
from test_judge_against_pydantic import every_kernel

from judge_kernels import finder
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge import Judge
from lockgate.contract.model import Contract, Mode


def text(pattern: str, **lengths: int) -> Any:
    """Text with a pattern."""
    return Annotated[str, Field(pattern=pattern, **lengths)]


# What a column demands, and texts that fit it.
COLUMNS: dict[str, tuple[Any, list[str]]] = {
    "ssn": (text(r"^[0-9]{3}-[0-9]{2}-[0-9]{4}$"), ["123-45-6789"]),
    "digits": (text(r"^\d{5}$"), ["12345"]),
    "state": (text(r"^[A-Z]{2}$", min_length=2), ["AZ"]),
    "hex": (text(r"^[0-9a-f]{16}$"), ["0123456789abcdef"]),
    "longer": (text(r"^[A-Za-z][0-9]{16}x{3}$"), ["a1234567890123456xxx"]),
    "none_fits": (text(r"^[a-z]{4}$", max_length=3), ["abcd"]),
    "anything": (text(r"^.[^a].$"), ["xyz"]),
    "names": (Annotated[str, Field(min_length=2, max_length=4)], ["ab", "abcd"]),
    "listed": (Literal["gold", "standard", "", "no member of few"], ["gold", "standard"]),
    "whole": (Annotated[int, Field(ge=-5)], ["7", "1234567890123456", "-3"]),
    "money": (Annotated[Decimal, Field(max_digits=12, decimal_places=2)], ["-7.05", "1234567.8"]),
    "day": (date, ["2024-02-29"]),
    "moment": (datetime, ["1999-12-31T23:59:58", "1999-12-31 23:59:58.123456"]),
    "address": (EmailStr, ["a.b-c@d-e.de", "maria.lovelace.1@mail.work.net"]),
}
ODD = [*map(chr, range(128)), "é", "٣", "１", "Ａ", "\u2028", "\x85", "😀"]


def broken(form: str) -> Iterator[str]:
    """The text, longer and shorter by one, and with every odd letter in every place."""
    yield from (form, "", f"{form}\n", f"\n{form}", f"{form}\r\n", f"{form}{form[-1]}", f" {form} ")
    for place in range(len(form)):
        yield form[:place] + form[place + 1 :]
        yield form[:place]
        for letter in ODD:
            yield form[:place] + letter + form[place + 1 :]


@functools.cache
def contract_of(name: str) -> Contract:
    model: type[BaseModel] = create_model("Row", x=(COLUMNS[name][0], ...))
    return compile_model(model, id="c", name="c")


@every_kernel
@pytest.mark.parametrize("name", COLUMNS)
def test_every_place_is_held_to_the_form(name: str, kernel: str) -> None:
    forms = COLUMNS[name][1]
    texts = [slip for form in forms for slip in broken(form)]
    contract = contract_of(name)
    rows: list[Any] = [{"x": text} for text in texts]
    expected = oracle(contract, Mode.STRINGS, rows)
    judge = Judge(contract, Mode.STRINGS, find_native=finder(kernel))
    # Alone in a batch, and each among others that fit, at every place of a block of rows.
    for among in ([], forms * 3):
        batch: list[str | None] = []
        places: list[int] = []
        for number, text in enumerate(texts):
            places.append(len(batch))
            batch += [text, *among, *([None] if number % 7 == 0 else [])]
        raw = raw_batch(Mode.STRINGS, pa.record_batch({"x": pa.array(batch, pa.string())}))
        found = answers(judge.judge(raw), len(batch))
        assert [found[place] for place in places] == expected


@pytest.mark.parametrize("name", COLUMNS)
def test_the_last_text_of_a_column_is_read_as_any(name: str) -> None:
    """Words are read beyond a text: where its column ends, nothing may be there."""
    contract, forms = contract_of(name), COLUMNS[name][1]
    judge = Judge(contract, Mode.STRINGS, find_native=finder("native"))
    for form in forms:
        for last in (form, form[:-1], f"{form}\n"):
            texts = pa.array(["9" * 40, form, last])
            expected = oracle(contract, Mode.STRINGS, [{"x": form}, {"x": last}])
            sliced = raw_batch(Mode.STRINGS, pa.record_batch({"x": texts.slice(1)}))
            assert answers(judge.judge(sliced), 2) == expected
