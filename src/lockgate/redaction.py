"""The last net under the logs: whatever looks like a secret or a person is struck out.

Lockgate never hands a value to a log call. Libraries below it may, and people
make mistakes, so every record passes here. A net has holes: an unlabelled name
or a bare number cannot be told from harmless text.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from traceback import walk_tb
from typing import Any, Final

from lockgate.errors import LockgateError
from lockgate.log_context import current_batch, current_run
from lockgate.printable import printable

MAX_TEXT: Final = 16_384
MAX_ITEMS: Final = 64
MAX_DEPTH: Final = 4

Replacement = str | Callable[[re.Match[str]], str]


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit)
        if place % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0


def _card(match: re.Match[str]) -> str:
    digits = "".join(character for character in match.group() if character.isdigit())
    return "[redacted:card]" if _luhn(digits) else match.group()


_TELLTALE = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret(?:_?access)?(?:_?key)?|(?:access_?|refresh_?|id_?)?token"
    r"|api_?key|private_?key|root_?key|credentials?|cookie|signature|sig)"
)
_QUOTED_OR_WORD = r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s"',;&)}\]]+)"""

# In this order: what swallows the most first. Every quantifier is bounded or
# runs over a class its successor does not share, so that time stays linear.
_RULES: Final[tuple[tuple[re.Pattern[str], Replacement], ...]] = (
    (
        re.compile(r"-----BEGIN [A-Z0-9 ]{1,64}-----.*?(?:-----END [A-Z0-9 ]{1,64}-----|\Z)", re.S),
        "[redacted:pem]",
    ),
    (
        re.compile(
            r"\b((?:proxy-)?authorization|set-cookie|cookie)\b[\"']?\s{0,8}[:=][^\n]*", re.I
        ),
        r"\1: [redacted]",
    ),
    (re.compile(r"\b(bearer|basic)\s{1,8}[A-Za-z0-9._~+/=-]{6,}", re.I), r"\1 [redacted]"),
    (re.compile(r"\beyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]*){0,3}"), "[redacted:jwt]"),
    (re.compile(r"([a-z][a-z0-9+.-]{1,24}://)[^\s/\"']{1,512}@", re.I), r"\1[redacted]@"),
    (
        re.compile(
            rf"\b(\w{{0,32}}{_TELLTALE})\b([\"']?\s{{0,4}}[:=]\s{{0,4}}){_QUOTED_OR_WORD}", re.I
        ),
        r"\1\2[redacted]",
    ),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}\b"), "[redacted:aws-key]"),
    (
        re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bxox[abprs]-[\w-]{8,}|\bAIza[\w-]{30,}"),
        "[redacted]",
    ),
    (re.compile(r"\blkg1_[\w-]{4,}"), "[redacted:frame]"),
    (
        re.compile(r"[^\s@<>\"'(),:;=\[\]{}|]{1,64}(?:@|%40)[^\s@<>\"'(),:;=\[\]{}|]{1,255}"),
        "[redacted:email]",
    ),
    (
        re.compile(r"(?<!\d)\d{3}[-\u2010-\u2015 .]\d{2}[-\u2010-\u2015 .]\d{4}(?!\d)"),
        "[redacted:ssn]",
    ),
    (re.compile(r"(?<![\d.])[2-6](?:[ -]?\d){12,18}(?!\d)"), _card),
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_SECRET_KEY = re.compile(rf"(?:^|_|-){_TELLTALE}$|^(?:proxy-)?authorization$", re.I)


def redact(text: str) -> str:
    """``text`` as one harmless line: patterns of secrets and identifiers struck out.

    Text beyond MAX_TEXT characters is cut first, so that a huge message costs no time.
    """
    cut = len(text) - MAX_TEXT
    if cut > 0:
        text = text[:MAX_TEXT]
    text = _INVISIBLE.sub("", text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return printable(text) + (f" [{cut} characters cut]" if cut > 0 else "")


def redact_value(value: object, depth: int = 0) -> Any:
    """An extra field of a record as plain JSON: text redacted, unknown types named only."""
    if value is None or isinstance(value, bool | int | float):
        return _redact_number(value)
    if isinstance(value, str):
        return redact(value)
    if depth < MAX_DEPTH:
        if isinstance(value, Mapping):
            items = list(value.items())[:MAX_ITEMS]
            return {redact(str(k)): redact_named(str(k), v, depth + 1) for k, v in items}
        if isinstance(value, list | tuple | set | frozenset):
            return [redact_value(item, depth + 1) for item in list(value)[:MAX_ITEMS]]
    if isinstance(value, BaseException):
        return describe_exception(value)
    return f"<{type(value).__name__}>"


def redact_named(name: str, value: object, depth: int = 0) -> Any:
    """``redact_value``, but a field whose name says secret shows nothing."""
    return "[redacted]" if _SECRET_KEY.search(name) else redact_value(value, depth)


def _redact_number(value: bool | int | float | None) -> Any:
    # A card number is as much of one when it is an int.
    if isinstance(value, int) and not isinstance(value, bool) and 10**12 <= value < 10**19:
        return value if redact(str(value)) == str(value) else "[redacted:card]"
    return value


def describe_exception(error: BaseException) -> str:
    """Class name, and the message only if Lockgate wrote it: foreign messages may hold values."""
    if isinstance(error, LockgateError):
        return redact(f"{type(error).__name__} {error.code} {error.message}")
    return type(error).__name__


def scrubbed_traceback(error: BaseException) -> list[str]:
    """A traceback without source text, locals or foreign messages, causes included."""
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(describe_exception(current))
        for frame, line in walk_tb(current.__traceback__):
            code = frame.f_code
            lines.append(printable(f'  File "{code.co_filename}", line {line}, in {code.co_name}'))
        current = current.__cause__ or current.__context__
        if current is not None:
            lines.append("caused by")
    return lines


_STANDARD: Final = frozenset(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {
    "message",
    "asctime",
    "event",
    "run_id",
    "batch_id",
    "extras",
}
_LOGGER_NAME = re.compile(r"[A-Za-z_]\w{0,40}(?:\.\w{1,40}){0,8}", re.A)
_STACK_PLACE = re.compile(r'^\s*File "[^"\n]*", line \d+(?:, in [\w<>.]+)?$', re.M)


def _silence(record: logging.LogRecord) -> None:
    """Keep the logger's name, the level and a warning's category: another's words hold values."""
    category = record.args[0] if isinstance(record.args, tuple) and record.args else None
    known = record.name == "py.warnings" and isinstance(category, type)
    for name in set(record.__dict__) - _STANDARD:
        delattr(record, name)
    record.name = record.name if _LOGGER_NAME.fullmatch(record.name) else "another"
    told = f"{getattr(category, '__name__', '')}, " if known else ""
    record.msg, record.args = f"{record.name}: {told}its text is not shown", None
    record.exc_info = record.exc_text = record.stack_info = None
    for name in {"event", "run_id", "batch_id", "extras"} & set(record.__dict__):
        delattr(record, name)


class RedactionFilter(logging.Filter):
    """Rewrites a record in place: message, arguments, extras, exception and stack.

    Of a record that Lockgate did not write, only who, how grave and which kind of
    warning is left: a validator or a library may put any value into its words.
    Never lets a record through unredacted: if rewriting fails, the message is
    replaced as a whole.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact ``record``; always keeps it."""
        if getattr(record, "_lockgate_redacted", False):
            return True
        try:
            self._rewrite(record)
        except Exception:  # noqa: BLE001 - a formatting mistake of the caller must not stop the work
            for name in set(record.__dict__) - _STANDARD:
                delattr(record, name)
            record.msg, record.args = "[a log record that could not be redacted]", None
            record.exc_info = record.exc_text = record.stack_info = None
            record.extras = {}
        record._lockgate_redacted = True
        return True

    def _rewrite(self, record: logging.LogRecord) -> None:
        if record.name.split(".")[0] != "lockgate":
            _silence(record)
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = "\n".join(scrubbed_traceback(record.exc_info[1]))
        elif record.exc_text:
            record.exc_text = "[traceback removed]"
        record.exc_info = None
        if record.stack_info:
            # Source lines in a stack may hold literals; places do not.
            record.stack_info = "\n".join(_STACK_PLACE.findall(record.stack_info))
        extras = {}
        for name in sorted(set(record.__dict__) - _STANDARD):
            value = redact_named(name, record.__dict__.pop(name))
            extras[redact(name)] = record.__dict__[redact(name)] = value
        record.extras = extras
        record.event = redact(str(getattr(record, "event", "") or record.msg))
        for name, current in (("run_id", current_run()), ("batch_id", current_batch())):
            given = getattr(record, name, None)
            setattr(record, name, redact_value(current if given is None else given))
