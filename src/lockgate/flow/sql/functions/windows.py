"""Functions that only exist over a window.

Ranks are made of no value: partition and order decide them (docs/decisions/0027).
"""

from __future__ import annotations

_NONE: frozenset[int] = frozenset()

# Position of the arguments that decide only: lag(x, how far, instead); ntile(how many).
DECIDING = {
    **dict.fromkeys(("cume_dist", "dense_rank", "percent_rank", "rank", "rank_dense"), _NONE),
    **dict.fromkeys(("row_number", "first_value", "last_value"), _NONE),
    **dict.fromkeys(("lag", "lead", "nth_value"), frozenset({1})),
    "ntile": frozenset({0}),
}
