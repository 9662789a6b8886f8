"""What may run: one SELECT over the inputs, by DuckDB's own parser.

The text was written by `flow.sql` from a tree that it checked. This is the second
look, by another parser, so that a mistake there opens nothing here:

1. Exactly one statement, and it is a SELECT.
2. Each table in it is an input or a name of its own WITH, without schema or catalogue.
3. No table function but those that only unfold their arguments.
4. No function that reads what it was not given.
5. Functions that make long values make them of a size that is written down and small:
   a single value is not counted in the memory limit until it is there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import duckdb

from lockgate.errors import StepRefused
from lockgate.limits import Limits

_UNFOLDING = frozenset({"unnest", "range", "generate_series"})
_READING = frozenset(
    """current_query current_setting currval duckdb_logs getenv getvariable nextval
    write_log""".split()
)
_SOURCES = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "CTE"}
)
# Which arguments of a function say how long its result is.
_LONG: dict[str, slice] = {
    "array_resize": slice(1, 2),
    "bar": slice(3, 4),
    "bitstring": slice(1, 2),
    "generate_series": slice(0, None),
    "list_resize": slice(1, 2),
    "lpad": slice(1, 2),
    "range": slice(0, None),
    "repeat": slice(1, 2),
    "rpad": slice(1, 2),
}
_FORMATTING = frozenset({"format", "printf"})
# A width of five digits, or one that is given as a value: `%*d`, `{:{}}`.
_WIDE = re.compile(r"\d{5}|%[^A-Za-z%]*\*|\{[^{}]+\{")

_Tree = dict[str, Any]


def require_select(
    connection: duckdb.DuckDBPyConnection,
    step: str,
    sql: str,
    inputs: Collection[str],
    limits: Limits,
) -> None:
    """Raises StepRefused unless ``sql`` is one SELECT as described above."""
    tree = _parse(connection, sql)
    if tree is None:
        raise StepRefused(f"step {step}: the statement is not one SELECT")
    if refused := next(_refusals(tree, inputs, limits), ""):
        raise StepRefused(f"step {step}: {refused}")


def _parse(connection: duckdb.DuckDBPyConnection, sql: str) -> _Tree | None:
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            return None
        found = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    except duckdb.Error:
        return None
    tree: _Tree = json.loads(found[0][0])
    return None if tree["error"] or len(tree["statements"]) != 1 else tree


def _refusals(tree: _Tree, inputs: Collection[str], limits: Limits) -> Iterator[str]:
    nodes = list(_nodes(tree))
    named = {str(entry["key"]).lower() for node in nodes for entry in _with_names(node)}
    tables = named | {name.lower() for name in inputs}
    for node in nodes:
        kind = node.get("type", "")
        if "sample" in node and "alias" in node and kind not in _SOURCES:
            yield f"{kind} is not a source of rows that is taken"
        elif kind == "BASE_TABLE":
            if node["schema_name"] or node["catalog_name"] or node["at_clause"]:
                yield "a table is named with a schema, a catalogue or a version"
            elif str(node["table_name"]).lower() not in tables:
                yield "a table is named that is not an input"
        elif kind == "TABLE_FUNCTION":
            if _name(node["function"]) not in _UNFOLDING:
                yield "a table function is called"
        elif kind == "FUNCTION" or "function_name" in node:
            yield from _call(node, limits)


def _call(node: _Tree, limits: Limits) -> Iterator[str]:
    name = _name(node)
    arguments = [one.get("expression", one) for one in node.get("arguments", ())]
    if name in _READING:
        yield f"function {name} reads what is not an input"
    if name in _FORMATTING:
        text = _constant(arguments[0]) if arguments else None
        if text is None or _WIDE.search(text):
            yield f"function {name} takes a format that is written down, with widths below 10000"
    if name not in _LONG:
        return
    for argument in arguments[_LONG[name]]:
        if not _small(argument, limits.step_repeats):
            yield (
                f"function {name} takes its size as a number that is written down,"
                f" up to {limits.step_repeats} (step_repeats)"
            )
    if any(_name(inner) in _LONG for one in arguments for inner in _nodes(one)):
        yield f"function {name} is called on what another such function made long"


def _small(argument: _Tree, most: int) -> bool:
    text = _constant(argument)
    if text is None:  # a negative number is a call of `-`
        inner = [one.get("expression", one) for one in argument.get("arguments", ())]
        if _name(argument) != "-" or len(inner) != 1:
            return False
        text = _constant(inner[0])
    return text is not None and text.isascii() and text.isdigit() and int(text) <= most


def _constant(node: _Tree) -> str | None:
    """The text of a literal, None for anything else."""
    if node.get("type") != "VALUE_CONSTANT":
        return None
    literal = node.get("literal")
    if isinstance(literal, dict):
        return str(literal.get("text", ""))
    value = node.get("value")
    return str(value.get("value")) if isinstance(value, dict) else None


def _with_names(node: _Tree) -> list[_Tree]:
    found = node.get("cte_map")
    entries = found.get("map") if isinstance(found, dict) else None
    return entries if isinstance(entries, list) else []


def _name(node: _Tree) -> str:
    return str(node.get("function_name", "")).lower()


def _nodes(tree: Any) -> Iterator[_Tree]:
    """Every object of a tree, however deep."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
