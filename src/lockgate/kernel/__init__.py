"""Columnar loops over values: a portable reference, and the same bytes from any native one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockgate.kernel.interface import Kernel


def load() -> Kernel:
    """The kernel of this installation. Imported here, so that importing the package stays light."""
    from lockgate.kernel.portable import PortableKernel

    return PortableKernel()
