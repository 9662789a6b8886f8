"""The contract beside released files: which columns hold ciphertexts, and their key numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from lockgate.errors import IntegrityError, LabelError, Position
from lockgate.labels.label import LabelSet, State, StateKind
from lockgate.protect.treatment import Place
from lockgate.run.rewrap_ports import FrameColumn

TREATMENT = "encrypt"
_KEY = "lockgate.key_number"
_LABEL = "lockgate.label"


@dataclass(frozen=True, slots=True)
class Described:
    """A column as the contract describes it: its custom properties, by name."""

    name: str
    logical: str
    custom: Mapping[str, Any]

    @property
    def json_type(self) -> pa.DataType:
        """What it is in JSON Lines, if records are made of it."""
        return pa.int64() if self.logical == "integer" else pa.string()

    @property
    def key_number(self) -> int:
        """The key that its values were made under; 0 if none."""
        number = self.custom.get(_KEY, 0)
        return number if isinstance(number, int) else 0

    @property
    def encrypted(self) -> bool:
        """Whether its values, or an index beside them, came of ``encrypt`` here."""
        return self.custom.get("lockgate.treatment") == TREATMENT

    @property
    def carried(self) -> bool:
        """Whether it passes on ciphertexts that were made for another dataset."""
        treated = "lockgate.treatment" in self.custom
        return not treated and any(state.kind is StateKind.ENCRYPTED for state in self.states)

    @property
    def states(self) -> tuple[State, ...]:
        """The states among its labels."""
        labels = self.custom.get(_LABEL, [])
        texts = labels if isinstance(labels, list) else [labels]
        return tuple(mark for mark in LabelSet.of(*texts) if isinstance(mark, State))

    def frames(self) -> FrameColumn:
        """Where its ciphertexts belong; nowhere that is known, if they are carried."""
        if self.carried:
            return FrameColumn(self.name, None)
        place = Place(self.custom["lockgate.source_contract"], self.custom["lockgate.id"])
        record = self.custom.get("lockgate.record", [])
        if not isinstance(record, list):
            raise TypeError
        return FrameColumn(self.name, place, tuple(map(str, record)))


def described(document: Any, shown: str) -> tuple[Described, ...]:
    """The columns of an output contract, in order. Raises IntegrityError if it is none."""
    try:
        found = tuple(_described(document))
        for column in found:
            states, frames = column.states, column.frames() if column.encrypted else None
            if frames is not None and set(frames.record) - {each.name for each in found}:
                raise KeyError
            del states
        return found
    except (KeyError, IndexError, TypeError, LabelError):
        pass
    raise IntegrityError("the output contract was changed", where=Position(shown))


def _described(document: Any) -> Iterator[Described]:
    for item in document["schema"][0]["properties"]:
        pairs = {p["property"]: p["value"] for p in item.get("customProperties", [])}
        yield Described(str(item["name"]), str(item.get("logicalType", "")), pairs)


def renumbered(document: Any, numbers: Mapping[str, int]) -> Any:
    """The contract with other key numbers for these columns, in their states too."""
    changed = deepcopy(document)
    for item in changed["schema"][0]["properties"]:
        if item["name"] not in numbers:
            continue
        number = numbers[item["name"]]
        for pair in item["customProperties"]:
            if pair["property"] == _KEY:
                pair["value"] = number
            elif pair["property"] == _LABEL:
                pair["value"] = _labels(pair["value"], number)
    return changed


def _labels(value: Any, number: int) -> Any:
    if isinstance(value, list):
        return [_labels(each, number) for each in value]
    for mark in LabelSet.of(value):
        if isinstance(mark, State) and mark.kind is StateKind.ENCRYPTED:
            return str(replace(mark, key_number=number))
    return value
