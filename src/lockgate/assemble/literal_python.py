"""Secrets in clear in Python: what assignments, arguments and keys of dictionaries are given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from lockgate.assemble.literal_lines import said_in_lines
from lockgate.secrets.literal import harmless, named_secret, secrets_in

_WRAPPERS: Final = frozenset({"str", "bytes", "bytearray", "Field", "field"})


def literals_in_python(text: str) -> Iterator[tuple[int, int, int, str]]:
    """Secrets by line, column from 1 and end: values of names, and passwords in strings."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from said_in_lines(text, "python")
        return
    lines = text.split("\n")
    for name, value in _assigned(tree):
        if value is None or not named_secret(name):
            continue
        for constant, said in _said(value):
            if not harmless(said, name):
                start = _column(lines, constant)
                yield constant.lineno, start, start + len(said) + 1, f"a value of {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "=" in node.value:
            for found in secrets_in(node.value, pairs=True):
                if found.looks_like == "a password":
                    start = _column(lines, node)
                    yield node.lineno, start, start, "a password"


def _said(value: ast.expr) -> Iterator[tuple[ast.Constant, str]]:
    """Texts that a name may come to stand for; behind ``or``, in tuples and what wraps them."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bytes):
                yield node, node.value.decode("utf-8", "replace")
            elif isinstance(node.value, str):
                yield node, node.value
        elif isinstance(node, ast.BoolOp):
            waiting += node.values
        elif isinstance(node, ast.IfExp):
            waiting += [node.body, node.orelse]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            waiting += [node.left, node.right]
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            waiting += node.elts
        elif isinstance(node, ast.NamedExpr):
            waiting.append(node.value)
        elif isinstance(node, ast.Call):
            waiting += _wrapped(node)


def _wrapped(call: ast.Call) -> list[ast.expr]:
    """What a call gives back as it is, or takes if there is nothing else."""
    called = next(_names(call.func), "")
    named = [word.value for word in call.keywords if word.arg in ("default", "value")]
    if called in ("get", "getenv", "pop", "setdefault"):
        return [*call.args[1:], *named]
    if called in _WRAPPERS or called.startswith("Secret"):
        return [*call.args[:1], *named]
    if called == "cast":
        return call.args[1:]
    if called in ("encode", "strip") and isinstance(call.func, ast.Attribute):
        return [call.func.value]
    return []


def _column(lines: list[str], node: ast.expr) -> int:
    """Column from 1; Python counts the bytes of UTF-8 before it."""
    before = lines[node.lineno - 1].encode()[: node.col_offset]
    return len(before.decode("utf-8", "replace")) + 1


def _assigned(tree: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Every name that is given a value, and the value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _unpacked(target, node.value)
        elif isinstance(node, ast.AnnAssign):
            yield from ((name, node.value) for name in _names(node.target))
        elif isinstance(node, ast.NamedExpr):
            yield node.target.id, node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value
        elif isinstance(node, ast.Call):
            yield from _fallback(node)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        elif isinstance(node, ast.arguments):
            named = [*node.posonlyargs, *node.args][-len(node.defaults) or None :]
            yield from zip((a.arg for a in named), node.defaults, strict=False)
            yield from zip((a.arg for a in node.kwonlyargs), node.kw_defaults, strict=True)


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """A name and its value, and each of several that are given theirs at once."""
    several = ast.Tuple | ast.List
    if isinstance(target, several) and isinstance(value, several):
        for one, its in zip(target.elts, value.elts, strict=False):
            yield from _unpacked(one, its)
    else:
        yield from ((name, value) for name in _names(target))


def _fallback(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """What a variable, a key or an attribute is set to, or taken to be if it is not set."""
    said = ast.unparse(call.func)
    sets = "environ" in said or said.endswith(("getenv", "putenv", "setenv", "setdefault"))
    args = call.args[1:] if said == "setattr" else call.args
    if (sets or said == "setattr") and len(args) == 2 and isinstance(args[0], ast.Constant):
        yield str(args[0].value), args[1]


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute):
        yield target.attr
    elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        yield str(target.slice.value)
