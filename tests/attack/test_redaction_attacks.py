"""Values that try to reach a log, and values that try to control one."""

from __future__ import annotations

import io
import json
import logging
import time

import pytest

from lockgate.cli.logging import JsonFormatter, ReadableFormatter
from lockgate.errors import SourceError
from lockgate.redaction import MAX_TEXT, RedactionFilter, redact, scrubbed_traceback

EMAIL = "jane.roe@example.com"
SSN = "123-45-6789"
CARD = "4111 1111 1111 1111"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLWJ5dGVz"  # pragma: allowlist secret
PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----"  # pragma: allowlist secret
AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
SECRETS = {
    "email": EMAIL,
    "email upper case": "JANE@EXAMPLE.ORG",
    "email percent-encoded": "jane%40example.com",
    "email of another script": "дж@пример.рф",
    "ssn": SSN,
    "ssn with spaces": "123 45 6789",
    "ssn with typographic dashes": "123‑45‑6789",
    "ssn in full-width digits": "１２３-４５-６７８９",
    "card": CARD,
    "card unspaced": "4111111111111111",
    "jwt": JWT,
    "pem": PEM,
    "pem cut short": PEM[:40],
    "aws access key": AWS_KEY,
    "frame": "lkg1_EQAAAShZ0pQ1mGq2",
    "github token": "ghp_" + "a1B2" * 9,
    "bearer": "Bearer abcdef0123456789",
}


@pytest.mark.parametrize("name", SECRETS)
def test_secret_in_a_message(name: str) -> None:
    secret = SECRETS[name]
    for text in (secret, f"before {secret} after", f"({secret})", f"key={secret};"):
        assert secret not in redact(text)
        assert "redacted" in redact(text)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql://app:hunter2@db.internal/x", "hunter2"),  # pragma: allowlist secret
        ("postgresql://app:p@ss@db.internal/x", "p@ss"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("{'Authorization': 'Digest username=\"x\", response=\"6629\"'}", "6629"),
        ("proxy-authorization=Bearer zzz", "zzz"),
        ("Cookie: session=abc123", "abc123"),
        ("password=hunter2", "hunter2"),
        ('{"db_password": "correct horse"}', "correct horse"),
        ("PASSPHRASE='open sesame'", "open sesame"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"),
        ("https://host/x?access_token=zzz-1&a=b", "zzz-1"),
        ("https://host/x?X-Amz-Signature=deadbeef", "deadbeef"),
    ],
)
def test_credential_in_context(text: str, secret: str) -> None:
    assert secret not in redact(text)


def test_secret_split_by_invisible_characters() -> None:
    assert "6789" not in redact("123-45-\u200b6789")
    assert "example" not in redact("jane\u200d@example.com")


def test_harmless_text_stays() -> None:
    text = "run 3f2a read 200000 rows in 1.25 s, 4096 rejected, 1732312345678 ns, plan a1b2c3"
    assert redact(text) == text


def _logger(formatter: logging.Formatter) -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(RedactionFilter())
    logger = logging.Logger("lockgate.attacked")
    logger.addHandler(handler)
    return logger, stream


@pytest.mark.parametrize("formatter", [JsonFormatter(), ReadableFormatter()])
def test_secret_in_arguments_extras_exception_and_stack(formatter: logging.Formatter) -> None:
    logger, stream = _logger(formatter)
    try:
        raise ValueError(f"could not convert {SSN}")
    except ValueError:
        logger.exception("row %s", EMAIL, extra={"mail": EMAIL, "nested": {"deep": [CARD]}})
    logger.warning("stack", stack_info=True)
    logger.warning(EMAIL, extra={"password": "hunter2", "row": {"api_key": "zzz"}, EMAIL: 1})
    written = stream.getvalue()
    for secret in (EMAIL, SSN, CARD, "hunter2", "zzz", "could not convert", "raise ValueError"):
        assert secret not in written
    assert "ValueError" in written


def test_secret_in_an_object_that_prints_itself() -> None:
    class Row:
        def __repr__(self) -> str:
            return EMAIL

    logger, stream = _logger(JsonFormatter())
    logger.warning("x", extra={"row": Row(), "raw": b"bytes " + EMAIL.encode()})
    assert EMAIL not in stream.getvalue()
    assert json.loads(stream.getvalue())["row"] == "<Row>"


def test_object_that_fails_to_print_does_not_open_the_net() -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError(EMAIL)

    logger, stream = _logger(JsonFormatter())
    logger.warning("%s", Hostile(), extra={"mail": EMAIL})
    logger.warning("%d", EMAIL)
    assert EMAIL not in stream.getvalue()
    assert stream.getvalue().count("could not be redacted") == 2


@pytest.mark.parametrize(
    "forged",
    [
        'ok\n{"level": "info", "event": "release.done"}',
        "ok\r\n2026-01-01 forged",
        "ok\x1b[2J\x1b]0;title\x07",
        "ok\u2028forged",
        "ok\x85forged",
        "\u202egnp.exe",
    ],
)
def test_log_injection(forged: str) -> None:
    logger, stream = _logger(JsonFormatter())
    logger.warning("%s", forged, extra={"field": forged, forged: "name"})
    assert len(stream.getvalue().splitlines()) == 1
    assert json.loads(stream.getvalue())["event"].isprintable()
    readable, stream = _logger(ReadableFormatter())
    readable.warning("%s", forged, extra={"field": forged, forged: "name"})
    text = stream.getvalue().removesuffix("\n")
    assert text.isprintable()


def test_extra_field_cannot_forge_the_records_own_fields() -> None:
    logger, stream = _logger(JsonFormatter())
    logger.warning("real", extra={"level": "info", "ts": "1970", "logger": "other"})
    document = json.loads(stream.getvalue())
    assert document["level"] == "warning"
    assert document["logger"] == "lockgate.attacked"
    assert document["ts"] != "1970"


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "@" * 200_000, "a@" * 100_000, "1 " * 100_000, "-----BEGIN A-----" * 9_000,
     "password" * 20_000, "eyJ" * 60_000, "x://" * 40_000, "'" * 200_000, "basic " * 30_000],
)  # fmt: skip
def test_message_made_to_be_slow(text: str) -> None:
    started = time.perf_counter()
    cleaned = redact(text)
    assert time.perf_counter() - started < 1.0
    assert len(cleaned) < 5 * MAX_TEXT


def test_traceback_shows_places_and_no_foreign_words() -> None:
    try:
        try:
            raise ValueError(f"invalid literal: {SSN}")
        except ValueError as error:
            raise SourceError("a row cannot be read") from error
    except SourceError as error:
        text = "\n".join(scrubbed_traceback(error))
    assert SSN not in text
    assert "invalid literal" not in text
    assert "SourceError LG-301 a row cannot be read" in text
    assert "ValueError" in text
    assert "test_redaction_attacks.py" in text
