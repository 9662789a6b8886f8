"""Which tables a query's FROMs name, before anything of it is traced."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from lockgate.flow.sql.names import fold
from lockgate.flow.sql.parse import parse
from lockgate.flow.sql.refusals import Refusals
from lockgate.limits import Limits


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """A query's tree, for one trace of it, and folded names of the tables that it reads."""

    tree: exp.Query | exp.Pivot
    tables: frozenset[str]


def read(text: str, limits: Limits) -> ReadQuery:
    """Parse a query and see which tables it names and does not define itself in a WITH.

    It orders steps and proves nothing. Raises SqlRefused for what is no query.
    """
    tree = parse(text, limits, Refusals(text))
    defined = {fold(cte.alias) for cte in tree.find_all(exp.CTE)}
    named = {fold(table.name) for table in tree.find_all(exp.Table) if table.name}
    return ReadQuery(tree, frozenset(named - defined))
