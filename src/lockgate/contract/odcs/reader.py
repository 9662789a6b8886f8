"""Reading a parsed document: every problem with its position, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from lockgate.errors import ContractError, Position, Problem
from lockgate.plain_names import is_plain_name

Path = tuple[str | int, ...]
Locate = Callable[[Path], Position | None]
T = TypeVar("T")

_WORDS = {str: "text", bool: "true or false", int: "a whole number", list: "a list"}


@dataclass(slots=True)
class Reader:
    """Takes typed values out of a document and remembers what is wrong."""

    locate: Locate
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Path, message: str, hint: str = "", where: Path | None = None) -> None:
        """Remember a problem at a path; ``where`` it is, if the path may not be said as it is."""
        place = ".".join(str(part) for part in path)
        self.problems.append(
            Problem(ContractError.code, f"{place}: {message}", self._position(where or path), hint)
        )

    def _position(self, path: Path) -> Position | None:
        for length in range(len(path), -1, -1):
            found = self.locate(path[:length])
            if found is not None:
                return found
        return None

    def keys(self, node: Mapping[str, Any], allowed: Iterable[str], path: Path) -> None:
        """Every key must be a known one of the standard."""
        known = frozenset(allowed)
        for key in node:
            if key not in known:
                hint = f"known here: {', '.join(sorted(known))}" if len(known) < 30 else ""
                said = str(key) if is_plain_name(str(key)) else "(not shown)"
                self.problem((*path, said), "unknown key", hint, (*path, str(key)))

    def mapping(self, value: Any, path: Path) -> Mapping[str, Any]:
        """A mapping, or a problem and an empty one."""
        if isinstance(value, Mapping):
            return value
        self.problem(path, "must be a mapping")
        return {}

    def items(self, node: Mapping[str, Any], key: str, path: Path) -> list[tuple[Any, Path]]:
        """The items of an optional list, each with its path."""
        value = node.get(key)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            self.problem((*path, key), "must be a list")
            return []
        return [(item, (*path, key, index)) for index, item in enumerate(value)]

    def get(self, node: Mapping[str, Any], key: str, kind: type[T], default: T, path: Path) -> T:
        """A value of one kind, or the default. A bool is not a whole number."""
        value = node.get(key)
        if value is None:
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.problem((*path, key), f"must be {_WORDS.get(kind, kind.__name__)}")
            return default
        return value

    def text(self, node: Mapping[str, Any], key: str, path: Path) -> str:
        """A required text that is not empty."""
        value = self.get(node, key, str, "", path)
        if not value and not (key in node and not isinstance(node[key], str)):
            self.problem((*path, key), "is needed")
        return value

    def custom(
        self, node: Mapping[str, Any], path: Path, known: frozenset[str]
    ) -> dict[str, tuple[Any, Path]]:
        """The ``lockgate.*`` custom properties of a node; other vendors' are not ours."""
        found: dict[str, tuple[Any, Path]] = {}
        for item, place in self.items(node, "customProperties", path):
            entry = self.mapping(item, place)
            self.keys(entry, ("id", "property", "value", "description", "vendor"), place)
            name = self.text(entry, "property", place)
            if not name.startswith("lockgate."):
                continue
            if name not in known:
                hint = f"known here: {', '.join(sorted(known))}"
                said = name if is_plain_name(name.partition(".")[2]) else "lockgate.(not shown)"
                self.problem((*place, "property"), f"unknown property {said}", hint)
            elif name in found:
                self.problem((*place, "property"), f"{name} stands here twice")
            else:
                found[name] = (entry.get("value"), (*place, "value"))
        return found
