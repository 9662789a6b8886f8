"""Known rows and cells that the native reader of CSV has to find: it must not move a value.

Part of the self-test of ``kernel.choice``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

# A quote that doubles, one that is text, one around a line end, one that was closed before; two
# rows longer than what is looked at at once; a row too short, one too long, and one not finished.
_TEXT = b"".join(
    (
        b'a,"b ""c"""\n5" pipe,"d\ne"\n,""\r\n"f"g"h",\n',
        b'"' + b"i," * 40 + b'",' + b"j" * 70 + b"\n",
        b"k\n1,2,3\n",
        'é,"ü'.encode(),
    )
)
_STARTS = [0, 12, 26, 31, 40, 194, 196]
_ENDS = [11, 25, 29, 39, 193, 195, 201]
_LINES = [12, 23, 26, 31, 40, 194, 196, 202]
_LEFT = ["a", '5" pipe', None, 'fg"h"', "i," * 40]
_RIGHT = ['b "c"', "d\ne", "", None, "j" * 70]


def failing_reader(module: Any) -> str | None:
    """What the native module gives a wrong answer for; None if all are right."""
    checks: dict[str, Callable[[Any], bool]] = {
        "cut": _cuts,
        "measure": _measures,
        "split": _splits,
        "split unsound rows": _leaves_unsound,
    }
    for name, is_right in checks.items():
        right = False
        try:
            right = is_right(module)
        except (AttributeError, TypeError, ValueError, module.Fault):
            right = False
        if not right:
            return name
    return None


def _cuts(module: Any) -> bool:
    bounds, ends, consumed, line_ends, in_quotes, is_ascii, nul = module.cut_csv(_TEXT, 0x2C, False)
    return bool(
        pa.array(bounds).to_pylist() == [*_STARTS, _LINES[-1]]
        and pa.array(ends).to_pylist() == _ENDS
        and pa.array(line_ends).to_pylist() == _LINES
        and (consumed, in_quotes, is_ascii, nul) == (_LINES[-1], True, False, False)
    )


def _measures(module: Any) -> bool:
    blank = module.measure_csv(b"\r\na\n\n", 0x2C, False)
    whole = module.measure_csv(_TEXT, 0x2C, False)
    return bool(
        whole == (_LINES[-1], len(_STARTS), 0, len(_LINES), True) and blank == (5, 3, 2, 3, False)
    )


def _splits(module: Any) -> bool:
    columns, ragged, bounds, line_ends = _split(module, _TEXT, _LINES[-1], 200)
    found = [column.to_pylist() for column in pa.record_batch(columns).columns]
    return bool(
        found == [_RIGHT, _LEFT]
        and pa.array(ragged).to_pylist() == [5, 6]
        and pa.array(bounds).to_pylist()[: len(_STARTS)] == _STARTS
        and pa.array(line_ends).to_pylist() == _LINES
    )


def _leaves_unsound(module: Any) -> bool:
    texts = (b"a,b\na,\0\n", b"a,b\na,\xff\n", b"a,b\n" + b"c" * 200 + b",\n")
    return all(_split(module, text, len(text), 200) is None for text in texts)


def _split(module: Any, text: bytes, end: int, most: int) -> Any:
    schema = pa.schema([("b", pa.string()), ("a", pa.string())])
    return module.split_csv(text, end, 0x2C, 2, [1, 0], most, schema)
