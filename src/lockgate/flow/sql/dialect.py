"""DuckDB's dialect as sqlglot knows it, with every function call left as it was written.

sqlglot maps functions to classes of its own and writes them back in another way:
that is translation, and a place where meaning may slip. Here a call stays a name and
its arguments, so that the list of allowed functions speaks of DuckDB's own names, and
what runs is what was written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.generators.duckdb import DuckDBGenerator
from sqlglot.parser import Parser
from sqlglot.parsers.duckdb import DuckDBParser
from sqlglot.tokenizer_core import TokenType

# Calls whose arguments are not a list of expressions: CAST(x AS y), EXTRACT(x FROM y), ...
_OWN_SYNTAX = ("CAST", "TRY_CAST", "EXTRACT", "POSITION", "TRIM", "OVERLAY")


def _arrow(
    kind: type[exp.JSONExtract] | type[exp.JSONExtractScalar],
) -> Callable[..., Any]:
    def build(_: Parser, this: exp.Expr, path: exp.Expr) -> exp.Expr:
        return kind(this=this, expression=path)

    return build


class VerbatimDuckDB(DuckDB):
    """Reads and writes DuckDB's SQL without translating functions, indexes or paths."""

    INDEX_OFFSET = 0

    class Parser(DuckDBParser):
        """No function has a class of its own."""

        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {
            name: DuckDBParser.FUNCTION_PARSERS[name] for name in _OWN_SYNTAX
        }
        JSON_OPERATORS: ClassVar = {
            TokenType.ARROW: _arrow(exp.JSONExtract),
            TokenType.DARROW: _arrow(exp.JSONExtractScalar),
        }

    class Generator(DuckDBGenerator):
        """What the tree says, in DuckDB's words."""

        TRANSFORMS: ClassVar = {
            **DuckDBGenerator.TRANSFORMS,
            exp.JSONExtract: lambda self, node: self.binary(node, "->"),
            exp.JSONExtractScalar: lambda self, node: self.binary(node, "->>"),
            exp.Pivot: lambda self, node: self.pivot_sql(node),  # columns keep their tables
        }

        def distinct_sql(self, expression: exp.Distinct) -> str:
            """DISTINCT over several arguments, which sqlglot would make a CASE of."""
            on = expression.args.get("on")
            if on is not None:
                return f" DISTINCT ON {self.sql(on)}"
            listed = self.expressions(expression, flat=True)
            return f"DISTINCT {listed}" if listed else " DISTINCT"

        def ignorenulls_sql(self, expression: exp.IgnoreNulls) -> str:
            """Where DuckDB wants it: inside the call."""
            return f"{self.sql(expression, 'this')} IGNORE NULLS"

        def join_sql(self, expression: exp.Join, join_op: str | None = None) -> str:
            """A comma stays a comma, whatever comes after it."""
            plain = not any(expression.args.get(key) for key in _JOINING)
            if plain and not isinstance(expression.this, exp.Subquery | exp.Table | exp.Lateral):
                return f", {self.sql(expression, 'this')}"
            return super().join_sql(expression, join_op)


_JOINING = ("method", "side", "kind", "on", "using")
