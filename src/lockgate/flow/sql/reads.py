"""Which tables a query's FROMs name, before anything of it is traced."""

from __future__ import annotations

from sqlglot import exp

from lockgate.flow.sql.names import fold
from lockgate.flow.sql.parse import parse
from lockgate.flow.sql.refusals import Refusals
from lockgate.limits import Limits


def tables_read(text: str, limits: Limits) -> frozenset[str]:
    """Folded names of the tables that a query names and does not define itself in a WITH.

    It orders steps and proves nothing. Raises SqlRefused for what is no query.
    """
    tree = parse(text, limits, Refusals(text))
    defined = {fold(cte.alias) for cte in tree.find_all(exp.CTE)}
    named = {fold(table.name) for table in tree.find_all(exp.Table) if table.name}
    return frozenset(named - defined)
