"""Whether the parser kept every word: a name or literal that it lost would change the query.

sqlglot reads `list(x)[1]` as `[1]`. Nobody knows where else it does such a thing, so the tree is
written down as it was parsed and each name, string and number of the text is looked for in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from lockgate.flow.sql.dialect import VerbatimDuckDB
from lockgate.flow.sql.refusals import Refusals

_KEPT = {TokenType.VAR, TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER}
# Words that say what happens without them.
_NEEDLESS = frozenset(("both", "respect", "nulls", "asc", "symmetric", "within"))
_WORD = re.compile(r"\w+")


def require_whole(tokens: Sequence[Token], tree: exp.Expr, refusals: Refusals) -> None:
    """Refuse a query of which the tree lost a word, at that word."""
    try:
        written = tree.sql(
            dialect=VerbatimDuckDB,
            comments=False,
            normalize_functions=False,
            unsupported_level=ErrorLevel.IGNORE,
            copy=True,
        )
        there = Counter(_words(token.text for token in VerbatimDuckDB().tokenize(written)))
    except (SqlglotError, RecursionError, ValueError):
        refusals.at(0, "the query cannot be written down again", "write it in a plainer way")
        return
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        called = after is not None and after.token_type is TokenType.L_PAREN
        if called or token.token_type not in _KEPT:
            continue  # a call may be written under another name
        for word in _words((token.text,)):
            there[word] -= 1
            if there[word] < 0 and word not in _NEEDLESS:
                refusals.at(
                    token.start, "a word that the parser loses", "write this part in a plainer way"
                )
                return


def _words(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        yield from _WORD.findall(text.casefold())
