"""The judge with and without the native kernel."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from kernels import MODULE, named, native_is_here
from lockgate.kernel.judging import Asking


def finder(name: str) -> Callable[[], Asking | None]:
    """What a judge asks for the native kernel. Skips the test if that is not installed."""
    if name == "portable":
        return lambda: None
    if not native_is_here():
        named(name)
    return lambda: Asking(importlib.import_module(MODULE))  # type: ignore[arg-type]  # a module


def asking() -> Asking:
    """The native kernel's part in judging. Skips the test if it is not installed."""
    found = finder("native")()
    assert found is not None
    return found
