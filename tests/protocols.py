"""Every Protocol of the package and the classes that keep it, found by looking."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any, NamedTuple

import lockgate

_NOT_OURS_TO_IMPORT = (
    "lockgate.__main__",
    "lockgate.testing",
    "lockgate.adapters.state_stores.sql.migrations",
)
# The library's own edge, which is what is tested, is called too.
_EDGE = "lockgate.assemble.library.LibraryGate"


class Fault(NamedTuple):
    """A method of a class that keeps a Protocol, which is made to fail."""

    protocol: str
    kind: type
    method: str

    def __str__(self) -> str:
        return (
            f"{self.kind.__module__.removeprefix('lockgate.')}.{self.kind.__name__}.{self.method}"
        )


def classes() -> list[type]:
    """Every class that the package defines."""
    found: dict[type, None] = {}
    for module in pkgutil.walk_packages(lockgate.__path__, "lockgate."):
        if not module.name.startswith(_NOT_OURS_TO_IMPORT):
            for member in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(member) and member.__module__ == module.name:
                    found[member] = None
    return list(found)


def protocols() -> dict[str, type]:
    """Protocols by module and name."""
    return {
        f"{kind.__module__.removeprefix('lockgate.')}.{kind.__name__}": kind
        for kind in classes()
        if getattr(kind, "_is_protocol", False)
    }


def methods(protocol: type) -> list[str]:
    """What a Protocol asks for: methods, properties, being called."""
    return [
        name
        for base in reversed(protocol.__mro__)
        if getattr(base, "_is_protocol", False) and base.__module__.startswith("lockgate")
        for name, member in vars(base).items()
        if (not name.startswith("_") or name == "__call__")
        and (inspect.isfunction(member) or isinstance(member, property))
        and name != "_is_protocol"
    ]


def faults() -> list[Fault]:
    """Every method of every class that has all that some Protocol asks for."""
    real = [
        kind
        for kind in classes()
        if not getattr(kind, "_is_protocol", False)
        and f"{kind.__module__}.{kind.__name__}" != _EDGE
    ]
    found: dict[tuple[type, str], Fault] = {}
    for name, protocol in protocols().items():
        asked = methods(protocol)
        for kind in real:
            if any(_has(kind, method) for method in asked) and all(
                _has(kind, method) or isinstance(vars(protocol).get(method), property)
                for method in asked
            ):
                for method in asked:
                    if _failable(kind, method):
                        found.setdefault((kind, method), Fault(name, kind, method))
    return list(found.values())


def _has(kind: type, method: str) -> bool:
    return any(method in vars(base) for base in kind.__mro__[:-1]) or method in getattr(
        kind, "__annotations__", {}
    )


def _failable(kind: type, method: str) -> bool:
    member: Any = inspect.getattr_static(kind, method, None)
    return inspect.isfunction(member) or isinstance(member, property)
