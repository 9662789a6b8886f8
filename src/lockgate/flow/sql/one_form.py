"""One form for all spellings of a text that a key domain takes for the same.

DuckDB's expression for each normaliser merges at least what the kernel merges: where it merges
more, some people count as one, and a group is held back that might have been told.
"""

from __future__ import annotations

from sqlglot import exp

from lockgate.flow.sql.plain import call
from lockgate.kernel.interface import Normaliser

# White_Space, all of it taken away: runs become one space in a kernel's text, edges go.
_SPACES = r"[\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+"


def one_form(value: exp.Expr, normaliser: Normaliser) -> exp.Expr:
    """The text's form, equal for any two texts whose canonical bytes are; exact: the text."""
    value = value.copy()
    match normaliser:
        case Normaliser.EXACT:
            return value
        case Normaliser.NFC:
            return _composed(value)
        case Normaliser.TEXT | Normaliser.EMAIL:
            return _composed(call("lower", _without(_SPACES, _composed(value))))
        case Normaliser.DIGITS:
            return _without("[^0-9]+", value)
        case Normaliser.ALPHANUMERIC:
            return call("upper", _without("[^0-9A-Za-z]+", _composed(value)))


def _composed(value: exp.Expr) -> exp.Expr:
    return call("nfc_normalize", value)


def _without(pattern: str, value: exp.Expr) -> exp.Expr:
    texts = (exp.Literal.string(text) for text in (pattern, "", "g"))
    return call("regexp_replace", value, *texts)
