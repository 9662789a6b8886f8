"""Logs of the command line: JSON lines for machines, short lines for people, always redacted."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from datetime import UTC, datetime
from typing import TextIO

from lockgate.redaction import RedactionFilter


def _timestamp(created: float) -> str:
    return (
        datetime.fromtimestamp(created, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


class JsonFormatter(logging.Formatter):
    """One JSON object a record: ts, level, logger, event, run_id, batch_id and the extras."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of ASCII JSON."""
        document: dict[str, object] = {
            "ts": _timestamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": getattr(record, "event", record.getMessage()),
            "run_id": getattr(record, "run_id", None),
            "batch_id": getattr(record, "batch_id", None),
        }
        message = record.getMessage()
        if message != document["event"]:
            document["message"] = message
        for name, value in getattr(record, "extras", {}).items():
            document.setdefault(name, value)
        if record.exc_text:
            document["traceback"] = record.exc_text.splitlines()
        if record.stack_info:
            document["stack"] = record.stack_info.splitlines()
        return json.dumps(document, ensure_ascii=True, default=lambda o: f"<{type(o).__name__}>")


class ReadableFormatter(logging.Formatter):
    """Time, level, event and the extras as ``name=value``, for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, followed by its scrubbed traceback if it has one."""
        moment = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        fields = dict(getattr(record, "extras", {}))
        for name in ("run_id", "batch_id"):
            if getattr(record, name, None) is not None:
                fields[name] = getattr(record, name)
        tail = "".join(f" {name}={value}" for name, value in fields.items())
        line = f"{moment} {record.levelname.lower():<7} {record.getMessage()}{tail}"
        return "\n".join(part for part in (line, record.exc_text, record.stack_info) if part)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning as a record of its category: the words may hold a value."""
    logging.getLogger("py.warnings").warning("%s", category)


def configure_logging(
    *,
    as_json: bool | None = None,
    verbose: bool = False,
    info: bool = True,
    stream: TextIO | None = None,
) -> logging.Handler:
    """Send the ``lockgate`` loggers and every library's warnings to ``stream`` (stderr).

    ``as_json`` None means: JSON unless the stream is a terminal. JSON logs start
    at info (at warnings if not ``info``). To people the answer and the error say
    it all: their readable log is for ``verbose``, which shows both from debug on.
    Other loggers' records and Python's warnings come without their words. Calling it
    again replaces what it installed before.
    """
    stream = stream if stream is not None else sys.stderr
    if as_json is None:
        as_json = not stream.isatty()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if as_json else ReadableFormatter())
    handler.addFilter(RedactionFilter())
    handler.set_name("lockgate-cli")
    root = logging.getLogger()
    for old in [h for h in root.handlers if h.get_name() == "lockgate-cli"]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    # Only our own records go below warning: a library's debug output is about data.
    quiet = logging.WARNING if as_json else logging.CRITICAL
    own = logging.DEBUG if verbose else logging.INFO if as_json and info else quiet
    logging.getLogger("lockgate").setLevel(own)
    logging.captureWarnings(True)  # remembers how warnings were shown, for captureWarnings(False)
    warnings.showwarning = _show_warning
    logging.raiseExceptions = False
    return handler
