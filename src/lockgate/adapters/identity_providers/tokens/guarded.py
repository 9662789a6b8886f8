"""One way out for every refusal: the uniform error, and nothing of the token behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lockgate.access.token_refusal import TokenFault, refused
from lockgate.errors import AuthenticationFailed

T = TypeVar("T")


def guarded(check: Callable[[], T]) -> T:
    """What ``check`` returns, or one AuthenticationFailed that has its reason and no context.

    An exception that a check should not have raised refuses too. What is raised here is new: no
    frame that held the token's text, and no foreign exception that quoted it, hangs on it.
    """
    try:
        return check()
    except AuthenticationFailed as error:
        reason = error.reason
    except Exception:  # noqa: BLE001 - whatever a check raises, nobody was verified
        reason = ""
    anew = refused(TokenFault.CHECK_FAILED)
    anew.reason = reason or anew.reason
    raise anew
