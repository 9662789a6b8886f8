"""A process that others cannot look into, that leaves no core and makes files for its owner only.

The command line does this to itself when it starts. A library does not change the process of
whoever imports it: ``harden_process()`` is there to be called.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from dataclasses import dataclass
from typing import Final

from lockgate.secret_memory import kept_pages, locked_bytes

_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4
_PRIVATE_UMASK: Final = 0o077


@dataclass(frozen=True, slots=True)
class Hardening:
    """The level a process has reached; None where this system has no such thing.

    ``dumpable``: the system may write a core of it, and other processes of its user may read its
    memory. ``core_bytes``: the largest core it may leave, -1 for no limit. ``private_files``: what
    it makes is its owner's only. ``secret_bytes`` lie in pages for secrets, ``locked_bytes`` of
    them are kept from swap.
    """

    dumpable: bool | None
    core_bytes: int | None
    private_files: bool | None
    secret_bytes: int
    locked_bytes: int

    @property
    def leaves_no_core(self) -> bool:
        """Whether a crash writes no memory to the disk."""
        return self.dumpable is False or (self.dumpable is None and self.core_bytes == 0)


def harden_process() -> Hardening:
    """Do what this system allows, and say what was reached. Never raises; cannot be undone.

    1. Not dumpable (Linux): no core, not even to a program that the system starts for cores (which
       the limit alone does not stop), and no reading by debuggers of the same user.
    2. The limit on cores is 0, for children too.
    3. Files are made readable for their owner only.
    """
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(0), *_UNUSED)
    if os.name == "posix":
        import resource

        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.umask(os.umask(_PRIVATE_UMASK) | _PRIVATE_UMASK)
    return hardening()


def hardening() -> Hardening:
    """The level that this process has reached; changes nothing."""
    libc = _libc()
    dumpable = None
    if libc is not None:
        dumpable = libc.prctl(_PR_GET_DUMPABLE, *_UNUSED, ctypes.c_ulong(0)) != 0
    core, private = None, None
    if os.name == "posix":
        import resource

        core = resource.getrlimit(resource.RLIMIT_CORE)[0]
        umask = os.umask(_PRIVATE_UMASK)  # it is read by setting it
        os.umask(umask)
        private = umask & _PRIVATE_UMASK == _PRIVATE_UMASK
    return Hardening(dumpable, core, private, kept_pages(), locked_bytes())


_UNUSED: Final = (ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


def _libc() -> ctypes.CDLL | None:
    """The C library, if this is a Linux whose ``prctl`` can be called."""
    if not sys.platform.startswith("linux"):
        return None
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl.restype = ctypes.c_int
        return libc
    return None
