"""Moves sensitive data so that nothing leaves unvalidated, unprotected, unauthorised or unrecorded.

>>> with lockgate.open("lockgate.yaml") as lg:
...     released, rejected = lg.gate("patients", zone="analytics", purpose="why")(frame)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockgate.assemble.api import open as open  # noqa: A004 - ``lockgate.open``, as for files
    from lockgate.assemble.api import unsafe_unrecorded_gate as unsafe_unrecorded_gate
    from lockgate.assemble.auditing import audited as audited
    from lockgate.assemble.guards import requires as requires
    from lockgate.assemble.session import in_session as in_session
    from lockgate.assemble.session import session as session
    from lockgate.assemble.validating import validated as validated
    from lockgate.assemble.workspace import Workspace as Workspace
    from lockgate.contract.markers import Labelled as Labelled
    from lockgate.errors import LockgateError as LockgateError
    from lockgate.pipeline.python_step import step as step

__all__ = [
    "Labelled",
    "LockgateError",
    "Workspace",
    "audited",
    "in_session",
    "open",
    "requires",
    "session",
    "step",
    "unsafe_unrecorded_gate",
    "validated",
]
__version__ = "0.1.0"

_HOMES = {
    "Labelled": "lockgate.contract.markers",
    "LockgateError": "lockgate.errors",
    "Workspace": "lockgate.assemble.workspace",
    "audited": "lockgate.assemble.auditing",
    "in_session": "lockgate.assemble.session",
    "open": "lockgate.assemble.api",
    "requires": "lockgate.assemble.guards",
    "session": "lockgate.assemble.session",
    "step": "lockgate.pipeline.python_step",
    "unsafe_unrecorded_gate": "lockgate.assemble.api",
    "validated": "lockgate.assemble.validating",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: ``import lockgate`` itself stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'lockgate' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
