"""YAML read strictly: data, positions, and every problem with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lockgate.assemble.yaml_document import Document, parse_document, read_document
from lockgate.assemble.yaml_text import render_yaml
from lockgate.errors import ConfigurationError, Position
from lockgate.limits import Limits


def problems(content: bytes | str, limits: Limits | None = None) -> list[tuple[int, int, str]]:
    data = content.encode() if isinstance(content, str) else content
    with pytest.raises(ConfigurationError) as caught:
        parse_document(data, "x.yaml", limits or Limits())
    assert all(p.where and p.where.file == "x.yaml" for p in caught.value.problems)
    return [(p.where.line, p.where.column, p.message) for p in caught.value.problems if p.where]


def read(text: str) -> Document:
    return parse_document(text.encode(), "x.yaml")


def test_the_core_schema_of_yaml_1_2() -> None:
    text = (
        "a: yes\nb: 010\nc: 0o10\nd: 0xff\ne: ~\nf: 1.5e3\ng: 2024-01-01\nh: 12:30\ni: TRUE\nj: '1'"
    )
    assert read(text).data == {
        "a": "yes",
        "b": 10,
        "c": 8,
        "d": 255,
        "e": None,
        "f": 1500.0,
        "g": "2024-01-01",
        "h": "12:30",
        "i": True,
        "j": "1",
    }


def test_positions_of_keys_and_items_and_of_what_is_absent() -> None:
    document = read("a:\n  - x\n  - b: {c: 1}\n")
    assert document.locate(("a",)) == Position("x.yaml", 1, 1)
    assert document.locate(("a", 1)) == Position("x.yaml", 3, 5)
    assert document.locate(("a", 1, "b", "c")) == Position("x.yaml", 3, 9)
    assert document.locate(("a", 1, "b", "zzz", 0)) == Position("x.yaml", 3, 5)


def test_a_part_keeps_its_positions() -> None:
    part = read("a:\n  b:\n    c: 1\n").part("a", "b")
    assert part.data == {"c": 1}
    assert part.locate(("c",)) == Position("x.yaml", 3, 5)


def test_a_byte_order_mark_is_not_part_of_the_first_key() -> None:
    assert parse_document(b"\xef\xbb\xbfa: 1\n", "x").data == {"a": 1}


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\na: 2", 2, 1, "this key stands here twice, first in line 1"),
        ("x: {a: 1, a: 2}", 1, 11, "this key stands here twice, first in line 1"),
        ("a: &b 1", 1, 4, "anchors are not allowed"),
        ("a: *b", 1, 4, "aliases are not allowed"),
        ("a:\n  <<: {b: 1}", 2, 3, "merge keys are not allowed"),
        ("a: !!int 1", 1, 4, "tags are not allowed"),
        ("a: !x 1", 1, 4, "tags are not allowed"),
        ("1: a", 1, 1, "a key is text"),
        ("? [a]\n: b", 1, 3, "a key is text"),
        ("a:\n\t- b", 2, 1, "a tab stands where YAML wants spaces"),
        ("a: b: c", 1, 5, "a second colon in one line"),
        ("a: [1, 2", 1, 9, "a bracket is not closed"),
        ("a: 'b", 1, 6, "the text ends in the middle"),
        ("a:\n - b\n c: d", 3, 2, "the indentation does not fit what stands above"),
        ("a: 1\n---\nb: 2", 2, 1, "a file holds one document"),
        ("%YAML 1.1\n---\na: 1", 2, 1, "only YAML 1.2 is read"),
        ("a: .nan", 1, 4, "infinity and not-a-number are no settings"),
        ("a: 1e999", 1, 4, "infinity and not-a-number are no settings"),
    ],
)
def test_a_problem_has_its_place(text: str, line: int, column: int, message: str) -> None:
    assert (line, column, message) in problems(text)


def test_all_problems_come_at_once() -> None:
    assert len(problems("a: 1\na: 2\nb: &x 1\nc: !t 2\n3: 4\nd: .inf\n")) == 5


def test_bytes_that_are_not_utf_8_have_a_place() -> None:
    assert problems(b"a: 1\nb: \xff\n") == [(2, 4, "the file is not UTF-8 text")]


def test_limits_have_names() -> None:
    assert "config_keys" in problems("[1, 2, 3, 4]", Limits(config_keys=3))[0][2]
    assert "config_depth" in problems("[[[[1]]]]", Limits(config_depth=3))[0][2]
    assert "config_bytes" in problems("a: 12345", Limits(config_bytes=5))[0][2]


def test_a_folder_or_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        read_document(tmp_path / "none.yaml")
    with pytest.raises(ConfigurationError, match="not a plain file|cannot be read"):
        read_document(tmp_path)


def told(content: bytes) -> bool:
    """Whether the bytes are read, or refused with at least one problem; nothing else is raised."""
    try:
        return parse_document(content, "x").locate().file == "x"
    except ConfigurationError as error:
        return len(error.problems) > 0


@given(st.binary(max_size=200))
@example(b"%TAG ! tag:x:\n--- !a")
@example(b"%YAML\n---")
@example(b"!<\n")
@example(b"- ? ")
@example(b"a: |9\n")
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    assert told(content)


@given(st.text("ab:-?[]{},&*!|>'\"%@`#\n \t01.<~", max_size=60))
def test_any_punctuation_is_read_or_refused(text: str) -> None:
    assert told(text.encode())


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=200),
)
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("ab: <~-'\"1", max_size=5), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(st.characters(categories=["L", "N"]), max_size=9), trees))
@example({"a": "yes", "b": "010", "<<": "x", "~": "null", "c": "0o7", "d": "2024-01-01"})
def test_what_is_written_reads_back_equal(data: dict[str, object]) -> None:
    assert parse_document(render_yaml(data), "x").data == data
