"""Reading the vectors that stand beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

FOLDER = Path(__file__).resolve().parent
_FLOATS = {"float16": pa.float16(), "float32": pa.float32(), "float64": pa.float64()}
_PLAIN = {
    "bool": pa.bool_(),
    "utf8": pa.string(),
    "binary": pa.binary(),
    "date32": pa.date32(),
    "date64": pa.date64(),
}
_DECIMALS = {
    "decimal32": pa.decimal32,
    "decimal64": pa.decimal64,
    "decimal128": pa.decimal128,
    "decimal256": pa.decimal256,
}
_TIMES = {"time32": pa.time32, "time64": pa.time64}


def load(name: str) -> dict[str, Any]:
    """One vector file."""
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return document


def named_type(name: str) -> pa.DataType:
    """The Arrow type a vector names."""
    if name in _PLAIN:
        return _PLAIN[name]
    word, _, inside = name.partition("[" if "[" in name else "(")
    given = [item.strip() for item in inside.rstrip("])").split(",") if item]
    if word in _DECIMALS:
        return _DECIMALS[word](int(given[0]), int(given[1]))
    if word == "timestamp":
        return pa.timestamp(given[0], given[1] if len(given) > 1 else None)
    if word in _TIMES:
        return _TIMES[word](given[0])
    if word == "fixed_size_binary":
        return pa.binary(int(given[0]))
    return _FLOATS.get(name) or getattr(pa, name)()


def stored(name: str, value: Any) -> pa.Array:
    """One value as the vector stores it: see `about` in canonical_v1.json."""
    kind = named_type(name)
    if pa.types.is_floating(kind):
        raw = bytes.fromhex(value)[::-1]
        return pa.Array.from_buffers(kind, 1, [None, pa.py_buffer(raw)])
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([bytes.fromhex(value)], kind)
    if pa.types.is_decimal(kind):
        return pa.array([value]).cast(kind)
    if pa.types.is_temporal(kind):
        whole = pa.int32() if kind.bit_width == 32 else pa.int64()
        return pa.array([value], whole).view(kind)
    return pa.array([value], kind)


def expected(canonical: str) -> bytes:
    """The canonical bytes a vector gives."""
    if canonical.startswith("hex:"):
        return bytes.fromhex(canonical.removeprefix("hex:"))
    return canonical.encode()
