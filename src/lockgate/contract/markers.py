"""The marker that puts labels on a field of a Pydantic model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from lockgate.errors import ContractError
from lockgate.labels.label import LabelSet, join_all

CONTRACT_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")
CONTRACT_ID_HINT = 'letters of ASCII, digits, "_", "." and "-", at most 100 characters'
COLUMN_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True, init=False)
class Labelled:
    """Labels of one column: ``email: Annotated[EmailStr, Labelled("pii.email")]``.

    ``subject`` says that the column names whose row it is, ``domain`` overrides the
    label's key domain, ``id`` is the column's immutable id (default: its name), ``influence`` the
    labels of columns that decided which of its rows and values there are.
    ``Labelled("public")`` declares that nothing sensitive is here; a field without
    any marker is unclassified. Raises LabelError for a malformed label.
    """

    labels: LabelSet
    subject: bool
    domain: str
    id: str
    influence: LabelSet

    def __init__(
        self,
        *labels: str,
        subject: bool = False,
        domain: str = "",
        id: str = "",
        influence: Iterable[str] = (),
    ) -> None:
        object.__setattr__(self, "labels", LabelSet.of(*(labels or ("unclassified",))))
        object.__setattr__(self, "subject", subject)
        object.__setattr__(self, "domain", domain)
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "influence", LabelSet.of(*influence))

    def __repr__(self) -> str:
        parts = [_quoted(text) for text in self.labels.texts()]
        parts += [f"{name}={_quoted(value)}" for name, value in self._set_options()]
        return f"Labelled({', '.join(parts)})"

    def _set_options(self) -> Iterator[tuple[str, object]]:
        for name, value in (("subject", self.subject), ("domain", self.domain), ("id", self.id)):
            if value:
                yield name, value
        if not self.influence.public:
            yield "influence", list(self.influence.texts())


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def find_markers(annotation: Any) -> Iterator[Labelled]:
    """Every marker in an annotation, however deep (inside Optional, Annotated, aliases)."""
    value = getattr(annotation, "__value__", None)
    if value is not None and type(annotation).__name__ == "TypeAliasType":
        yield from find_markers(value)
        return
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        yield from find_markers(inner)
        yield from (item for item in metadata if isinstance(item, Labelled))
        return
    for argument in get_args(annotation):
        yield from find_markers(argument)


def merge(markers: Iterator[Labelled]) -> Labelled:
    """One marker out of those on a field: labels join, options must not contradict.

    Raises ContractError if two markers name different domains or ids.
    """
    found = list(markers)
    if not found:
        return Labelled("unclassified")
    labels = found[0].labels
    for marker in found[1:]:
        labels = labels.join(marker.labels)
    domains = {marker.domain for marker in found if marker.domain}
    ids = {marker.id for marker in found if marker.id}
    if len(domains) > 1 or len(ids) > 1:
        raise ContractError("a field's markers name different domains or ids")
    return Labelled(
        *labels.texts(),
        subject=any(marker.subject for marker in found),
        domain=next(iter(domains), ""),
        id=next(iter(ids), ""),
        influence=join_all(marker.influence for marker in found).texts(),
    )
