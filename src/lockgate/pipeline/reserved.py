"""Words that a step's FROM or JOIN does not take for a table unless they are quoted."""

from __future__ import annotations

RESERVED = frozenset(
    """alter and as between create cross describe distinct drop else except fetch for force from
    glob grant having ilike inner insert install intersect into join lateral like not notnull on
    only or outer positional qualify returning revoke rollback select summarize tablesample then
    union using values when where with""".split()
)
