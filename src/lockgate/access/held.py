"""What a principal holds: roles, and where each comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """Roles and where each comes from: ids of grants, groups, the id of an open break-glass."""

    roles: tuple[str, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    break_glass: str = ""
    """Of the one whose role nothing else gives."""
