"""One ODCS property as a field of a Pydantic model: as an annotation and as source text."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import keyword
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Optional

from pydantic import AnyUrl, AwareDatetime, BaseModel, EmailStr, Field, NaiveDatetime

from lockgate.contract.markers import Labelled
from lockgate.contract.one_of import OneOf

BASES: Final[Mapping[str, tuple[Any, str]]] = {
    "str": (str, ""),
    "int": (int, ""),
    "float": (float, ""),
    "bool": (bool, ""),
    "bytes": (bytes, ""),
    "Decimal": (Decimal, "from decimal import Decimal"),
    "date": (dt.date, "from datetime import date"),
    "time": (dt.time, "from datetime import time"),
    "NaiveDatetime": (NaiveDatetime, "from pydantic import NaiveDatetime"),
    "AwareDatetime": (AwareDatetime, "from pydantic import AwareDatetime"),
    "EmailStr": (EmailStr, "from pydantic import EmailStr"),
    "AnyUrl": (AnyUrl, "from pydantic import AnyUrl"),
    "UUID": (uuid.UUID, "from uuid import UUID"),
    "IPv4Address": (ipaddress.IPv4Address, "from ipaddress import IPv4Address"),
    "IPv6Address": (ipaddress.IPv6Address, "from ipaddress import IPv6Address"),
}

_WORDS: Final = frozenset(
    ("datetime", "Annotated", "BaseModel", "ConfigDict", "Field", "Labelled", "Literal", "OneOf")
)


@dataclass(frozen=True, slots=True)
class PropertySpec:
    """What a property asks for. ``constraints`` are ``Field``'s own names."""

    name: str
    attribute: str
    base: str
    marker: Labelled
    required: bool
    constraints: tuple[tuple[str, Any], ...] = ()
    values: tuple[str, ...] | tuple[int, ...] = ()
    primary_key: bool = False
    unique: bool = False
    description: str = ""

    def annotation(self) -> Any:
        """The annotation of the field, marker included."""
        kind = BASES[self.base][0]
        details: list[Any] = [self.marker]
        if self.values and self.base == "str":
            kind = Literal[self.values]
        elif self.values:
            details.insert(0, OneOf(self.values))  # type: ignore[arg-type]  # whole numbers
        if self.constraints:
            details.insert(0, Field(**dict(self.constraints)))
        annotated = Annotated[(kind, *details)]  # type: ignore[valid-type]  # built at run time
        return annotated if self.required else Optional[annotated]  # noqa: UP045

    def field(self) -> Any:
        """The field's default, alias and description."""
        options = dict(self._options())
        return Field(**options) if self.required else Field(default=None, **options)

    def _options(self) -> list[tuple[str, Any]]:
        options: list[tuple[str, Any]] = []
        if self.attribute != self.name:
            options.append(("alias", self.name))
        if self.description:
            options.append(("description", self.description))
        return options

    def source(self) -> str:
        """The field as a line of a class body."""
        kind = self.base
        details = [repr(self.marker)]
        if self.values and self.base == "str":
            kind = f"Literal[{', '.join(_literal(value) for value in self.values)}]"
        elif self.values:
            details.insert(0, repr(OneOf(self.values)))  # type: ignore[arg-type]  # whole numbers
        if self.constraints:
            details.insert(0, f"Field({_arguments(self.constraints)})")
        annotated = f"Annotated[{', '.join((kind, *details))}]"
        options = self._options()
        if self.required:
            default = f" = Field({_arguments(options)})" if options else ""
            return f"{self.attribute}: {annotated}{default}"
        default = f"Field(default=None, {_arguments(options)})" if options else "None"
        return f"{self.attribute}: {annotated} | None = {default}"


def _arguments(items: Any) -> str:
    return ", ".join(f"{key}={_literal(value)}" for key, value in items)


def _literal(value: Any) -> str:
    if isinstance(value, dt.date | dt.time):
        kind = type(value).__name__
        return f"{kind}.fromisoformat({_literal(value.isoformat())})"
    if isinstance(value, Decimal):
        return f"Decimal({_literal(str(value))})"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def attribute_name(name: str, index: int) -> str:
    """A Python name for a column: its own if it can be one, else one by its place."""
    taken = keyword.iskeyword(name) or name.startswith(("_", "model_")) or hasattr(BaseModel, name)
    taken = taken or name in BASES or name in _WORDS
    if name.isidentifier() and name.isascii() and not taken:
        return name
    cleaned = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
    return f"column_{index}_{cleaned}".rstrip("_")
