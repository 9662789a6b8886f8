"""The whole of every column that a proposal, made from a sample, would leave in clear."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import chain

import pyarrow as pa
import pyarrow.json as pa_json

from lockgate.contract.batches import RawBatch
from lockgate.contract.model import Mode
from lockgate.errors import PlanRefused
from lockgate.labels.leaks import count_leaks
from lockgate.run.digests import UNKEPT
from lockgate.run.ports import InputFile, Source


def refuse_leaks(trusted: Sequence[str], source: Source) -> Sequence[InputFile] | None:
    """Read the ``trusted`` columns of every row; nothing to do, and None, if there are none.

    Returns what was looked at, frozen under ``UNKEPT``: only these bytes were found harmless.
    Raises PlanRefused with column and count if values look like e-mail addresses, telephone, card
    or social security numbers or keys, and what reading raises.
    """
    if not trusted:
        return None
    found: Counter[str] = Counter()
    seen = source.freeze(UNKEPT)
    for raw in chain.from_iterable(piece.batches() for piece in source.pieces()):
        for name, values in _columns(raw, trusted).items():
            found[name] += count_leaks(values)
    for name, count in found.items():
        if count:
            raise PlanRefused(
                f"column {name} was taken for harmless, but {count:,} of its values look like "
                "e-mail addresses, telephone, card or social security numbers or keys",
                hint=f"say what it is: --label {name}=confidential, or {name}=public to insist",
            )
    return seen


def _columns(raw: RawBatch, trusted: Sequence[str]) -> dict[str, pa.Array]:
    if raw.mode is not Mode.JSON:
        return {name: raw.rows.column(name) for name in trusted}
    lines = raw.rows.column("line").to_pylist()
    data = "\n".join(lines).encode()
    try:
        options = pa_json.ReadOptions(block_size=len(data) + 1)
        table = pa_json.read_json(pa.BufferReader(data), options)
    except pa.ArrowException:  # mixed types, say: one line at a time then
        return _one_by_one(lines, trusted)
    known = [name for name in trusted if name in table.column_names]
    return {name: table.column(name).combine_chunks() for name in known}


def _one_by_one(lines: Sequence[str], trusted: Sequence[str]) -> dict[str, pa.Array]:
    values: dict[str, list[str]] = {name: [] for name in trusted}
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the run will reject it
        if isinstance(row, dict):
            for name in trusted:
                values[name].append(str(row.get(name, "")))
    return {name: pa.array(texts, pa.string()) for name, texts in values.items()}
