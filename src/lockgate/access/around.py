"""Something done around every call of a function, of whichever kind it is.

A function, a coroutine function, a generator and an asynchronous one stay what they are, with
their signature and their types; so does a method under ``classmethod`` or ``staticmethod``, in
either order. What is done around them cannot be changed by them: who acted before a call, or
before an item, acts after it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from lockgate.access.current import nobody_changed
from lockgate.errors import UsageError

Called = TypeVar("Called", bound=Callable[..., Any])


class Watched(AbstractContextManager["Watched"]):
    """One call: its arguments as the body gets them. Entered before the body, left after it.

    Its ``__exit__`` lets pass whatever the body raised.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.args, self.kwargs = args, kwargs

    def resume(self) -> None:
        """Before a generator goes on after an item; what it raises ends the generator."""

    def __exit__(self, *raised: object) -> None:
        """Nothing."""


Begin = Callable[[tuple[Any, ...], Mapping[str, Any]], Watched]
"""Makes the watch of one call; what it or its ``__enter__`` raises keeps the body from running."""


def around(function: Called, begin: Begin) -> Called:
    """``function`` with every call of it watched.

    Raises UsageError for what is no function: a class, a property, an object that can be called.
    """
    if isinstance(function, classmethod | staticmethod):
        return type(function)(around(function.__func__, begin))
    require_function(function)
    if inspect.isasyncgenfunction(function):
        made: Any = _items_later(function, begin)
    elif inspect.iscoroutinefunction(function):
        made = _later(function, begin)
    elif inspect.isgeneratorfunction(function):
        made = _items(function, begin)
    else:
        made = _now(function, begin)
    return functools.wraps(function)(made)  # type: ignore[return-value]


def require_function(function: object) -> None:
    """Raises UsageError for anything but a function or a method."""
    if not inspect.isroutine(function) and not isinstance(function, functools.partial):
        raise UsageError(
            f"a decorator of Lockgate goes on a function, not on a {type(function).__name__}",
            hint="put it on each method of a class, and on the getter below @property",
        )


def _now(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with begin(args, kwargs) as watched, nobody_changed():
            return function(*watched.args, **watched.kwargs)

    return call


def _later(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with begin(args, kwargs) as watched, nobody_changed():
            return await function(*watched.args, **watched.kwargs)

    return call


def _items(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with begin(args, kwargs) as watched:
            body = function(*watched.args, **watched.kwargs)
            go, given = body.send, None
            while True:
                try:
                    with nobody_changed():
                        item = go(given)
                except StopIteration as stop:
                    return stop.value
                go, given = yield from _between(item, body, watched)

    return call


def _between(
    item: Any, body: Generator[Any, Any, Any], watched: Watched
) -> Generator[Any, Any, tuple[Callable[..., Any], Any]]:
    """Hand out an item; how the body goes on, and with what."""
    go: Callable[..., Any] = body.send
    try:
        given = yield item
    except GeneratorExit:
        _close(body)
        raise
    except BaseException as error:  # noqa: BLE001 - thrown in by whoever iterates: the body's
        go, given = body.throw, error
    try:
        watched.resume()
    except BaseException:
        _close(body)
        raise
    return go, given


def _close(body: Generator[Any, Any, Any]) -> None:
    with nobody_changed():
        body.close()


def _items_later(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with begin(args, kwargs) as watched:
            body = function(*watched.args, **watched.kwargs)
            go, given = body.asend, None
            while True:
                try:
                    with nobody_changed():
                        item = await go(given)
                except StopAsyncIteration:
                    return
                go = body.asend
                try:
                    given = yield item
                except GeneratorExit:
                    await _close_later(body)
                    raise
                except BaseException as error:  # noqa: BLE001 - thrown in by whoever iterates
                    go, given = body.athrow, error
                try:
                    watched.resume()
                except BaseException:
                    await _close_later(body)
                    raise

    return call


async def _close_later(body: AsyncGenerator[Any, Any]) -> None:
    with nobody_changed():
        await body.aclose()
