"""What a user's function does, as a digest: source, byte code, constants, closure, defaults.

Two functions of the same source can differ in what they close over, and a function made
by ``exec`` has no source. Only digests are kept: a constant may be a value.
"""

from __future__ import annotations

import functools
import hashlib
import re
import types
from collections.abc import Iterator, Mapping
from typing import Any

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_DEEPEST = 6
_PLAIN = (str, bytes, int, float, complex, type(None), type(Ellipsis))


def function_digest(function: Any) -> str:
    """Hex SHA-256 of what a Python function holds; "" for what is none.

    Stable between processes of the same Python version: byte code differs between versions.
    """
    if isinstance(function, functools._lru_cache_wrapper):
        function = function.__wrapped__
    if not isinstance(function, types.FunctionType):
        return ""
    text = "\n".join(_of_function(function, 0))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _of_function(function: types.FunctionType, depth: int) -> Iterator[str]:
    yield from _of_code(function.__code__, depth)
    for cell in function.__closure__ or ():
        yield from _of_cell(cell, depth)
    yield from _of_value(function.__defaults__, depth)
    yield from _of_value(function.__kwdefaults__, depth)
    # By convention a name in capitals is a constant: a limit often stands in one.
    for name in sorted(set(function.__code__.co_names)):
        if name.isupper() and name in function.__globals__:
            yield name
            yield from _of_value(function.__globals__[name], depth)


def _of_code(code: types.CodeType, depth: int) -> Iterator[str]:
    yield f"{code.co_name} {code.co_code.hex()} {code.co_names} {code.co_varnames}"
    for constant in code.co_consts:
        yield from _of_value(constant, depth)


def _of_cell(cell: types.CellType, depth: int) -> Iterator[str]:
    try:
        content = cell.cell_contents
    except ValueError:  # a name that is bound later, such as a class that names itself
        yield "empty"
        return
    yield from _of_value(content, depth)


def _of_value(value: Any, depth: int) -> Iterator[str]:
    """A value's parts. Functions and containers are entered; what they are is told by type."""
    kind = type(value)
    yield f"{kind.__module__}.{kind.__qualname__}"
    if depth >= _DEEPEST:
        return
    if isinstance(value, types.CodeType):
        yield from _of_code(value, depth + 1)
    elif isinstance(value, types.FunctionType):
        yield from _of_function(value, depth + 1)
    elif isinstance(value, type | types.ModuleType):
        yield f"{getattr(value, '__module__', '')}.{value.__name__}"
    elif isinstance(value, _PLAIN):
        yield repr(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _of_value(key, depth + 1)
            yield from _of_value(item, depth + 1)
    elif isinstance(value, list | tuple):
        yield str(len(value))
        for item in value:
            yield from _of_value(item, depth + 1)
    elif isinstance(value, set | frozenset):
        yield from sorted("\n".join(_of_value(item, depth + 1)) for item in value)
    else:
        yield _repr(value)


def _repr(value: Any) -> str:
    try:
        return _ADDRESS.sub("", repr(value))
    except Exception:  # noqa: BLE001 - an object of the user's that cannot be shown is told by its type
        return ""
