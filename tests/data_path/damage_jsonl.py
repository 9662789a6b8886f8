"""Damaged JSON Lines files, each named after its damage."""

from __future__ import annotations


def _line(number: int, end: bytes = b"\n") -> bytes:
    return b'{"number": %d, "name": "Ada Berg", "note": null}%s' % (number, end)


def _good(first: int, count: int) -> bytes:
    return b"".join(_line(number) for number in range(first, first + count))


_DEEP = b'{"number": @, "name": "Bo", "note": ' + b"[" * 40 + b"]" * 40 + b"}\n"
BETWEEN: dict[str, bytes] = {
    "torn_line": b'{"number": @, "name": "B\n',
    "two_objects_on_a_line": b'{"number": @, "name": "Bo"} {"number": @7, "name": "Cy"}\n',
    "trailing_comma": b'{"number": @, "name": "Bo",}\n',
    "single_quotes": b"{'number': @, 'name': 'Bo'}\n",
    "array_on_a_line": b'[@, "Bo", "x"]\n',
    "bare_value": b"@\n",
    "blank_lines": b"\n\r\n\n",
    "line_of_spaces": b"   \n",
    "crlf": b'{"number": @, "name": "Bo"}\r\n',
    "lone_cr_between_objects": b'{"number": @, "name": "Bo"}\r{"number": @7, "name": "Cy"}\n',
    "nul": b'{"number": @, "name": "B\0o"}\n',
    "escaped_nul": b'{"number": @, "name": "B\\u0000o"}\n',
    "latin_1": b'{"number": @, "name": "Ren\xe9"}\n',
    "lone_surrogate": b'{"number": @, "name": "B\\ud800o"}\n',
    "too_deep": _DEEP,
    "brackets_in_a_text": b'{"number": @, "name": "' + b"[{" * 40 + b'"}\n',
    "row_too_long": b'{"number": @, "name": "' + b"x" * (1 << 20) + b'"}\n',
    "missing_key": b'{"name": "Bo"}\n',
    "unknown_key": b'{"number": @, "name": "Bo", "more": 1}\n',
    "key_twice": b'{"number": @7, "name": "Bo", "number": @}\n',
    "number_as_text": b'{"number": "@", "name": "Bo"}\n',
    "number_too_large": b'{"number": 99999999999999999999, "name": "Bo"}\n',
    "not_a_number": b'{"number": NaN, "name": "Bo"}\n',
    "mark_in_the_middle": b"\xef\xbb\xbf" + b'{"number": @, "name": "Bo"}\n',
    "csv_in_the_middle": b"@,Bo,x\n",
}


def damaged_lines() -> dict[str, bytes]:
    """Every file by its name; the numbers in its lines are its own."""
    made: dict[str, bytes] = {}
    for at, (name, damage) in enumerate(BETWEEN.items(), 1):
        first = 1_000 * at
        middle = damage.replace(b"@", b"%d" % (first + 50))
        made[name] = _good(first, 10) + middle + _good(first + 100, 10)
    first = 1_000 * (len(made) + 1)
    made["no_final_line_end"] = _good(first, 10).rstrip()
    made["final_cr"] = _good(first + 20, 10) + _line(first + 50, b"\r")
    made["byte_order_mark"] = b"\xef\xbb\xbf" + _good(first + 100, 10)
    return {f"{name}.jsonl": content for name, content in made.items()}
