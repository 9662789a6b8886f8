"""Which types a cast may name: DuckDB's own, with their parameters and fields."""

from __future__ import annotations

from sqlglot import exp

from lockgate.flow.sql.refusals import Refusals

_NAMES = """
ARRAY BIGINT BIT BOOLEAN CHAR DATE DECIMAL DOUBLE FLOAT INT INT128 INTERVAL JSON LIST MAP
SMALLINT STRUCT TEXT TIME TIMETZ TIMESTAMP TIMESTAMPNTZ TIMESTAMPTZ TIMESTAMP_MS TIMESTAMP_NS
TIMESTAMP_S TINYINT UBIGINT UINT UINT128 USMALLINT UTINYINT UUID VARBINARY VARCHAR
"""
_ALLOWED = frozenset(getattr(exp.DType, name) for name in _NAMES.split())
_PARTS = (exp.DataTypeParam, exp.Literal, exp.ColumnDef, exp.Identifier)


def check_type(refusals: Refusals, cast: exp.Expr) -> None:
    """Refuse a cast to anything but a built-in type."""
    to = cast.args.get("to")
    plain = isinstance(to, exp.DataType) and not any(
        cast.args.get(key) for key in ("format", "action", "default")
    )
    for node in to.walk() if isinstance(to, exp.DataType) else ():
        known = isinstance(node, exp.DataType) and node.this in _ALLOWED
        plain = plain and (known or isinstance(node, _PARTS))
    if not plain:
        refusals.refuse(cast, "a cast to a type that is not built in", "cast to a built-in type")
