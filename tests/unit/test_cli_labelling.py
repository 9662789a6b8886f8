"""The one screen of ``lockgate protect``: what may be changed, and what it says."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from lockgate.cli.face import Face
from lockgate.cli.labelling import (
    Labelling,
    Proposed,
    ask,
    in_few_words,
    parse_overrides,
    sureness,
)
from lockgate.cli.screen import make_console
from lockgate.errors import LabelError, PolicyError, UsageError
from lockgate.policy.policy import Policy

PROPOSED = (
    Proposed("Name", "a name by its name", "pii.name", 0.95),
    Proposed("mail", "e-mail addresses", "pii.email", 0.95),
    Proposed("code", "nothing known", "confidential", 0.4),
    Proposed("pw", "passwords", "credential.password", 0.75),
)


def labelling(zone: str = "analytics") -> Labelling:
    return Labelling(PROPOSED, Policy.shipped(), zone)


def answers(*lines: str):
    replies: Iterator[str] = iter(lines)
    return lambda prompt: next(replies)


@pytest.fixture
def face() -> Face:
    shown = Face()
    shown._err = make_console(io.StringIO())
    return shown


def written(face: Face) -> str:
    assert isinstance(face.err.file, io.StringIO)
    return face.err.file.getvalue()


def test_outcome_is_what_the_zone_demands() -> None:
    table = labelling()
    assert table.outcome("mail") == ("tokenize", False)
    assert table.outcome("pw")[0] == "drop"
    assert labelling("partner").outcome("pw") == ("refused", True)


def test_columns_are_named_or_numbered() -> None:
    table = labelling()
    table.set("3", "pii.account")
    table.set("Name", "public")
    assert table.labels["code"] == "pii.account"
    assert table.outcome("Name") == ("allow", False)


@pytest.mark.parametrize("column", ["0", "5", "name", "-1", "²", ""])
def test_unknown_column_is_refused(column: str) -> None:
    with pytest.raises(UsageError):
        labelling().set(column, "public")


def test_unknown_label_is_refused_with_the_nearest() -> None:
    with pytest.raises(LabelError) as caught:
        labelling().set("1", "pii.mail")
    assert "pii.email" in caught.value.hint


def test_unknown_zone_is_refused() -> None:
    with pytest.raises(PolicyError):
        labelling("analitics")


def test_enter_accepts(face: Face) -> None:
    table = labelling()
    assert ask(face, table, answers(""))
    assert table.labels["mail"] == "pii.email"
    for word in ("e-mail addresses", "tokenize", "sure", "a guess"):
        assert word in written(face)


def test_a_change_then_enter(face: Face) -> None:
    table = labelling()
    assert ask(face, table, answers("3 pii.account", ""))
    assert table.labels["code"] == "pii.account"
    assert "your choice" in written(face)


def test_mistakes_are_told_and_asked_again(face: Face) -> None:
    assert ask(face, labelling(), answers("3 pii.mail", "99 public", "public", ""))
    for word in ("did you mean pii.email?", "no such column", "a column and a label"):
        assert word in written(face)


def test_a_refused_label_cannot_be_accepted(face: Face) -> None:
    table = labelling("partner")
    assert ask(face, table, answers("", "3 public", "4 public", ""))
    assert "zone partner does not take that label" in written(face)


def test_question_mark_lists_every_label(face: Face) -> None:
    ask(face, labelling(), answers("?", "q"))
    for entry in Policy.shipped().taxonomy.entries:
        assert entry.label in written(face)


def test_q_leaves(face: Face) -> None:
    assert not ask(face, labelling(), answers("q"))


def test_column_names_of_the_file_cannot_drive_the_terminal(face: Face) -> None:
    hostile = Labelling(
        [Proposed("a\x1b[2J\n", "[bold]x[/]", "public", 1)], Policy.shipped(), "analytics"
    )
    ask(face, hostile, answers(""))
    assert "\x1b[2J" not in written(face)
    assert "[bold]x[/]" in written(face)


def test_overrides() -> None:
    assert parse_overrides(["a=pii.email", "b=c=public"]) == [("a", "pii.email"), ("b=c", "public")]
    for bad in ("a", "=public", "a="):
        with pytest.raises(UsageError):
            parse_overrides([bad])


def test_reasons_in_few_words() -> None:
    assert in_few_words("the name says so and 99% of the values are dates") == "99% dates"
    assert in_few_words('the name says "ssn"') == 'named "ssn"'
    assert in_few_words("something else") == "something else"


def test_sureness_in_words() -> None:
    assert [sureness(c) for c in (0.95, 0.75, 0.4)] == ["sure", "likely", "a guess"]


def test_a_column_named_like_anothers_number_is_not_labelled_by_mistake() -> None:
    columns = [Proposed(name, "", "pii.name", 1) for name in ("2", "ssn", "3rd", "4")]
    table = Labelling(columns, Policy.shipped(), "analytics")
    with pytest.raises(UsageError, match="name of one column and the number of another") as caught:
        table.set("2", "public")
    assert caught.value.hint
    assert set(table.labels.values()) == {"pii.name"}
    table.set("1", "public")
    table.set("ssn", "pii.ssn")
    table.set("4", "public")
    assert table.labels == {"2": "public", "ssn": "pii.ssn", "3rd": "pii.name", "4": "public"}


@pytest.mark.parametrize("text", ["9" * 5_000, "0", "-1", "\u0665"])
def test_a_number_of_no_column_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no such column"):
        labelling().set(text, "public")
