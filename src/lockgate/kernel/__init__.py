"""Columnar loops over values: a portable reference, and the same bytes from any native one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockgate.kernel.interface import Kernel


def load() -> Kernel:
    """The kernel in use (``kernel.choice``). Raises KernelError if one was named and cannot be had.

    Imported here, so that importing the package stays light.
    """
    from lockgate.kernel.choice import choose

    return choose().kernel
