"""Damaged CSV files, each named after its damage: good rows around one thing that went wrong."""

from __future__ import annotations

from collections.abc import Iterator

HEADER = b"number,name,note\n"
_BOM = b"\xef\xbb\xbf"


def good(first: int, count: int, end: bytes = b"\n") -> bytes:
    """Rows that nothing is wrong with, numbered from ``first``."""
    return b"".join(b"%d,Ada Berg,all is well%s" % (n, end) for n in range(first, first + count))


def _between(first: int, damage: bytes) -> bytes:
    """Ten good rows, the damage, ten more. ``@`` in the damage is a number of its own."""
    number = b"%d" % (first + 50)
    return HEADER + good(first, 10) + damage.replace(b"@", number) + good(first + 100, 10)


BETWEEN: dict[str, bytes] = {
    "short_row": b"@,Bo\n",
    "row_of_one_cell": b"@\n",
    "long_row": b"@,Bo,x,y\n",
    "row_of_delimiters": b",,\n",
    "row_of_too_many_delimiters": b",,,,,,,,\n",
    "blank_lines": b"\n\n\r\n\n@,Bo,x\n\n",
    "line_of_spaces": b"   \n",
    "lone_cr_ends": b"@,Bo,x\r@7,Cy,y\r@8,Di,z\r",
    "crlf_among_lf": b"@,Bo,x\r\n\r\n",
    "cr_before_blank_line": b"@,Bo,x\r\r\n\n",
    "lf_cr": b"@,Bo,x\n\r@7,Cy,y\n\r",
    "short_row_with_lone_cr": b"@,Bo\r\n\n@7,Cy\r@8,Di,z\n",
    "nul_in_bare_cell": b"@,B\0o,x\n",
    "nul_in_quoted_cell": b'@,"B\0\no",x\n',
    "nul_alone_on_a_line": b"\0\n",
    "nul_between_cr_and_lf": b"@,Bo,x\r\0\n",
    "nul_row_before_blank_line": b"@,\0,x\r\r\n\n",
    "run_of_nuls": b"\0" * 120 + b"\n",
    "latin_1": b"@,Ren\xe9,x\n",
    "latin_1_in_quotes": b'@,"Ren\xe9\n",x\n',
    "surrogate_in_utf8": b"@,\xed\xa0\x80,x\n",
    "overlong_utf8": b"@,\xc0\xaf,x\n",
    "beyond_unicode": b"@,\xf4\x90\x80\x80,x\n",
    "half_a_letter": b"@,Ren\xc3,x\n",
    "half_a_letter_before_quote": b'@,"Ren\xc3",x\n',
    "mark_in_the_middle": _BOM + b"@,Bo,x\n",
    "quote_inside_a_cell": b'@,Bo,5" pipe\n',
    "quotes_inside_cells": b'@,B"o"o,"a"\n',
    "text_after_closing_quote": b'@,"Bo"by,"x"y"z\n',
    "quote_after_a_space": b'@, "Bo, by",x\n',
    "three_quotes": b'@,"""",x\n@1,"""Bo""",x\n',
    "quoted_delimiters": b'@,"B,o",",,,"\n',
    "quoted_line_ends": b'@,"B\no\r\nby\r","\n"\n',
    "quote_closed_rows_later": b'@,"Bo,x\n@7,Cy,y\n@8,Di,z",w\n',
    "quote_closed_rows_later_ragged": b'@,"Bo\n@7,Cy,y\n@8,"Di,z\n',
    "row_too_long": b"@,Bo," + b"x" * (1 << 20) + b"\n",
    "quoted_row_too_long": b'@,Bo,"' + b"x\n" * (1 << 19) + b'"\n',
    "values_out_of_the_contract": b"@,,x\n@x,Bo,x\n0,Bo,x\n@,%s,x\n" % (b"n" * 81),
    "header_again": HEADER,
    "same_row_twice_with_other_numbers": b"@1,Bo,x\n@2,Bo,x\n",
    "tabs_for_commas": b"@\tBo\tx\n",
    "rows_run_together": b"@,Bo,x@7,Cy,y\n",
    "web_page_in_the_middle": b"<html><body>\n<p>502, try later</p>\n</body></html>\n",
    "end_of_file_sign": b"\x1a\n",
    "escaped_by_backslash": b'@,"B\\"o",x\n',
}
"""What stands between good rows."""


def _ends(first: int) -> Iterator[tuple[str, bytes]]:
    """Files whose beginning or end is at fault."""
    rows = HEADER + good(first, 10)
    last = b"%d," % (first + 50)
    yield "no_final_line_end", rows + last + b"Bo,x"
    yield "final_cr", rows + last + b"Bo,x\r"
    yield "ends_after_delimiter", rows + last + b"Bo,"
    yield "ends_after_delimiter_behind_quotes", rows + last + b'"Bo",'
    yield "ends_after_quote", rows + last + b'Bo,"'
    yield "ends_after_closing_quote", rows + last + b'Bo,"x"'
    yield "ends_in_the_middle_of_a_row", rows + last + b"B"
    yield "ends_in_the_middle_of_a_letter", rows + last + b"Bo,\xc3"
    yield "ends_in_an_open_quote", rows + last + b'"Bo,x\n\n7,Cy,y\r\n8,Di\r,z'
    yield "ends_in_an_open_quote_with_bad_bytes", rows + last + b'"Bo\xff,x\n\0\n8,""Di\n'
    yield "ends_in_blank_lines", rows + b"\n\r\n\r\r\n\n"
    yield "ends_in_nuls", rows + b"\0" * 120
    yield "header_alone", HEADER
    yield "header_without_line_end", HEADER.rstrip()
    yield "blank_lines_before_header", b"\n\r\n\n" + rows
    yield "byte_order_mark", _BOM + rows
    yield "two_byte_order_marks_in_rows", _BOM + rows + _BOM + last + b"Bo,x\n"
    yield "header_quoted_in_another_order", b'"number","note","name"\n%sx,Bo\n' % last
    yield "lone_crs_only", HEADER.replace(b"\n", b"\r") + good(first, 10, b"\r")
    yield (
        "lone_crs_and_open_quote",
        HEADER.replace(b"\n", b"\r") + good(first, 9, b"\r") + b'3,"\r4',
    )


def damaged_files() -> dict[str, bytes]:
    """Every file by its name; the numbers in its rows are its own."""
    made = {}
    for at, (name, damage) in enumerate(BETWEEN.items(), 1):
        made[name] = _between(1_000 * at, damage)
    for at, (name, _) in enumerate(_ends(0), len(made) + 1):
        made[name] = dict(_ends(1_000 * at))[name]
    return {f"{name}.csv": content for name, content in made.items()}
