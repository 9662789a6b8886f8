"""Functions that choose: some arguments only decide, and never reach the result."""

from __future__ import annotations

# Both values may come out.
NAMES = frozenset(("coalesce", "ifnull", "try", "typeof"))

# Position of the arguments that decide only: if(condition, a, b); nullif(a, compared with).
DECIDING = {"if": frozenset({0}), "nullif": frozenset({1})}
