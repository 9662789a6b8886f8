"""Every kernel, so that one test body speaks for all of them."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
import pytest

from lockgate.errors import LockgateError
from lockgate.kernel.interface import Kernel
from lockgate.kernel.portable import PortableKernel

NAMES = ("portable", "native")
MODULE = "lockgate_kernel"
# CI sets it where a Rust toolchain is: a build that broke must not pass as skipped tests.
REQUIRED = "LOCKGATE_TEST_NATIVE"


@cache
def _native() -> Kernel:
    # Only what is not installed is skipped. What is there and broken fails, where it is used.
    from lockgate.kernel.native import NativeKernel

    return NativeKernel()


def native_is_here() -> bool:
    """Whether the native kernel's module can be found at all."""
    return importlib.util.find_spec(MODULE) is not None


def named(name: str) -> Kernel:
    """The kernel of that name. Skips the test if it is the native one and not installed."""
    if name == "portable":
        return PortableKernel()
    if not native_is_here():
        reason = f"the native kernel is not installed ({MODULE} cannot be imported)"
        if os.environ.get(REQUIRED) == "required":
            pytest.fail(f"{reason}, and {REQUIRED}=required says it must be")
        pytest.skip(reason)
    return _native()


def both() -> tuple[Kernel, Kernel]:
    """The portable and the native kernel. Skips the test if the native one is not installed."""
    return named("portable"), named("native")


@dataclass(frozen=True)
class Outcome:
    """What a call came to: an array, or everything that an error of ours says in public."""

    array: pa.Array | None = None
    other: Any = None
    error: tuple[object, ...] | None = None

    def __eq__(self, there: object) -> bool:
        if not isinstance(there, Outcome) or self.error != there.error:
            return False
        if self.array is None or there.array is None:
            return self.array is there.array and self.other == there.other
        return same_array(self.array, there.array)

    __hash__ = None  # type: ignore[assignment]


def same_array(left: pa.Array, right: pa.Array) -> bool:
    """The same type, the same nulls, the same bytes."""
    return bool(left.type == right.type and left.equals(right))


def outcome(call: Callable[[], object]) -> Outcome:
    """Call, and take down what came back or was raised. Anything but our own errors passes on."""
    try:
        result = call()
    except LockgateError as error:
        # A foreign error behind ours could repeat a value.
        chained = error.__cause__, None if error.__suppress_context__ else error.__context__
        said = error.code, error.message, error.hint, error.where, error.problems, error.args
        return Outcome(error=(type(error), *chained, *said))
    if isinstance(result, pa.Array):
        result.validate(full=True)
        return Outcome(array=result)
    return Outcome(other=result)
