"""Collects what is wrong with a query, each with its place in the user's text."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

from sqlglot import exp

from lockgate.errors import Position, Problem, SqlRefused

_SHOWN = 20
_FILE = "sql"


class Refusals:
    """Every problem found, in the order of the text; a query with one is refused."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(n + 1 for n, letter in enumerate(text) if letter == "\n")]
        self._found: dict[tuple[int, str], Problem] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a character's offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def where(self, node: exp.Expr) -> tuple[int, int]:
        """Line and column of the first word of a node that has one."""
        return self.place(offset_of(node))

    def at(self, offset: int, message: str, hint: str = "") -> None:
        """Refuse something at an offset; said once a place."""
        line, column = self.place(offset)
        problem = Problem(SqlRefused.code, message, Position(_FILE, line, column), hint)
        self._found.setdefault((offset, message), problem)

    def refuse(self, node: exp.Expr, message: str, hint: str = "") -> None:
        """Refuse a node."""
        self.at(offset_of(node), message, hint)

    def raise_any(self) -> None:
        """End here if something was refused.

        Raises:
            SqlRefused: with all problems, the first in its message.
        """
        if not self._found:
            return
        problems = [problem for _, problem in sorted(self._found.items())]
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise SqlRefused(
            first.message + more,
            where=first.where,
            hint=first.hint,
            problems=problems[:_SHOWN],
        )


def offset_of(node: exp.Expr) -> int:
    """Where a node starts: its own token, else the first inside it, else what it stands in."""
    around: exp.Expr | None = node
    while around is not None:
        starts = _starts(around)
        if starts:
            return min(starts)
        around = around.parent
    return 0


def _starts(node: exp.Expr, look: int = 40) -> list[int]:
    """Offsets of the nearest positioned nodes below this one."""
    waiting, found = deque([node]), []
    while waiting and look:
        look -= 1
        one = waiting.popleft()
        start = one.meta_get("start")
        if isinstance(start, int):
            found.append(start)
        else:
            waiting.extend(one.iter_expressions())
    return found
