"""Exceptions told without what is secret in them: places and classes, and our own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from traceback import walk_tb
from typing import Final

from lockgate.errors import LockgateError
from lockgate.redaction.raised_name import raised_name
from lockgate.redaction.text import redact

MAX_EXCEPTIONS: Final = 64
MAX_FRAMES: Final = 200
MAX_NOTES: Final = 8

Describe = Callable[[BaseException], str]


def describe_exception(error: BaseException) -> str:
    """Class name, and the message only if Lockgate wrote it: foreign messages may hold values."""
    if isinstance(error, LockgateError):
        return redact(f"{type(error).__name__} {error.code} {error.message}")
    return redact(raised_name(error))


def describe_scrubbed(error: BaseException) -> str:
    """Class name, message and notes, with what is known or looks like a secret struck out."""
    try:
        notes = list(map(str, getattr(error, "__notes__", ())))[:MAX_NOTES]
        told = redact(" | ".join([str(error), *notes]))
    except Exception:  # noqa: BLE001 - an exception that cannot be printed is still one
        told = "[a message that could not be printed]"
    return f"{redact(raised_name(error))}: {told}"


def scrubbed_traceback(error: BaseException, describe: Describe = describe_exception) -> list[str]:
    """A traceback without source text or locals, causes, contexts and groups included."""
    return list(_lines(error, describe, set(), ""))


def _lines(error: BaseException, describe: Describe, seen: set[int], indent: str) -> Iterator[str]:
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(seen) < MAX_EXCEPTIONS:
        seen.add(id(current))
        yield indent + describe(current)
        for number, (frame, line) in enumerate(walk_tb(current.__traceback__)):
            if number == MAX_FRAMES:
                yield f"{indent}  ..."
                break
            code = frame.f_code
            yield redact(f'{indent}  File "{code.co_filename}", line {line}, in {code.co_name}')
        if isinstance(current, BaseExceptionGroup):
            for member in current.exceptions:
                yield f"{indent}  with"
                yield from _lines(member, describe, seen, indent + "    ")
        current = current.__cause__ or current.__context__
        if current is not None:
            yield f"{indent}caused by"
