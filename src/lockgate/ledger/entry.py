"""A ledger entry: the event, its index, and the bytes that are hashed.

A leaf is canonical JSON: ``{"event": {...}, "format": 1, "index": 7}``. The index
stands inside the leaf, so an entry that was moved gives itself away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from lockgate.ledger.canonical_json import canonical_json
from lockgate.ledger.event import Event

FORMAT = 1


class _Leaf(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    index: int
    event: Event


@dataclass(frozen=True, slots=True)
class Entry:
    """One remembered event, where it stands, and its RFC 6962 leaf hash (32 bytes)."""

    index: int
    event: Event
    hash: bytes


@cache
def _leaves() -> TypeAdapter[_Leaf]:
    return TypeAdapter(_Leaf)


def encode_leaf(index: int, event: Event) -> bytes:
    """The bytes that are hashed. Raises ValueError for what canonical JSON cannot hold."""
    content = {"event": event.model_dump(mode="json"), "format": FORMAT, "index": index}
    return canonical_json(content)


def decode_leaf(leaf: bytes) -> tuple[int, Event] | None:
    """Index and event of a leaf; None if it is not of a format and kind this version knows."""
    try:
        decoded = _leaves().validate_json(leaf)
    except ValidationError:
        return None
    return decoded.index, decoded.event
