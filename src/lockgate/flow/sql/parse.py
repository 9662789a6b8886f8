"""From text to a tree, within bounds that are checked before anything recursive runs."""

from __future__ import annotations

import re
from itertools import pairwise

from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from lockgate.flow.sql.dialect import VerbatimDuckDB
from lockgate.flow.sql.refusals import Refusals
from lockgate.flow.sql.whole import require_whole
from lockgate.limits import Limits

_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
_PREFIX = {TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE}
_QUERY = {
    *(TokenType.SELECT, TokenType.WITH, TokenType.FROM),
    *(TokenType.PIVOT, TokenType.UNPIVOT),
}
# Words that start what is no query: only these are repeated in a refusal.
_STATEMENTS = frozenset(
    "ALTER ANALYZE ATTACH BEGIN CALL CHECKPOINT COMMENT COMMIT COPY CREATE DEALLOCATE DELETE"
    " DESC DESCRIBE DETACH DROP EXECUTE EXPLAIN EXPORT FORCE GRANT IMPORT INSERT INSTALL LOAD"
    " MERGE PRAGMA PREPARE RESET REVOKE ROLLBACK SET SHOW SUMMARIZE TABLE TRUNCATE UPDATE USE"
    " VACUUM VALUES".split()
)
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

_REFUSED = {
    **dict.fromkeys((TokenType.PARAMETER, TokenType.PLACEHOLDER), "a parameter"),
    **dict.fromkeys(
        (
            TokenType.BYTE_STRING,
            TokenType.HEX_STRING,
            TokenType.BIT_STRING,
            TokenType.HEREDOC_STRING,
            TokenType.NATIONAL_STRING,
            TokenType.RAW_STRING,
            TokenType.UNICODE_STRING,
        ),
        "a literal that is not a plain string",
    ),
    TokenType.HASH: "a column by its number",
    **dict.fromkeys(
        (TokenType.CURRENT_USER, TokenType.SESSION_USER, TokenType.CURRENT_CATALOG),
        "who runs the query",
    ),
}
_WRITTEN = "write the value itself, as a plain literal, or the column's name"
_QUERY_HINT = "a step is one SELECT over its inputs"


def parse(text: str, limits: Limits, refusals: Refusals) -> exp.Query | exp.Pivot:
    """The tree of the one query that the text is, its comments gone.

    Raises:
        SqlRefused: the text is too large, too deep, no query, or several statements.
    """
    if len(text) > limits.sql_bytes or len(text.encode(errors="replace")) > limits.sql_bytes:
        refusals.at(0, f"the query has more than {limits.sql_bytes:,} bytes (`sql_bytes`)")
        refusals.raise_any()
    if (control := _CONTROL.search(text)) is not None:
        refusals.at(control.start(), f"a control character (U+{ord(control.group()):04X})")
        refusals.raise_any()
    tokens = _tokens(text, limits, refusals)
    refusals.raise_any()
    tree = _tree(text, tokens, refusals)
    refusals.raise_any()
    if isinstance(tree, exp.Query | exp.Pivot):
        require_whole(tokens, tree, refusals)
        return tree
    refusals.at(tokens[0].start, "not a query", _QUERY_HINT)
    refusals.raise_any()
    raise AssertionError  # a refusal was added above


def _tokens(text: str, limits: Limits, refusals: Refusals) -> list[Token]:
    try:
        tokens = VerbatimDuckDB().tokenize(text)
    except TokenError:
        refusals.at(_unclosed(text), "a string, a name or a comment that never ends")
        return []
    if len(tokens) > limits.sql_tokens:
        offset = tokens[limits.sql_tokens].start
        refusals.at(offset, f"the query has more than {limits.sql_tokens:,} words (`sql_tokens`)")
        return []
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    _statement(tokens, refusals)
    _nesting(tokens, limits, refusals)
    for token in tokens:
        _word(token, refusals)
    for token, after in pairwise(tokens):
        if token.token_type is TokenType.NUMBER and after.start == token.end + 1:
            _glued(after, refusals)
    return tokens


def _unclosed(text: str) -> int:
    """Where what never ends most likely starts: the last quote, or the end."""
    return max(0, len(text) - 1 if (found := max(map(text.rfind, "'\"*"))) < 0 else found)


def _statement(tokens: list[Token], refusals: Refusals) -> None:
    first = next((token for token in tokens if token.token_type is not TokenType.L_PAREN), None)
    if first is None:
        refusals.at(0, "an empty query", _QUERY_HINT)
    elif first.token_type not in _QUERY:
        refusals.at(first.start, _no_query(first.text), _QUERY_HINT)
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            refusals.at(token.start, "several statements", _QUERY_HINT)


def _no_query(first: str) -> str:
    """What else it is; a word that starts no statement may be data, and is not repeated."""
    word = first.upper()
    return f"a statement that starts with `{word}`" if word in _STATEMENTS else "not a query"


def _nesting(tokens: list[Token], limits: Limits, refusals: Refusals) -> None:
    depth = prefixes = 0
    for token in tokens:
        kind = token.token_type
        prefixes = prefixes + 1 if kind in _PREFIX else 0
        depth += (kind in _OPENING) - (kind in _CLOSING)
        if depth + prefixes > limits.sql_depth:
            what = f"nesting deeper than {limits.sql_depth} (`sql_depth`)"
            refusals.at(token.start, what, "name parts of it in a WITH, or make it several steps")
            return


def _glued(after: Token, refusals: Refusals) -> None:
    """`0xff` is a number to the engine, and `0 AS xff` to the parser."""
    if after.text[:1].isalpha() or after.text[:1] == "_":
        refusals.at(after.start, "letters right after a number", "put a space between them")


def _word(token: Token, refusals: Refusals) -> None:
    token.comments = []
    what = _REFUSED.get(token.token_type)
    if what is not None:
        refusals.at(token.start, what, _WRITTEN)
    elif token.token_type is TokenType.NUMBER and _NUMBER.fullmatch(token.text) is None:
        refusals.at(token.start, "a number in another notation than 1, 1.5 or 1e5")


def _tree(text: str, tokens: list[Token], refusals: Refusals) -> exp.Expr | None:
    dialect = VerbatimDuckDB()
    parser = dialect.parser(error_level=ErrorLevel.IMMEDIATE)
    try:
        trees = parser.parse(tokens, text)
    except ParseError as error:
        detail = error.errors[0] if error.errors else {}
        refusals.at(_offset(detail.get("line"), detail.get("col"), text), "a syntax error here")
        return None
    except (RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        # The parser gave up in a way it did not mean to; its own words may quote the query.
        refusals.at(0, "the query cannot be parsed")
        return None
    return trees[0] if len(trees) == 1 else None


def _offset(line: object, column: object, text: str) -> int:
    """A parser's line and column (of a word's last letter) as an offset."""
    if not isinstance(line, int) or not isinstance(column, int):
        return 0
    before = text.split("\n")[: max(line - 1, 0)]
    return min(sum(len(part) + 1 for part in before) + max(column - 1, 0), max(len(text) - 1, 0))
