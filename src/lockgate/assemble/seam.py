"""The library's outer edge: what leaves it as an exception is in Lockgate's own words.

A driver, a vendor's client, a validator or a progress callback may put a value or a key into its
exception, and Python shows the whole chain. So nothing foreign passes: its class and the places in
the code are told, its words, notes, causes and contexts are not.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

from lockgate.access.operation import one_principal
from lockgate.errors import EnvironmentFailed, InternalError, LockgateError
from lockgate.redaction import scrubbed_traceback
from lockgate.redaction.raised_name import raised_name

Guarded = TypeVar("Guarded", bound=type)
Called = TypeVar("Called", bound=Callable[..., Any])


def guarded(kind: Guarded) -> Guarded:
    """A class whose public methods and properties raise errors of Lockgate's own only."""
    for name, member in list(vars(kind).items()):
        if name.startswith("_") and name != "__call__":
            continue
        if isinstance(member, property) and member.fget is not None:
            setattr(kind, name, property(guarded_call(member.fget), doc=member.__doc__))
        elif isinstance(member, classmethod):
            setattr(kind, name, classmethod(guarded_call(member.__func__)))
        elif callable(member):
            setattr(kind, name, guarded_call(member))
    return kind


def guarded_call(function: Called) -> Called:
    """``function``, raising LockgateError only; InternalError for what nobody foresaw.

    One principal acts from its beginning to its end. KeyboardInterrupt and its like pass, and so
    does a TypeError for arguments that do not fit.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        failed: LockgateError
        try:
            with one_principal():
                return function(*args, **kwargs)
        except LockgateError as error:
            failed = alone(error)
        except Exception as error:
            inside = error.__traceback__.tb_next if error.__traceback__ else None
            if isinstance(error, TypeError) and inside is None:
                raise
            failed = foreign(error)
        # Outside of the handler: an exception raised inside would carry the other as its context.
        raise failed

    return cast(Called, call)


def alone(error: LockgateError) -> LockgateError:
    """``error`` without notes and without exceptions of others in its chain."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        current.__notes__ = []
        for link in ("__cause__", "__context__"):
            if not isinstance(getattr(current, link), LockgateError):
                setattr(current, link, None)
        current = current.__cause__ or current.__context__
    return error


def foreign(error: Exception) -> LockgateError:
    """An error of our own for one of somebody else's."""
    if isinstance(error, MemoryError):
        return EnvironmentFailed("the machine has no memory left for this")
    if isinstance(error, OSError) and error.errno:
        return EnvironmentFailed(
            f"the machine refused: {os.strerror(error.errno)}",
            hint="`lockgate doctor` looks at folders and permissions",
        )
    return InternalError.of(raised_name(error), scrubbed_traceback(error))
