//! Which characters are numerals, which are separators, and how many numerals a text may have.

use std::ops::RangeInclusive;

/// The most numerals a text may have under any alphabet.
pub const MOST: usize = 56;

const NUMERAL: u8 = 0x80;
const STRANGE: u8 = 0x40;
const VALUE: u8 = 0x3f;

/// The numerals of an alphabet; no two cases of a letter are the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `0` to `9`.
    Digits,
    /// `0` to `9`, `a` to `f`.
    Hex,
    /// `0` to `9`, `A` to `F`.
    HexUpper,
    /// `0` to `9`, `A` to `Z`.
    Alphanumeric,
    /// `0` to `9`, `a` to `z`.
    AlphanumericLower,
    /// `0` to `9`, `A` to `Z`, `a` to `z`.
    AlphanumericMixed,
}

impl Alphabet {
    /// The alphabet of that name in a policy, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "digits" => Self::Digits,
            "hex" => Self::Hex,
            "hex_upper" => Self::HexUpper,
            "alphanumeric" => Self::Alphanumeric,
            "alphanumeric_lower" => Self::AlphanumericLower,
            "alphanumeric_mixed" => Self::AlphanumericMixed,
            _ => return None,
        })
    }

    /// The numerals in the order of their value.
    #[must_use]
    pub const fn characters(self) -> &'static [u8] {
        match self {
            Self::Digits => b"0123456789",
            Self::Hex => b"0123456789abcdef",
            Self::HexUpper => b"0123456789ABCDEF",
            Self::Alphanumeric => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::AlphanumericLower => b"0123456789abcdefghijklmnopqrstuvwxyz",
            Self::AlphanumericMixed => {
                b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
            }
        }
    }

    /// How few and how many numerals a text may have: radix^n is 1,000,000 at least (SP 800-38G
    /// revision 1), and the longer half is below 2^96, so that each round is one block.
    #[must_use]
    pub const fn lengths(self) -> RangeInclusive<usize> {
        match self {
            Self::Digits => 6..=MOST,
            Self::Hex | Self::HexUpper => 5..=48,
            Self::Alphanumeric | Self::AlphanumericLower => 4..=36,
            Self::AlphanumericMixed => 4..=32,
        }
    }

    /// How many numerals there are.
    #[must_use]
    pub const fn radix(self) -> u8 {
        self.characters().len() as u8
    }

    /// How many numerals `text` has, if it fits.
    #[inline]
    #[must_use]
    pub fn numerals(self, text: &[u8]) -> Option<usize> {
        self.bytes().count(text).filter(|count| self.lengths().contains(count))
    }

    const fn table(self) -> [u8; 256] {
        let mut table = [STRANGE; 256];
        let mut byte = 0x20;
        while byte < 0x7f {
            if !(byte as u8).is_ascii_alphanumeric() {
                table[byte] = 0;
            }
            byte += 1;
        }
        let characters = self.characters();
        let mut value = 0;
        while value < characters.len() {
            table[characters[value] as usize] = NUMERAL | value as u8;
            value += 1;
        }
        table
    }

    /// What each byte is.
    #[must_use]
    pub const fn bytes(self) -> Bytes {
        Bytes(match self {
            Self::Digits => const { &Self::Digits.table() },
            Self::Hex => const { &Self::Hex.table() },
            Self::HexUpper => const { &Self::HexUpper.table() },
            Self::Alphanumeric => const { &Self::Alphanumeric.table() },
            Self::AlphanumericLower => const { &Self::AlphanumericLower.table() },
            Self::AlphanumericMixed => const { &Self::AlphanumericMixed.table() },
        })
    }
}

/// What each byte is under an alphabet: a numeral and its value, a separator (ASCII's space and
/// punctuation), or strange: it would stay clear, so the text does not fit.
#[derive(Clone, Copy, Debug)]
pub struct Bytes(&'static [u8; 256]);

impl Bytes {
    /// How many numerals `text` has; `None` if a byte is strange.
    #[inline]
    #[must_use]
    pub fn count(self, text: &[u8]) -> Option<usize> {
        let (mut numerals, mut seen) = (0usize, 0u8);
        for &byte in text {
            let kind = self.0[usize::from(byte)];
            numerals += usize::from(kind >> 7);
            seen |= kind;
        }
        if seen & STRANGE == 0 { Some(numerals) } else { None }
    }

    /// Whether a byte is a numeral.
    #[inline]
    #[must_use]
    pub fn is_numeral(self, byte: u8) -> bool {
        self.0[usize::from(byte)] & NUMERAL != 0
    }

    /// The value of a numeral.
    #[inline]
    #[must_use]
    pub fn value(self, byte: u8) -> u8 {
        self.0[usize::from(byte)] & VALUE
    }
}
