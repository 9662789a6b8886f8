"""Hundreds of log lines with secrets, none of which may survive; innocent lines may not change."""

from __future__ import annotations

import io
import json
import logging
import random
from collections import Counter
from collections.abc import Callable

import pytest

from lockgate.cli.logging import JsonFormatter, ReadableFormatter
from lockgate.redaction import RedactionFilter, ScrubbingFilter, redact
from lockgate.redaction.text import RULES
from lockgate.secret import SecretText
from redaction_corpus import INNOCENT, LETTERS, Line, hostile_lines, some, written_forms

LINES = hostile_lines()


def survives(line: Line, text: str) -> bool:
    """Whether the secret, or twelve characters of it in a row, are in ``text``."""
    secret = line.secret
    return any(secret[i : i + 12] in text for i in range(max(1, len(secret) - 11)))


def test_the_corpus_is_large_enough() -> None:
    shapes = Counter(line.shape for line in LINES)
    assert len(LINES) >= 300
    assert len(shapes) >= 25
    assert len(INNOCENT) >= 40
    assert all(survives(line, line.text) for line in LINES), "the search would find each"


def _in_message(logger: logging.Logger, text: str) -> None:
    logger.warning(text.replace("%", "%%"), ())


def _in_argument(logger: logging.Logger, text: str) -> None:
    logger.warning("said: %s", text)


def _in_extra(logger: logging.Logger, text: str) -> None:
    logger.warning("said", extra={"answer": text, "deep": {"list": [text]}, "event": text})


def _in_exception(logger: logging.Logger, text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("failed")


def _in_cause(logger: logging.Logger, text: str) -> None:
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise KeyError(text) from error
    except KeyError as error:
        logger.warning("failed", exc_info=error)


def _in_context_note_and_group(logger: logging.Logger, text: str) -> None:
    try:
        try:
            raise ValueError(text)
        except ValueError as first:
            first.add_note(text)
            inner = ExceptionGroup("two", [OSError(5, text), RuntimeError(text)])
            raise ExceptionGroup(text, [first, inner])  # noqa: B904 - a context is wanted
    except ExceptionGroup as error:
        error.add_note(text)
        logger.warning("failed: %s %r", error, error, exc_info=True, extra={"error": error})


WAYS = (_in_message, _in_argument, _in_extra, _in_exception, _in_cause, _in_context_note_and_group)


@pytest.mark.parametrize("scrubbing", [RedactionFilter, ScrubbingFilter])
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_of_the_corpus_survives(
    way: Callable[[logging.Logger, str], None],
    scrubbing: type[RedactionFilter],
) -> None:
    logger = logging.Logger("lockgate.run" if scrubbing is RedactionFilter else "app")
    for formatter in (JsonFormatter(), ReadableFormatter(), logging.Formatter()):
        handler = logging.StreamHandler()
        handler.setFormatter(formatter)
        handler.addFilter(scrubbing())
        logger.addHandler(handler)
    survivors = []
    for line in LINES:
        stream = io.StringIO()
        for handler in logger.handlers:
            handler.setStream(stream)  # type: ignore[attr-defined]
        way(logger, line.text)
        assert stream.getvalue().count("\n") >= len(logger.handlers)
        if survives(line, stream.getvalue()):
            survivors.append((line.shape, line.text, stream.getvalue()))
    assert survivors == []


@pytest.mark.parametrize("name", written_forms(""))
def test_a_known_secret_with_signs_that_are_escaped_is_found(name: str) -> None:
    rng = random.Random(name)
    pieces = [some(rng, LETTERS, 4) for _ in range(4)]
    text = f"{pieces[0]}ä&'{pieces[1]}\"<ß{pieces[2]}é'&{pieces[3]}ü&"
    held = SecretText(text)
    form = written_forms(text)[name]
    assert not any(piece in redact(f"the peer said: {form} (end)") for piece in pieces)
    assert held.reveal() == text


def test_a_mapping_keeps_the_name_of_what_is_struck_out() -> None:
    secret = some(random.Random(1), LETTERS, 12)
    told = redact(f'{{"name": "DB_PASSWORD", "value": "{secret}", "port": 5432}}')
    assert told == '{"name": "DB_PASSWORD", "value": [redacted], "port": 5432}'


def test_what_a_rule_needs_is_in_every_text_that_it_matches() -> None:
    for rule in RULES:
        for line in LINES:
            if rule.needs and rule.pattern.sub(rule.replacement, line.text) != line.text:
                assert any(word in line.text.casefold() for word in rule.needs), (
                    rule.pattern.pattern
                )


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_lines_stay_byte_for_byte(text: str) -> None:
    assert redact(text) == text
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(ScrubbingFilter())
    logger = logging.Logger("app")
    logger.addHandler(handler)
    logger.warning("%s", text, extra={"answer": text})
    document = json.loads(stream.getvalue())
    assert document["event"] == document["answer"] == text
