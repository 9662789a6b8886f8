"""Patterns are read as Pydantic's own engine reads them: made-up patterns over made-up text."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pyarrow as pa
import pytest
from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from judge_kernels import asking
from lockgate.contract.judge.unicode_tables import same_tables
from lockgate.kernel.judging import Asking, NativeRule

LETTERS = list("abcxyzABKkS019_- .,@éßſ日")
CLASSES = [
    ".", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", "[a-c]", "[^a-c]", "[a-z&&[^b]]",
    "[[:alpha:]]",
    "[a-c--b]", "[a-c~~b-d]", r"[\w--\d]", r"[^\s]", "[é-ü]", r"\pL", r"\p{Greek}", r"\P{Lu}",
    "[-.]",
    r"[\x41-\x{5a}]", r"\x62", r"[^\W\d_]", r"\u0061", "[K]", r"[^\x00-\x7f]",
]  # fmt: skip
LOOKS = ["^", "$", r"\b", r"\B", r"\A", r"\z", r"\b{start}", r"\b{end}", r"\b{start-half}"]
COUNTS = ["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "+?", "{1,2}?"]
FLAGS = ["?:", "?i:", "?s:", "?m:", "?R:", "?x:", "?-u:", "?i-s:", "?U:", "?P<n>", ""]
TEXTS = ["\r\n", *"abcKkSs09_ -.@\n\t\x0béEßſ\u212a日٣\u0301\xa0😀\x00\x7f"]


def pattern(rng: random.Random, depth: int = 3) -> str:
    """A pattern in the Rust engine's syntax, most often a valid one."""
    kind = rng.random()
    if depth == 0 or kind < 0.35:
        plain = rng.choice(LETTERS)
        one = plain if plain.isalnum() or plain in "_ ,@" or ord(plain) > 127 else "\\" + plain
        return one if rng.random() < 0.5 else rng.choice(CLASSES)
    if kind < 0.5:
        return rng.choice(LOOKS)
    if kind < 0.7:
        return pattern(rng, depth - 1) + rng.choice(COUNTS)
    if kind < 0.8:
        return f"({rng.choice(FLAGS)}{pattern(rng, depth - 1)}|{pattern(rng, depth - 1)})"
    if kind < 0.9:
        return f"({rng.choice(FLAGS)}{pattern(rng, depth - 1)})"
    return "".join(pattern(rng, depth - 1) for _ in range(rng.randrange(1, 4)))


def whole(rng: random.Random) -> str:
    """A pattern of several parts, often anchored, at times with a flag for all."""
    text = "".join(pattern(rng) for _ in range(rng.randrange(4)))
    text = f"^{text}$" if rng.random() < 0.3 else text
    return rng.choice(["(?i)", "(?m)", "(?s)", "(?x)"]) + text if rng.random() < 0.1 else text


def rules(
    native: Asking, seed: str, count: int
) -> Iterator[tuple[str, SchemaValidator, NativeRule]]:
    """Patterns that Pydantic takes, with its validator and the native rule."""
    rng = random.Random(seed)
    for _ in range(count):
        text = whole(rng)
        try:
            validator = SchemaValidator(core_schema.str_schema(pattern=text))
        except SchemaError:
            continue
        yield text, validator, native.make.text(False, 0, None, text, True, False, "")


def accepts(validator: SchemaValidator, text: str) -> bool:
    try:
        validator.validate_python(text)
    except ValidationError:
        return False
    return True


@pytest.fixture(scope="module")
def kernel() -> Asking:
    return asking()


@pytest.mark.parametrize("seed", ["one", "two", "three"])
def test_made_up_patterns_find_what_pydantic_finds(seed: str, kernel: Asking) -> None:
    rng = random.Random(seed)
    compared = open_to_all = 0
    for text, validator, rule in rules(kernel, seed, 700):
        assert rule.knows_pattern, text
        values = ["", *("".join(rng.choices(TEXTS, k=rng.randrange(1, 8))) for _ in range(40))]
        answer = rule.decide(pa.array(values)) or (None, None, [])
        assert answer[0] is None
        undecided = set() if answer[1] is None else set(pa.array(answer[1]).to_pylist())
        rejected = {row for _, rows in answer[2] for row in pa.array(rows).to_pylist()}
        assert not any(values[row].isascii() for row in undecided), text
        assert not (rule.decides_all and undecided), text
        for row in set(range(len(values))) - undecided:
            assert accepts(validator, values[row]) is (row not in rejected), (text, values[row])
            compared += 1
        open_to_all += rule.decides_all
    assert compared > 10_000
    assert open_to_all > 50


def test_classes_known_to_be_pydantics_decide_text_of_every_script(kernel: Asking) -> None:
    rng = random.Random("scripts")
    letters = [chr(code) for code in rng.sample(range(0x80, 0xD7FF), 600)] + list("aZ9_ -")
    for text in [r"^\w+$", r"\d", r"^[\w\s-]*$", r"\b.\B", r"^\P{Lu}+$", r"^[^\W\d_]{2}", "é"]:
        rule = kernel.make.text(False, 0, None, text, True, False, "")
        assert same_tables(kernel.make, rule.tables or [])
        rule = kernel.make.text(False, 0, None, text, True, True, "")
        validator = SchemaValidator(core_schema.str_schema(pattern=text))
        assert rule.decides_all
        values = ["".join(rng.choices(letters, k=rng.randrange(4))) for _ in range(2_000)]
        answer = rule.decide(pa.array(values)) or (None, None, [])
        assert answer[1] is None
        rejected = {row for _, rows in answer[2] for row in pa.array(rows).to_pylist()}
        assert [accepts(validator, value) for value in values] == [
            row not in rejected for row in range(len(values))
        ], text


def test_tables_that_are_not_pydantics_are_not_trusted(kernel: Asking) -> None:
    class OtherTables:
        """One letter of the class is taken for another of the others, or the reverse."""

        def __init__(self, moved: str) -> None:
            self.moved = moved

        def characters(self, name: str) -> tuple[str, str] | None:
            found = kernel.make.characters(name)
            assert found is not None
            words, others = found
            if self.moved in words:
                return words.replace(self.moved, ""), others + self.moved
            return words + self.moved, others.replace(self.moved, "")

    assert same_tables(kernel.make, [r"\w"])
    for moved in ("é", "-", "\u0378"):
        assert not same_tables(OtherTables(moved), [r"\w"])
    assert not same_tables(kernel.make, ["ab"])


def test_long_text_and_long_patterns_are_read_alike(kernel: Asking) -> None:
    for text in [
        "^a{1,200}$",
        "^(?:ab|ba){0,150}c?$",
        "^.{0,300}$",
        "b$",
        r"^\w{1,90}\b",
        "(a|b)*c",
    ]:
        validator = SchemaValidator(core_schema.str_schema(pattern=text))
        rule = kernel.make.text(False, 0, None, text, True, False, "")
        values = [
            "a" * n + end
            for n in (0, 1, 31, 63, 127, 128, 200, 201, 400)
            for end in ("", "b", "bc")
        ]
        values += ["ab" * n for n in (15, 64, 150, 151)]
        answer = rule.decide(pa.array(values)) or (None, None, [])
        rejected = {row for _, rows in answer[2] for row in pa.array(rows).to_pylist()}
        assert [accepts(validator, value) for value in values] == [
            row not in rejected for row in range(len(values))
        ], text


def test_rules_with_everything_agree(kernel: Asking) -> None:
    """Strip, lengths, pattern and case together, in Pydantic's order."""
    rng = random.Random("all")
    ends = ["", " ", "\t\n", "\x1c", "\xa0", "\u2003", "\u0301", "é", "-"]
    for _ in range(300):
        case = rng.choice(["", "", "lower", "upper"])
        strip, low, high = rng.random() < 0.6, rng.choice([0, 1, 2]), rng.choice([None, 2, 4])
        text = rng.choice([None, "^a", "b+$", r"^\w*$", "[A-K]", "^é?[a-c]*$", "k"])
        schema = core_schema.str_schema(
            strip_whitespace=strip, min_length=low, max_length=high, pattern=text,
            to_lower=case == "lower", to_upper=case == "upper",
        )  # fmt: skip
        validator = SchemaValidator(schema)
        rule = kernel.make.text(strip, low, high, text, True, False, case)
        values = [
            rng.choice(ends)
            + "".join(rng.choices("abcABKkéß ", k=rng.randrange(6)))
            + rng.choice(ends)
            for _ in range(60)
        ]
        answer = rule.decide(pa.array(values)) or (None, None, [])
        undecided = set() if answer[1] is None else set(pa.array(answer[1]).to_pylist())
        reasons = {row: kind for kind, rows in answer[2] for row in pa.array(rows).to_pylist()}
        results = values if answer[0] is None else pa.array(answer[0]).to_pylist()
        for row in set(range(len(values))) - undecided:
            try:
                expected = (validator.validate_python(values[row]), None)
            except ValidationError as error:
                expected = (None, error.errors()[0]["type"])
            found = (None, reasons[row]) if row in reasons else (results[row], None)
            assert found == expected, (schema, values[row])
