"""Watching, and bending, what is asked of the native kernel on the data path."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from kernels import MODULE, named

READING = ("cut_csv", "measure_csv", "split_csv")
WRITING = ("render_csv", "render_jsonl")
Bend = Callable[[Any], Any]


def watched(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each native function of the data path was called since."""
    calls: Counter[str] = Counter()
    for name in (*READING, *WRITING):
        _replace(monkeypatch, name, lambda answer, name=name: calls.update([name]) or answer)
    return calls


def bend(monkeypatch: pytest.MonkeyPatch, name: str, change: Bend) -> None:
    """Let a native function give other answers than it found."""
    _replace(monkeypatch, name, change)


def _replace(monkeypatch: pytest.MonkeyPatch, name: str, change: Bend) -> None:
    named("native")
    module = importlib.import_module(MODULE)
    original = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given, **more: change(original(*given, **more)))


def other_line_ends(answer: Any) -> Any:
    """``cut_csv`` that does not see the first line end."""
    bounds, ends, consumed, line_ends, *rest = answer
    lines = pa.array(bounds if line_ends is None else line_ends)
    return bounds, ends, consumed, lines.slice(2 if line_ends is None else 1), *rest


def other_rows(answer: Any) -> Any:
    """``split_csv`` that takes every row to begin a byte later."""
    columns, ragged, bounds, lines = answer
    return columns, ragged, pa.array([place + 1 for place in pa.array(bounds).to_pylist()]), lines


def other_split_lines(answer: Any) -> Any:
    """``split_csv`` that does not see the first line end."""
    columns, ragged, bounds, lines = answer
    return columns, ragged, bounds, pa.array(bounds if lines is None else lines).slice(1)


def other_count(answer: Any) -> Any:
    """``measure_csv`` that counts a line end less."""
    consumed, rows, blank, lines, in_quotes = answer
    return consumed, rows, blank, lines - 1, in_quotes


def other_quotes(answer: Any) -> Any:
    """``split_csv`` that takes every empty cell for null."""
    columns = pa.record_batch(answer[0])
    texts = [pa.array([text or None for text in t.to_pylist()], t.type) for t in columns.columns]
    return pa.RecordBatch.from_arrays(texts, schema=columns.schema), *answer[1:]


def other_ragged(answer: Any) -> Any:
    """``split_csv`` that finds the row before a ragged one ragged."""
    columns, ragged, *places = answer
    rows = pa.array(ragged)
    return columns, pa.array([row - 1 for row in rows.to_pylist()], rows.type), *places


def other_bytes(answer: Any) -> Any:
    """``render_csv`` or ``render_jsonl`` with one letter in another case."""
    made = bytearray(pa.array(answer).to_numpy())
    at = next(i for i, byte in enumerate(made) if chr(byte).isalpha())
    made[at] ^= 0x20
    return pa.array(list(made), pa.uint8())
