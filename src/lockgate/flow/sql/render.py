"""The checked tree as text again, and the proof that the text is that tree."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from lockgate.flow.sql.dialect import VerbatimDuckDB
from lockgate.flow.sql.plain import made_plain
from lockgate.flow.sql.refusals import Refusals

_HINT = "write this part in a plainer way"


def render(tree: exp.Query, refusals: Refusals) -> str:
    """What runs: every name quoted, no comment, one line.

    Raises:
        SqlRefused: reading the text again does not give the same tree.
    """
    _quote(tree)
    try:
        text = tree.sql(
            dialect=VerbatimDuckDB,
            comments=False,
            identify=True,
            normalize_functions=False,
            unsupported_level=ErrorLevel.RAISE,
        )
        again = VerbatimDuckDB().parse(text)
    except (SqlglotError, RecursionError, ValueError):
        refusals.at(0, "the query cannot be written down again", _HINT)
        refusals.raise_any()
        raise AssertionError from None
    read = again[0] if len(again) == 1 else None
    if not isinstance(read, exp.Query) or _quote(made_plain(read)) != tree:
        refusals.at(0, "the query does not read the same once written down", _HINT)
        refusals.raise_any()
    return text


def _quote(tree: exp.Query) -> exp.Query:
    for name in tree.find_all(exp.Identifier):
        name.set("quoted", True)
    return tree
