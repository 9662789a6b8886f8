r"""Whether the native kernel and Pydantic mean the same characters by a class such as ``\w``.

Each has the tables of some version of Unicode compiled in, and none says which. So Pydantic is
asked: about all characters of the class in one text, and about all others in another.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from lockgate.kernel.judging import RuleMaker


def same_tables(make: RuleMaker, classes: Sequence[str]) -> bool:
    """Whether these classes, as patterns name them, are the same characters to both."""
    maker: Any = make  # hashable, which a Protocol cannot say
    return all(_same_class(maker, name) for name in classes)


@functools.cache
def _same_class(make: Any, name: str) -> bool:
    """Asked once a process: it takes some ten milliseconds."""
    texts: tuple[str, str] | None = make.characters(name)
    if texts is None:
        return False
    ours, others = texts
    return _all_match(rf"\A[{name}]*\z", ours) and _all_match(rf"\A[^{name}]*\z", others)


def _all_match(pattern: str, text: str) -> bool:
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern)).validate_python(text)
    except (SchemaError, ValidationError):
        return False
    return True
