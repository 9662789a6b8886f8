"""The same net for loggers that are not ours."""

from __future__ import annotations

import logging

from lockgate.redaction.records import ScrubbingFilter


def install(*loggers: logging.Logger | str) -> int:
    """Scrub what the handlers of ``loggers`` write (the root's, if none is named).

    Call it once logging is configured: a handler that is added later has no filter. Calling it
    again changes nothing. Returns how many handlers now scrub.

    Records keep their words; known secrets and whatever is shaped like one are struck out of
    message, arguments, extras, exceptions and stack. Arguments are merged into the message.
    """
    wanted = [logging.getLogger(one) if isinstance(one, str) else one for one in loggers]
    scrubbed = 0
    for logger in wanted or [logging.getLogger()]:
        handlers: list[logging.Handler] = list(logger.handlers)
        if logger is logging.getLogger() and not handlers and logging.lastResort is not None:
            handlers = [logging.lastResort]
        for handler in handlers:
            if not any(isinstance(one, ScrubbingFilter) for one in handler.filters):
                handler.addFilter(ScrubbingFilter())
            scrubbed += 1
    return scrubbed
