"""Values in YAML that stand under a name that says secret, or beside one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from lockgate.assemble.yaml_document import Key
from lockgate.secrets.literal import made_up, named_secret

_OF_COLUMNS: Final = frozenset({"declassify", "domains", "influence", "labels", "rules", "select"})
"""Their keys are columns and labels: only what nobody calls a column is looked at."""

Named = tuple[tuple[Key, ...], str, Any]


def named_values(data: Any) -> Iterator[Named]:
    """Path, name and value of everything whose name, or whose neighbour, says secret."""
    yield from _below(data, (), of_columns=False)


def _below(data: Any, path: tuple[Key, ...], *, of_columns: bool) -> Iterator[Named]:
    if isinstance(data, list):
        yield from _arguments(data, path)
        for index, item in enumerate(data):
            yield from _below(item, (*path, index), of_columns=of_columns)
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        if named_secret(key):
            for under, one in _texts(key, value):
                if not of_columns or made_up(str(one)):
                    yield (*path, key, *under), key, one
        yield from _below(value, (*path, key), of_columns=of_columns or key in _OF_COLUMNS)
    label = next((data[k] for k in ("property", "key", "name") if isinstance(data.get(k), str)), "")
    if named_secret(label) and isinstance(data.get("value"), str):
        yield (*path, "value"), label, data["value"]


def _texts(name: str, value: Any) -> Iterator[tuple[tuple[Key, ...], str | int | float]]:
    """What a name that says secret is given: itself, in a list, as a value or default, by place."""
    if isinstance(value, str):
        yield (), value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if "pass" in name.lower():
            yield (), value
    elif isinstance(value, list):
        yield from (((at,), one) for at, one in enumerate(value) if isinstance(one, str))
    elif isinstance(value, dict):
        by_place = name.lower().endswith("passwords")
        for key, one in value.items():
            if isinstance(one, str) and (key in ("value", "default") or by_place):
                yield (key,), one


def _arguments(items: list[Any], path: tuple[Key, ...]) -> Iterator[Named]:
    """``--password`` and what follows it."""
    for at, (first, second) in enumerate(pairwise(items)):
        if isinstance(first, str) and first.startswith("-") and isinstance(second, str):
            name = first.lstrip("-")
            if named_secret(name) and not second.startswith("-"):
                yield (*path, at + 1), name, second
