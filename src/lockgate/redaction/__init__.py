"""The last net under the logs: whatever looks like a secret or a person is struck out.

Lockgate never hands a value to a log call. Libraries below it may, and people
make mistakes, so every record passes here. A net has holes: an unlabelled name
or a bare number cannot be told from harmless text.
"""

from __future__ import annotations

from lockgate.redaction.installing import install
from lockgate.redaction.raised import describe_exception, scrubbed_traceback
from lockgate.redaction.records import RedactionFilter, ScrubbingFilter
from lockgate.redaction.text import MAX_TEXT, redact
from lockgate.redaction.values import redact_named, redact_value

__all__ = [
    "MAX_TEXT",
    "RedactionFilter",
    "ScrubbingFilter",
    "describe_exception",
    "install",
    "redact",
    "redact_named",
    "redact_value",
    "scrubbed_traceback",
]
