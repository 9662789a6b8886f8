"""What FF1 (NIST SP 800-38G) works on: an alphabet's numerals, and the separators between them.

A text's numerals, in order, are one number string; FF1 permutes the strings of one length.
Separators stay where they are. Every other character would leave in clear, so a text that holds
one does not fit: letters beside ``digits``, another case, digits beyond ASCII, control characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lockgate.limits import DEFAULT_LIMITS

LEAST_DOMAIN = 1_000_000
"""radix**length, at least: SP 800-38G revision 1, section 5, step 3 of its requirements."""

_DIGITS = "0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = _UPPER.lower()
SEPARATORS = "".join(c for c in map(chr, range(0x20, 0x7F)) if not c.isalnum())
"""ASCII's space and punctuation."""


class Alphabet(StrEnum):
    """Which characters are numerals. No two cases of a letter are the same numeral."""

    DIGITS = "digits"
    HEX = "hex"
    HEX_UPPER = "hex_upper"
    ALPHANUMERIC = "alphanumeric"
    ALPHANUMERIC_LOWER = "alphanumeric_lower"
    ALPHANUMERIC_MIXED = "alphanumeric_mixed"

    @property
    def characters(self) -> str:
        """The numerals, in the order of their value."""
        return _CHARACTERS[self]

    @property
    def radix(self) -> int:
        """How many numerals there are."""
        return len(_CHARACTERS[self])

    @property
    def least(self) -> int:
        """The fewest numerals a text may have: 6 of ``digits``."""
        return next(n for n in range(1, 64) if self.radix**n >= LEAST_DOMAIN)

    @property
    def most(self) -> int:
        """The most numerals a text may have: 56 of ``digits``.

        The longer half's number must fit ``ff1_half_bits``: then each round is one AES block.
        """
        bound = 2**DEFAULT_LIMITS.ff1_half_bits
        return 2 * max(half for half in range(1, 97) if self.radix**half <= bound)


_CHARACTERS = {
    Alphabet.DIGITS: _DIGITS,
    Alphabet.HEX: _DIGITS + _LOWER[:6],
    Alphabet.HEX_UPPER: _DIGITS + _UPPER[:6],
    Alphabet.ALPHANUMERIC: _DIGITS + _UPPER,
    Alphabet.ALPHANUMERIC_LOWER: _DIGITS + _LOWER,
    Alphabet.ALPHANUMERIC_MIXED: _DIGITS + _UPPER + _LOWER,
}


@dataclass(frozen=True, slots=True)
class Ff1:
    """The alphabet, and the tweak: bytes of any length that are no secret."""

    alphabet: Alphabet
    tweak: bytes
