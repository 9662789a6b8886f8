"""Secrets in clear in Python: what assignments, arguments and keys of dictionaries are given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Final

from lockgate.assemble.literal_lines import said_in_lines
from lockgate.secrets.literal import harmless, made_up, named_secret, secrets_in

_IN_TEXT: Final = re.compile(
    r"(?<!\w)(?P<name>\w{0,40}(?:passw(?:or)?d|passphrase|pwd|(?<![a-z])pw))"
    r"[\"']?[ \t]{0,3}:[ \t]{0,3}[\"']?"
    r"(?P<value>(?=[^\s\"']{0,60}\d)(?=[^\s\"']{0,60}[A-Za-z])[^\s\"',\[\](){}\\|<>]{6,200})",
    re.I,
)
_OPTION: Final = re.compile(r"--?[\w-]{1,60}")
_A_NAME: Final = re.compile(r"[\w.-]{1,60}")
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
        if isinstance(value, ast.Dict):
            given = value.values if name.lower().endswith("passwords") else []
        else:
            given = [value]
        for constant, said in chain.from_iterable(map(_said, given)):
            if not harmless(said, name):
                start = _column(lines, constant)
                yield constant.lineno, start, start + len(said) + 1, f"a value of {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _tells(node.value):
            start = _column(lines, node)
            yield node.lineno, start, start, "a password"


def _tells(text: str) -> bool:
    """Whether a text has a password in it, with its name before."""
    pairs = secrets_in(text, pairs=True) if "=" in text else ()
    return any(found.looks_like == "a password" for found in pairs) or any(
        made_up(said["value"]) and not harmless(said["value"], said["name"])
        for said in _IN_TEXT.finditer(text)
    )


def _said(value: ast.expr) -> Iterator[tuple[ast.Constant, str]]:
    """Texts that a name may come to stand for; behind ``or``, in tuples and what wraps them."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.Constant):
            waiting += _parts(node)
        elif isinstance(node.value, bytes):
            yield node, node.value.decode("utf-8", "replace")
        elif isinstance(node.value, str):
            yield node, node.value


def _parts(node: ast.expr) -> list[ast.expr]:
    """What an expression may come to be, or is put together from."""
    match node:
        case ast.BoolOp(values=values):
            return values
        case ast.JoinedStr(values=values) if _constant(values):
            return values
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, op=ast.Add(), right=other):
            return [one, other]
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
            return values
        case ast.Subscript(value=ast.Dict(values=values)):
            return values
        case ast.NamedExpr(value=value):
            return [value]
        case ast.Call():
            return _wrapped(node)
    return []


def _wrapped(call: ast.Call) -> list[ast.expr]:
    """What a call gives back as it is, or takes if there is nothing else."""
    called = next(_names(call.func), "")
    if called == "join" and call.args and isinstance(call.args[0], ast.List | ast.Tuple):
        return call.args[0].elts if _constant(call.args[0].elts) else []
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


def _constant(nodes: list[ast.expr]) -> bool:
    return all(isinstance(node, ast.Constant) for node in nodes)


def _pairs(nodes: list[ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    """Arguments of a command (``--password``, its value), and a name with what nobody calls one."""
    texts = [n.value if isinstance(n, ast.Constant) else None for n in nodes]
    for at, (first, second) in enumerate(pairwise(texts)):
        if isinstance(first, str) and isinstance(second, str) and not second.startswith("-"):
            a_pair = len(nodes) == 2 and made_up(second) and _A_NAME.fullmatch(first)
            if a_pair or _OPTION.fullmatch(first):
                yield first.lstrip("-"), nodes[at + 1]


def _column(lines: list[str], node: ast.expr) -> int:
    """Column from 1; Python counts the bytes of UTF-8 before it."""
    before = lines[node.lineno - 1].encode()[: node.col_offset]
    return len(before.decode("utf-8", "replace")) + 1


def _assigned(tree: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Every name that is given a value, and the value."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    for name, its in _unpacked(target, value):
                        yield from _given(name, its)
            case ast.AnnAssign(target=target, value=its) | ast.AugAssign(target=target, value=its):
                yield from ((name, its) for name in _names(target))
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                yield name, value
            case ast.keyword(arg=str(name), value=value):
                yield from _given(name, value)
            case ast.Call():
                yield from _fallback(node)
            case ast.List(elts=values) | ast.Tuple(elts=values):
                yield from _pairs(values)
            case ast.Dict():
                yield from _mapped(node)
            case ast.arguments():
                yield from _defaults(node)


def _mapped(node: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, value


def _defaults(node: ast.arguments) -> Iterator[tuple[str, ast.expr | None]]:
    named = [*node.posonlyargs, *node.args][-len(node.defaults) or None :]
    yield from zip((a.arg for a in named), node.defaults, strict=False)
    yield from zip((a.arg for a in node.kwonlyargs), node.kw_defaults, strict=True)


def _given(name: str, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """A name and its value; of ``auth=(user, password)`` the second."""
    if name == "auth" and isinstance(value, ast.Tuple) and len(value.elts) == 2:
        yield "password", value.elts[1]
    yield name, value


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
