"""What a dataset must look like, frozen: the one form that ODCS and Pydantic compile to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from pydantic import BaseModel

from lockgate.errors import Position
from lockgate.labels.label import NOTHING, LabelSet


class Mode(StrEnum):
    """Which Pydantic validation mode a source's values are judged in."""

    STRINGS = "strings"
    JSON = "json"
    PYTHON = "python"


class Exactness(StrEnum):
    """How much of a column's rule the columnar judge decides by itself."""

    EXACT = "exact"
    ACCEPT_ONLY = "accept-only"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its immutable id, what its values must be, and how sensitive they are.

    ``arrow_type`` is the type of accepted values after coercion. ``rules`` are
    sentences for people. ``domain`` overrides the label's default key domain. ``influence`` are
    labels of what decided which of its rows and values there are, before it was written.
    ``never_null``: no accepted value is null, which is more than not ``nullable``.
    """

    id: str
    name: str
    arrow_type: pa.DataType
    labels: LabelSet
    required: bool
    nullable: bool
    subject: bool = False
    primary_key: bool = False
    unique: bool = False
    domain: str = ""
    description: str = ""
    rules: tuple[str, ...] = ()
    where: Position | None = None
    influence: LabelSet = NOTHING
    never_null: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """A dataset's contract. ``model`` is the Pydantic model whose verdict every row gets.

    ``digest`` is the SHA-256 of the contract's canonical description, hex.
    """

    id: str
    name: str
    version: str
    columns: tuple[Column, ...]
    model: type[BaseModel]
    max_rejected: float = 0.05
    description: str = ""
    digest: str = ""
    where: Position | None = None
    extras: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of accepted rows."""
        return pa.schema([pa.field(c.name, c.arrow_type) for c in self.columns])

    @property
    def subject(self) -> Column | None:
        """The column that says whose row it is, if one does."""
        return next((column for column in self.columns if column.subject), None)
