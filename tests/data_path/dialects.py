"""The ways of writing and of damaging a CSV file that the fuzzer knows, by name."""

from __future__ import annotations

from dataclasses import dataclass

from lockgate.limits import Limits

LF, CRLF, CR = b"\n", b"\r\n", b"\r"


@dataclass(frozen=True)
class Variant:
    """One dialect with its damage; shares are of a row, or of a cell for ``bad``.

    ``quoting`` lists habits (cells.encoded) among which each text chooses once. ``header`` is
    ``plain``, ``quoted``, ``turned`` (columns in another order) or ``ignored`` (with columns that
    the source ignores). ``packed`` is a suffix.
    """

    name: str
    delimiter: str = ","
    ends: tuple[bytes, ...] = (LF,)
    quoting: tuple[str, ...] = ("needed",)
    flavours: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    bad: float = 0.004
    short: float = 0.0
    long: float = 0.0
    blank: float = 0.0
    header: str = "plain"
    bom: bool = False
    final_end: bool = True
    unclosed: bool = False
    packed: str = ""
    files: int = 1
    one_column: bool = False
    row_bytes: int = 1 << 20

    def limits(self, block_bytes: int = 4 << 20) -> Limits:
        """Limits that a file of this variant is read with."""
        return Limits(row_bytes=self.row_bytes, block_bytes=block_bytes)


_ALL_TEXT = ("multibyte", "formulas", "spaces", "quotes", "newlines", "commas", "empties")

VARIANTS = (
    Variant("plain"),
    Variant("crlf", ends=(CRLF,)),
    Variant("lone_cr", ends=(CR,)),
    Variant("mixed_ends", ends=(LF, CRLF, CR), flavours=("newlines",)),
    Variant("semicolon", delimiter=";", flavours=("commas",)),
    Variant("tab", delimiter="\t", ends=(CRLF,), flavours=("commas", "spaces")),
    Variant("bar", delimiter="|", flavours=("commas",)),
    Variant("byte_order_mark", bom=True, flavours=("multibyte",)),
    Variant("no_final_end", final_end=False),
    Variant("blank_lines", blank=0.1, ends=(LF, CRLF)),
    Variant("blank_lines_mixed", blank=0.1, ends=(LF, CRLF, CR)),
    Variant("all_quoted", quoting=("all",), flavours=("empties",)),
    Variant("some_quoted", quoting=("all", "needed"), flavours=("quotes", "commas")),
    Variant("doubled_quotes", quoting=("all",), flavours=("quotes",), ends=(CRLF,)),
    Variant("newlines_in_quotes", flavours=("newlines",)),
    Variant("quotes_in_bare_cells", quoting=("inches",), flavours=("inches",)),
    Variant("text_after_closing_quote", raw=("tails",), flavours=("quotes",)),
    Variant("unclosed_quote", unclosed=True),
    Variant("unclosed_quote_after_lone_cr", unclosed=True, ends=(CR,), flavours=("newlines",)),
    Variant("short_rows", short=0.01),
    Variant("long_rows", long=0.01, ends=(CRLF,)),
    Variant("ragged_with_blank_lines", short=0.01, long=0.01, blank=0.05, ends=(LF, CRLF, CR)),
    Variant("nul_bytes", raw=("nul",)),
    Variant("nul_bytes_lone_cr", raw=("nul",), ends=(CR, LF), blank=0.05),
    Variant("not_utf8", raw=("not_utf8",), flavours=("multibyte",)),
    Variant("multibyte", flavours=("multibyte",), quoting=("all", "needed")),
    Variant("long_cells", flavours=("long",), quoting=("all", "needed")),
    Variant("over_long_rows", raw=("over_long",), row_bytes=4_096, ends=(LF, CRLF)),
    Variant("empty_and_quoted_empty", flavours=("empties",), bad=0.02),
    Variant("mostly_bad_values", bad=0.1),
    Variant("header_quoted", header="quoted"),
    Variant("header_turned", header="turned", flavours=("quotes",)),
    Variant("header_ignored", header="ignored", short=0.005, flavours=("newlines",)),
    Variant("gzip", packed=".gz", flavours=("multibyte",)),
    Variant("zstd", packed=".zst", ends=(CRLF,), short=0.005),
    Variant("formulas", flavours=("formulas",), quoting=("all", "needed")),
    Variant("spaces", flavours=("spaces",)),
    Variant("two_files", files=2, flavours=("quotes",), long=0.005),
    Variant("one_column", one_column=True, blank=0.1, flavours=("empties", "quotes")),
    Variant("one_column_mixed_ends", one_column=True, blank=0.1, ends=(LF, CRLF, CR), raw=("nul",)),
    Variant(
        "everything",
        ends=(LF, CRLF, CR),
        quoting=("all", "needed", "inches"),
        flavours=(*_ALL_TEXT, "inches"),
        raw=("tails", "nul", "not_utf8"),
        short=0.01,
        long=0.01,
        blank=0.02,
        header="ignored",
        bom=True,
        unclosed=True,
        files=2,
    ),
)
NAMES = tuple(variant.name for variant in VARIANTS)
BY_NAME = {variant.name: variant for variant in VARIANTS}
