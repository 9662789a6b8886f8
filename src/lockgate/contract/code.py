"""The frozen Pydantic model that an ODCS contract compiles to, as Python source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lockgate.contract.from_odcs import class_name
from lockgate.contract.model import Contract
from lockgate.contract.odcs.property_spec import BASES, PropertySpec
from lockgate.errors import ContractError

_WIDTH = 100
_CONFIG = 'model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())'


def model_code(contract: Contract) -> str:
    """Source of a module with the contract's model, markers included.

    Executing it gives a model of the same core schema, so of the same verdicts.
    Raises ContractError for a contract that was written as a Pydantic model.
    """
    specs: Sequence[PropertySpec] | None = contract.extras.get("properties")
    if specs is None:
        raise ContractError(
            f"contract {contract.name} is a Pydantic model already",
            hint="its code is the class that the project names",
        )
    name = class_name(contract.name)
    title = f"Model of contract {contract.id}, version {contract.version}."
    lines = [_docstring(title), ""]
    lines += _imports(specs)
    lines += ["", "", f"class {name}(BaseModel):"]
    lines += [f"    {_docstring(contract.description or title)}", ""]
    lines += [
        '    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())',
        "",
    ]
    lines += [line for spec in specs for line in _field(spec)]
    return "\n".join(lines) + "\n"


def _docstring(text: str) -> str:
    """A docstring that no text can end early."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"""{escaped}"""'


def _imports(specs: Sequence[PropertySpec]) -> Iterator[str]:
    wanted = {"from typing import Annotated", "from pydantic import BaseModel"}
    wanted.add("from pydantic import ConfigDict")
    wanted.add("from lockgate.contract.markers import Labelled")
    for spec in specs:
        line = spec.source()
        wanted.add(BASES[spec.base][1])
        for word, statement in _WORDS:
            if word in line:
                wanted.add(statement)
    yield from _grouped(wanted - {""})


_WORDS = (
    ("Field(", "from pydantic import Field"),
    ("Literal[", "from typing import Literal"),
    ("OneOf(", "from lockgate.contract.one_of import OneOf"),
    ("Decimal(", "from decimal import Decimal"),
    ("datetime.fromisoformat(", "from datetime import datetime"),
    (" date.fromisoformat(", "from datetime import date"),
    ("=date.fromisoformat(", "from datetime import date"),
    ("=time.fromisoformat(", "from datetime import time"),
)


def _grouped(statements: Iterable[str]) -> Iterator[str]:
    """Import statements, one a module, the standard library first."""
    modules: dict[str, list[str]] = {}
    for statement in statements:
        _, module, _, name = statement.split(" ")
        modules.setdefault(module, []).append(name)
    rank = {"pydantic": 1, "lockgate": 2}
    last = 0
    for module in sorted(modules, key=lambda item: (rank.get(item.split(".")[0], 0), item)):
        place = rank.get(module.split(".", maxsplit=1)[0], 0)
        if place != last:
            yield ""
            last = place
        yield f"from {module} import {', '.join(sorted(modules[module]))}"


def _field(spec: PropertySpec) -> Iterator[str]:
    """A field's line, or its parts on lines of their own if it is long."""
    source = f"    {spec.source()}"
    if len(source) <= _WIDTH:
        yield source
        return
    head, _, rest = source.partition("Annotated[")
    parts, tail = _split(rest)
    yield f"{head}Annotated["
    yield from (f"        {part}," for part in parts)
    yield f"    ]{tail}"


def _split(text: str) -> tuple[list[str], str]:
    """The arguments up to the bracket that closes, and what follows it."""
    parts: list[str] = []
    depth, start, quote, at = 0, 0, "", 0
    while at < len(text):
        character = text[at]
        if quote:
            if character == "\\":
                at += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}" and depth:
            depth -= 1
        elif character == "]":
            break
        elif character == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
        at += 1
    parts.append(text[start:at].strip())
    return parts, text[at + 1 :]
