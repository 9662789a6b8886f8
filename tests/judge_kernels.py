"""The judge with and without the native kernel."""

from __future__ import annotations

from collections.abc import Callable

from kernels import named, native_is_here
from lockgate.kernel.judging import Asking, native


def finder(name: str) -> Callable[[], Asking | None]:
    """What a judge asks for the native kernel. Skips the test if that is not installed."""
    if name == "portable":
        return lambda: None
    if not native_is_here():
        named(name)
    assert native() is not None
    return native


def asking() -> Asking:
    """The native kernel's part in judging. Skips the test if it is not installed."""
    found = finder("native")()
    assert found is not None
    return found
