"""Lines made to be slow: a megabyte each, of what every rule nearly matches."""

from __future__ import annotations

import time

import pytest

from lockgate.redaction import redact
from lockgate.redaction.text import MAX_TEXT, RULES
from lockgate.secret import SecretText

MEGABYTE = 1 << 20
NEARLY = (
    "a",
    "@",
    "a@",
    "1 ",
    "-----BEGIN " + "A-----",
    "password",
    "password=",
    "password ",
    "eyJ",
    "eyJa.",
    "x://",
    "x://a:",
    "'",
    '"',
    "\\",
    '\\"',
    "basic ",
    "Bearer ",
    "key ",
    "key=",
    "key_",
    "secret: ",
    "b'\\x00",
    "b'",
    "mysql ",
    "mysql -",
    "redis-cli ",
    "sshpass -p",
    "a:1234:",
    "a:1234:b:",
    "<password",
    "&code",
    "?key=",
    "identified by '",
    "login a password",
    "$2b$",
    "lkg1_",
    "MIIA",
    "gAAAAA",
    "sk-",
    "s.a",
    "AAAA8Q~",
    "1//0",
    "12345678:",
    "Authorization",
    "cookie:",
    "{'d': '",
    "password%3",
    "--token ",
    "token 'a",
    "PuTTY-User-" + "Key-File-2",
    "4111 ",
    "123-45-",
    "hooks.slack.com/services/",
    "passphrase",
    "(password,",
    "[[[[",
    "password=[",
    "a-b_c.",
    "\u200b",
    "é=",
    "x+x",
    "- password",
    "key\n",
    '{"name": "password", ',
    '{"value": "',
    "value: a, name: ",
    "value='",
    "password: |\n ",
    "password: >\n",
    "<password x",
    "<password><![CDATA[",
    "a1 LOGIN ",
    'a1 LOGIN "a',
    "AUTH PLAIN aa",
    "USER a PASS ",
    "> PASS ",
    "PASS aA1",
    "IDENTIFIED BY ",
    "password for a ",
    "password\\u003",
    "password%25",
)


@pytest.mark.parametrize("part", NEARLY)
def test_a_hostile_megabyte_is_read_in_no_time(part: str) -> None:
    started = time.process_time()
    cleaned = redact(part * (MEGABYTE // len(part)))
    assert time.process_time() - started < 1.0
    assert len(cleaned) < 10 * MAX_TEXT


@pytest.mark.parametrize("part", NEARLY)
def test_twice_the_text_takes_no_rule_more_than_thrice_the_time(part: str) -> None:
    """Each rule alone, uncut: time that grows with the square would take four times as long."""
    for rule in RULES:
        times = []
        for length in (1 << 15, 1 << 16):
            text = part * (length // len(part))
            started = time.process_time()
            rule.pattern.search(text)
            times.append(time.process_time() - started)
        assert times[1] < 3 * times[0] + 0.2, rule.pattern.pattern


def test_a_secret_that_the_cut_goes_through_does_not_survive_as_a_half() -> None:
    held = SecretText("Qq7" + "xyzzyplughfrotz" * 3)
    for shift in range(0, 60, 7):
        text = "a " * (MAX_TEXT // 2 - 30) + "b" * shift + " " + held.reveal() + " c" * 100
        assert "plugh" not in redact(text)


def test_thousands_of_known_secrets_cost_a_line_no_more_than_one() -> None:
    line = "run 3f2a read 200000 rows in 1.25 s, 4096 rejected, plan a1b2c3"
    first = [SecretText("one known secret 4711")]
    redact(line)
    times = []
    for _ in range(2):
        started = time.process_time()
        for _ in range(200):
            redact(line)
        times.append(time.process_time() - started)
        first += [SecretText(f"another known secret {number:08}") for number in range(1000)]
    assert times[1] < 3 * times[0] + 0.1
