"""The filter that every handler of ours has: a record passes it scrubbed, or without its words."""

from __future__ import annotations

import logging
import re
from typing import Final

from lockgate.log_context import current_batch, current_run
from lockgate.printable import printable
from lockgate.redaction.raised import describe_exception, describe_scrubbed, scrubbed_traceback
from lockgate.redaction.text import redact
from lockgate.redaction.values import redact_named, redact_value

_STANDARD: Final = frozenset(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {
    "message",
    "asctime",
    "_lockgate_redacted",
    "event",
    "run_id",
    "batch_id",
    "extras",
}
_LOGGER_NAME = re.compile(r"[A-Za-z_]\w{0,40}(?:\.\w{1,40}){0,8}", re.A)
_STACK_PLACE = re.compile(r'^\s*File "[^"\n]*", line \d+(?:, in [\w<>.]+)?$', re.M)
_DONE = "_lockgate_redacted"
_SECURITY: Final = "lockgate.security"
_IDS: Final = frozenset({"principal", "to", "account"})
"""Who acted and whom it is about, which may look like an address: a security event tells it."""


class RedactionFilter(logging.Filter):
    """Rewrites a record in place: message, arguments, extras, exception and stack.

    Of a record that Lockgate did not write, only who, how grave and which kind of
    warning is left: a validator or a library may put any value into its words.
    Never lets a record through unredacted: if rewriting fails, the message is
    replaced as a whole.
    """

    silences_others = True

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact ``record``; always keeps it."""
        done = getattr(record, _DONE, None)
        if done is not None and (done or not self.silences_others):
            return True
        try:
            self._rewrite(record)
        except Exception:  # noqa: BLE001 - a formatting mistake of the caller must not stop the work
            for name in set(record.__dict__) - _STANDARD:
                delattr(record, name)
            record.msg, record.args = "[a log record that could not be redacted]", None
            record.exc_info = record.exc_text = record.stack_info = None
            record.extras = {}
        setattr(record, _DONE, self.silences_others)
        return True

    def _rewrite(self, record: logging.LogRecord) -> None:
        own = record.name.split(".")[0] == "lockgate"
        if not own and self.silences_others:
            _silence(record)
        record.msg, record.args = redact(record.getMessage()), None
        record.name = redact(record.name)
        record.threadName = record.threadName and redact(record.threadName)
        if record.exc_info and record.exc_info[1] is not None:
            describe = describe_exception if self.silences_others or own else describe_scrubbed
            record.exc_text = "\n".join(scrubbed_traceback(record.exc_info[1], describe))
        elif record.exc_text:
            record.exc_text = "[traceback removed]"
        record.exc_info = None
        if record.stack_info:
            # Source lines in a stack may hold literals; places do not.
            record.stack_info = "\n".join(_STACK_PLACE.findall(record.stack_info))
        extras = {}
        for name in sorted(set(record.__dict__) - _STANDARD):
            value = record.__dict__.pop(name)
            if record.name != _SECURITY or name not in _IDS or not isinstance(value, str):
                value = redact_named(name, value)
            else:
                value = printable(value)
            extras[redact(name)] = record.__dict__[redact(name)] = value
        record.extras = extras
        record.event = redact(str(getattr(record, "event", "") or record.msg))
        for name, current in (("run_id", current_run()), ("batch_id", current_batch())):
            given = getattr(record, name, None)
            setattr(record, name, redact_value(current if given is None else given))


class ScrubbingFilter(RedactionFilter):
    """For loggers of your own: every record keeps its words, with what is secret struck out."""

    silences_others = False


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
