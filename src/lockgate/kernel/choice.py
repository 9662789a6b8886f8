"""Which kernel this process uses, and why.

1. ``LOCKGATE_KERNEL`` may name ``portable`` or ``native``; any other word is refused.
2. The native kernel is used if it is installed, loads, and is of the format this version was
   written for. Otherwise the portable one is, or KernelError is raised if the native was named.
3. It has to give known answers first. One that does not is never passed over in silence: that is
   KernelError, whatever was named, and the way out is to name ``portable``.

This module alone of the kernel's reads the environment. The answer is kept for the process.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from lockgate.errors import KernelError
from lockgate.kernel.interface import Kernel
from lockgate.kernel.portable import PortableKernel
from lockgate.kernel.self_test import failing

VARIABLE = "LOCKGATE_KERNEL"
MODULE = "lockgate_kernel"
_PORTABLE, _NATIVE = "portable", "native"


@dataclass(frozen=True, slots=True)
class Choice:
    """The kernel in use; ``version`` and ``aes`` are of the native one, else empty."""

    kernel: Kernel
    why: str
    version: str = ""
    aes: str = ""

    @property
    def is_native(self) -> bool:
        """Whether it is the native one."""
        return self.kernel.name == _NATIVE


def choose() -> Choice:
    """The kernel in use. Raises KernelError as the module says."""
    return _chosen(os.environ.get(VARIABLE, "").strip().lower())


def native_module() -> Any | None:
    """The module of the native kernel, if that is the kernel in use."""
    return importlib.import_module(MODULE) if choose().is_native else None


@cache
def _chosen(named: str) -> Choice:
    if named not in ("", _PORTABLE, _NATIVE):
        raise KernelError(f"{VARIABLE} is `portable` or `native`", hint="or leave it unset")
    if named == _PORTABLE:
        return Choice(PortableKernel(), f"{VARIABLE}=portable")
    missing = _why_not()
    if missing is None:
        return _examined("it is installed" if not named else f"{VARIABLE}=native")
    if named == _NATIVE:
        raise KernelError(
            f"{VARIABLE}=native, but {missing}",
            hint="see docs/reference/kernel.md, or leave it unset",
        )
    return Choice(PortableKernel(), missing)


def _why_not() -> str | None:
    """Why the native kernel cannot be used; None if it can."""
    if importlib.util.find_spec(MODULE) is None:
        return "the native kernel is not installed"
    loads = True
    try:
        from lockgate.kernel import native
    except (ImportError, AttributeError):  # another module, or a folder, of that name
        loads = False
    if not loads:
        return "the native kernel is installed, but cannot be loaded here"
    if native.FOUND_FORMAT != native.FORMAT:
        return (
            f"the native kernel installed is of format {native.FOUND_FORMAT}, "
            f"and this version takes {native.FORMAT}"
        )
    return None


def _examined(why: str) -> Choice:
    """The native kernel, once it has given known answers."""
    from lockgate.kernel import native

    kernel = native.NativeKernel()
    operation = (
        failing(kernel)
        or native.failing_judge()
        or native.failing_splitting()
        or native.failing_columns()
        or native.failing_writer()
    )
    if operation is not None:
        raise KernelError(
            f"the native kernel gives a wrong answer in its self-test ({operation})",
            hint=f"install it again; {VARIABLE}=portable works without it",
        )
    return Choice(kernel, why, native.VERSION, kernel.aes)
