"""The one answer to a vendor's library that is not installed."""

from __future__ import annotations

from lockgate.errors import EnvironmentFailed


def missing_library(library: str, extra: str) -> EnvironmentFailed:
    """The error to raise instead of ImportError: what to install."""
    return EnvironmentFailed(
        f"the library {library} is not installed",
        hint=f"pip install 'lockgate[{extra}]'",
    )
