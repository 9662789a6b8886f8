"""What a look at rejected rows would show: how many values, of which labels.

A value has the labels that its column had when it was sealed and those that it has now: neither
taking a column out of the contract nor labelling it anew shows it to more people. What the contract
never said of is unclassified: a column of no contract, a line that could not be split, and all
columns of rows that were sealed before they told their labels.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from lockgate.contract.model import Mode
from lockgate.errors import IntegrityError, LabelError
from lockgate.labels.label import LabelSet, join_all
from lockgate.run.quarantine import LABELS
from lockgate.run.rejected import RejectedRows

_UNKNOWN = LabelSet(unclassified=True)


@dataclass(frozen=True, slots=True)
class RejectedValues:
    """So many rows, and the values in them that are not null, by labels."""

    rows: int
    parts: tuple[tuple[LabelSet, int], ...]

    @property
    def labels(self) -> LabelSet:
        """Of all parts together, also of those without a value."""
        return join_all(labels for labels, _ in self.parts)


def values_shown(
    rejected: Iterable[RejectedRows], now: Mapping[str, LabelSet], limit: int | None
) -> RejectedValues:
    """Count the first ``limit`` rows; ``now`` are the labels of columns in the present contract.

    A line that could not be split counts as a value of every column, and an unclassified one.
    Raises IntegrityError.
    """
    counts = Counter(dict.fromkeys(now.values(), 0))  # asked for, whatever there is to show
    rows = 0
    for one in rejected:
        table = one.table if limit is None else one.table.slice(0, limit - rows)
        rows += table.num_rows
        counts.update(_of_batch(table, now))
        if rows == limit:
            break
    parts = sorted(counts.items(), key=lambda part: part[0].texts())
    return RejectedValues(rows, tuple(parts))


def _of_batch(table: pa.RecordBatch, now: Mapping[str, LabelSet]) -> Counter[LabelSet]:
    told = table.schema.metadata or {}
    sealed = _sealed_labels(told)
    json_lines = told.get(b"mode") == Mode.JSON.value.encode()
    read, whole = (_of_json if json_lines else _of_columns)(table.column("values"))
    whole += table.num_rows - table.column("raw").null_count
    counts: Counter[LabelSet] = Counter()
    columns = set(now if sealed is None else sealed)
    for name in {*read, *columns}:
        counts[_labels_of(name, sealed, now)] += read[name] + (whole if name in columns else 0)
    if whole:
        counts[_UNKNOWN] += whole
    return counts


def _of_columns(values: pa.StructArray) -> tuple[Counter[str], int]:
    """How many values each column has, and how many rows are nothing but a whole line."""
    columns = zip(values.type, values.flatten(), strict=True)
    return Counter({field.name: len(v) - v.null_count for field, v in columns}), 0


def _of_json(values: pa.StructArray) -> tuple[Counter[str], int]:
    """The same of objects as they were read: their names, be they columns of a contract or not."""
    found: Counter[str] = Counter()
    whole = 0
    for text in values.field("line").to_pylist():  # rejected rows only: few by max_rejected
        if text is None:
            continue
        pairs = _pairs(text)
        if pairs is None:
            whole += 1
            continue
        for name, value in pairs:
            found[name] += value is not None
    return found, whole


def _pairs(text: str) -> tuple[tuple[str, object], ...] | None:
    """The names and values of an object, each as often as it stands there; None if it is none."""
    try:
        read = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, tuple) else None


def _labels_of(
    name: str, sealed: Mapping[str, LabelSet] | None, now: Mapping[str, LabelSet]
) -> LabelSet:
    present = now.get(name)
    if sealed is None:
        return _UNKNOWN if present is None else present.join(_UNKNOWN)
    told = [labels for labels in (sealed.get(name), present) if labels is not None]
    return join_all(told) if told else _UNKNOWN


def _sealed_labels(told: Mapping[bytes, bytes] | None) -> dict[str, LabelSet] | None:
    """The labels that rows were sealed with; None of rows from before they told them."""
    text = (told or {}).get(LABELS)
    if text is None:
        return None
    try:
        return {name: LabelSet.of(*texts) for name, texts in json.loads(text).items()}
    except (ValueError, AttributeError, TypeError, LabelError):
        raise IntegrityError("the labels of rejected rows cannot be read") from None
