"""Known lines that the native kernel has to write before it is asked: no cell may get out of hand.

Part of the self-test of ``kernel.choice``.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa

_COLUMNS = [
    pa.array(["a", 'say "x"', None, "=1", "-1.5", "\t,@\x1f"]),
    pa.array([1, -2, None, 4, 5, 6]),
    pa.array([True, False, None, True, True, True]),
    pa.array([Decimal("0.05"), Decimal("-1.50"), None, *[Decimal(0)] * 3], pa.decimal128(9, 2)),
    pa.array([dt.date(2024, 2, 29), dt.date(1969, 12, 31), None, *[dt.date(1, 1, 1)] * 3]),
    pa.array([-1, 0, None, 1, 2, 3], pa.timestamp("us", "UTC")),
    pa.array([b"\xfb\xff", b"", None, b"a", b"ab", b"abc"]),
    pa.array(["1e-05", None, "2.0", "3.0", "4.0", "5.0"]),
]
_BARE = [False] * 7 + [True]
_KEYS = ['"a"', '"b"', '"c"', '"d"', '"e"', '"f"', '"g"', '"h"']

_CSV = (
    '"a",1,true,"0.05","2024-02-29","1969-12-31T23:59:59.999999Z","\'-_8",1e-05\n'
    '"say ""x""",-2,false,"-1.50","1969-12-31","1970-01-01T00:00:00.000000Z","",\n'
    ",,,,,,,2.0\n"
    '"\'=1",4,true,"0.00","0001-01-01","1970-01-01T00:00:00.000001Z","YQ",3.0\n'
    '"-1.5",5,true,"0.00","0001-01-01","1970-01-01T00:00:00.000002Z","YWI",4.0\n'
    '"\'\t,\'@\x1f",6,true,"0.00","0001-01-01","1970-01-01T00:00:00.000003Z","YWJj",5.0\n'
)
_JSONL = (
    '{"a":"a","b":1,"c":true,"d":"0.05","e":"2024-02-29","f":"1969-12-31T23:59:59.999999Z",'
    '"g":"-_8","h":1e-05}\n'
    '{"a":"say \\"x\\"","b":-2,"c":false,"d":"-1.50","e":"1969-12-31",'
    '"f":"1970-01-01T00:00:00.000000Z","g":"","h":null}\n'
    '{"a":null,"b":null,"c":null,"d":null,"e":null,"f":null,"g":null,"h":2.0}\n'
    '{"a":"=1","b":4,"c":true,"d":"0.00","e":"0001-01-01","f":"1970-01-01T00:00:00.000001Z",'
    '"g":"YQ","h":3.0}\n'
    '{"a":"-1.5","b":5,"c":true,"d":"0.00","e":"0001-01-01","f":"1970-01-01T00:00:00.000002Z",'
    '"g":"YWI","h":4.0}\n'
    '{"a":"\\t,@\\u001f","b":6,"c":true,"d":"0.00","e":"0001-01-01",'
    '"f":"1970-01-01T00:00:00.000003Z","g":"YWJj","h":5.0}\n'
)


def failing_rendering(module: Any) -> str | None:
    """The first format whose lines are other than known; None if both are right."""
    for name, expected, arguments in (
        ("csv", _CSV, (_COLUMNS, _BARE)),
        ("jsonl", _JSONL, (_KEYS, _COLUMNS, _BARE)),
    ):
        right = False
        try:
            made = getattr(module, f"render_{name}")(*arguments)
            right = bytes(memoryview(pa.array(made).buffers()[1])) == expected.encode()
        except (AttributeError, TypeError, ValueError, pa.ArrowException, module.Fault):
            right = False
        if not right:
            return name
    return None
