"""What a column's values look like: the share of values that fit each known pattern.

Patterns are RE2 (through Arrow), whose classes of digits and word characters are
ASCII, which is what is wanted. A column is looked at as a whole, a sample of it at a time.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.labels.checksums import iban, luhn
from lockgate.labels.name_words import FAMILY, GIVEN

_OCTET = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_MONTH_DAY = r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_STREET = (
    r"street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|way|terrace|"
    r"highway|hwy|parkway|pkwy|square|crescent|close|str|strasse|straße|weg|platz|allee|rue|calle|"
    r"avenida|via|apt|suite|unit|po box"
)

PATTERNS: Mapping[str, str] = {
    "email": r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$",
    "ssn": (
        r"^(00[1-9]|0[1-9]\d|[1-578]\d\d|6[0-57-9]\d|66[0-57-9])-"
        r"(0[1-9]|[1-9]\d)-(\d{3}[1-9]|\d{2}[1-9]\d|\d[1-9]\d\d|[1-9]\d{3})$"
    ),
    "us_phone": (
        r"^(\+?1[ .-]?)?(\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]?\d{4}( ?(x|ext\.?) ?\d+)?$"
    ),
    "phone": (
        r"^(\+|00)[1-9]\d{0,2}[ ()./-]*(\d[ ()./-]*){6,13}$|^0\d{2,5}[ /-]\d{3,4}[ -]?\d{3,5}$"
    ),
    "zip": r"^\d{5}(-\d{4})?$",
    "zip4": r"^\d{5}-\d{4}$",
    "uk_postcode": r"(?i)^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$",
    "ip": r"^" + _OCTET + r"(\." + _OCTET + r"){3}$|(?i)^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}$",
    "mac": r"(?i)^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$",
    "uuid": r"(?i)^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$",
    "jwt": r"^eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$",
    "private_key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "api_key": (
        r"^((sk|pk|rk)[_-](live|test|proj|ant)[_-][\w-]{8,}|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}"
        r"|xox[abprs]-[\w-]{10,}|glpat-[\w-]{10,}|AIza[\w-]{30,})$"
    ),
    "password_hash": r"^\$(2[abxy]|argon2(id|i|d)|pbkdf2[\w-]*|scrypt|[156y])\$",
    "url": r"(?i)^(https?|ftp)://\S+$",
    "user_agent": r"^(Mozilla|Opera|Dalvik|curl|okhttp|PostmanRuntime|python-requests)/\d",
    "mrn": r"(?i)^(mrn|mr#|med)[-_ #:]?\d{4,}$",
    "icd10": r"^[A-TV-Z]\d[0-9AB]\.[0-9A-Z]{1,4}$",
    "iso_date": r"^[12]\d{3}-" + _MONTH_DAY + r"$",
    "date": (
        r"^[12]\d{3}[-/.]\d{1,2}[-/.]\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2})?.*)?$"
        r"|^\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})( \d{1,2}:\d{2}.*)?$"
        r"|(?i)^\d{1,2}[ -](jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ -]\d{2,4}$"
    ),
    "year": r"^(1[6-9]|20)\d\d$",
    "number": r"^[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][-+]?\d+)?$|^[$€£] ?\d[\d,.]*$",
    "age": r"^\d{1,3}$",
    "boolean": r"(?i)^(true|false|yes|no|y|n|t|f|0|1)$",
    "gender": (
        r"(?i)^(m|f|male|female|man|woman|w|d|x|non-binary|nonbinary|other|unknown|diverse|"
        r"transgender( (fe)?male)?|homme|femme|hombre|mujer|männlich|weiblich|divers)$"
    ),
    "address": (
        r"(?i)(^|\W)\d+[a-z]?(\W.*)?\s(" + _STREET + r")\b\.?|(" + _STREET + r")\.? \d+[a-z]?$"
    ),
    "coordinates": r"^\(?[-+]?\d{1,2}\.\d{3,}[,; ]+[-+]?\d{1,3}\.\d{3,}\)?$",
    "vin": r"^[A-HJ-NPR-Z0-9]{11}\d{6}$",
    "nino": r"^[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]$",
    "words": r"^\S+(\s+\S+){5,}",
    "has_email": r"[\w.+-]+@[\w-]+\.[A-Za-z]{2,}",
    "has_ssn": r"\b\d{3}-\d{2}-\d{4}\b",
    "has_phone": r"(^|[^\d.])(\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}($|\D)",
}  # fmt: skip

_CARD = r"^(3[0-9]|4|5[0-9]|6[0-9]|2[2-7])\d+$"
_SPACES = r"[ \-]"


@dataclass(frozen=True, slots=True)
class Look:
    """Shares (0 to 1) of the non-empty values that fit a pattern, and the column's shape."""

    count: int
    distinct: int
    shares: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    longest: int = 0
    arrow_type: pa.DataType = field(default_factory=pa.null)

    def share(self, *names: str) -> float:
        """The largest share of these patterns."""
        return max(self.shares.get(name, 0.0) for name in names)

    @property
    def repeats(self) -> bool:
        """Whether values come back: fewer than nine in ten are different."""
        return self.distinct < 0.9 * self.count


def look_at(column: pa.Array | pa.ChunkedArray) -> Look:
    """Look at a sample of a column of any type. Nested and binary columns are not looked into."""
    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    if pa.types.is_nested(kind) or _is_bytes(kind):
        return Look(len(values) - values.null_count, 0, arrow_type=kind)
    text = _text(values)
    text = text.filter(pc.greater(pc.binary_length(text), 0))
    if len(text) == 0:
        return Look(0, 0, arrow_type=kind)
    shares = {name: _share(pc.match_substring_regex(text, p)) for name, p in PATTERNS.items()}
    shares |= _checked(text) | _named(text)
    longest = pc.max(pc.utf8_length(text)).as_py()
    return Look(len(text), pc.count_distinct(text).as_py(), shares, longest, kind)


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def _text(values: pa.Array) -> pa.StringArray:
    """Trimmed text of every value that is there; whole floats without their fraction."""
    values = values.drop_null()
    if pa.types.is_float16(values.type):  # Arrow has no arithmetic for these
        values = values.cast(pa.float32())
    if pa.types.is_floating(values.type):
        near = pc.if_else(pc.less(pc.abs(values), 2.0**53), values, None)
        whole = pc.all(pc.equal(pc.floor(near), near)).as_py()
        values = pc.cast(near, pa.int64()).drop_null() if whole else values
    if pa.types.is_time(values.type) or pa.types.is_duration(values.type):
        return pa.array([], pa.string())
    text = values.cast(pa.string())
    return pc.utf8_trim_whitespace(text)


def _share(fits: pa.BooleanArray) -> float:
    return float(pc.mean(fits.cast(pa.float64())).as_py() or 0.0)


def _checked(text: pa.StringArray) -> dict[str, float]:
    """Cards and bank accounts by their check digits."""
    bare = pc.replace_substring_regex(text, _SPACES, "")
    length = pc.binary_length(bare)
    shaped = pc.and_(pc.greater_equal(length, 13), pc.match_substring_regex(bare, _CARD))
    return {
        "pan": _share(pc.and_(shaped, luhn(bare))),
        "iban": _share(iban(pc.utf8_upper(bare))),
    }


@functools.cache
def _words() -> tuple[pa.Array, pa.Array]:
    return pa.array(sorted(GIVEN)), pa.array(sorted(FAMILY))


def _named(text: pa.StringArray) -> dict[str, float]:
    """How many begin with a given name, are one, are a family name, or hold two such words."""
    given, family = _words()
    lower = pc.replace_substring_regex(pc.utf8_lower(text), r"^(mr|mrs|ms|dr|prof)\.? ", "")
    first = pc.replace_substring_regex(lower, r"[\s,].*$", "")
    last = pc.replace_substring_regex(lower, r"^.*[\s,]", "")
    short = pc.match_substring_regex(lower, r"^[\pL'.,-]+( [\pL'.,-]+){0,3}$")
    several = pc.and_(short, pc.match_substring_regex(lower, r"\s"))
    starts, ends = pc.is_in(first, value_set=given), pc.is_in(last, value_set=family)
    known = pc.or_(starts, pc.or_(ends, pc.is_in(last, value_set=given)))
    return {
        "given": _share(pc.is_in(lower, value_set=given)),
        "family": _share(pc.is_in(lower, value_set=family)),
        "full_name": _share(pc.and_(several, known)),
    }
