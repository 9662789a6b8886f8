//! Digits, eight or sixteen at a time: bytes of a word, the first one lowest.

use super::machine::Piece;

const ZEROS: u128 = 0x3030_3030_3030_3030_3030_3030_3030_3030;
/// More than this is no digit: added to one, it reaches the highest bit of its byte.
const ROOM: u64 = 0x7676_7676_7676_7676;
const HIGHEST_BITS: u64 = 0x8080_8080_8080_8080;
/// Bytes of a head.
pub(crate) const HEAD: usize = 16;

/// A text where it lies in its column's bytes, so that it is read a word at a time.
#[derive(Clone, Copy)]
pub(crate) struct Placed<'a> {
    span: &'a [u8],
    piece: Piece,
}

impl<'a> Placed<'a> {
    /// `piece` is within `span`.
    #[inline]
    pub fn new(span: &'a [u8], piece: Piece) -> Self {
        Self { span, piece }
    }

    /// A text of its own.
    #[cfg(test)]
    pub fn alone(text: &'a [u8]) -> Self {
        Self::new(text, Piece { at: 0, len: text.len() })
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        self.piece.of(self.span)
    }

    /// How many they are.
    #[inline]
    pub fn len(&self) -> usize {
        self.piece.len
    }

    /// The first of them, which there is.
    #[inline]
    pub fn first(&self) -> u8 {
        self.span[self.piece.at]
    }

    /// The last 16 of the column's bytes up to its end; `None` if there are not so many.
    #[inline]
    pub fn tail(&self) -> Option<u128> {
        let until = &self.span[..self.piece.at + self.piece.len];
        until.last_chunk::<HEAD>().map(|bytes| u128::from_le_bytes(*bytes))
    }

    /// The first 16 of them; behind its end stands anything.
    #[inline]
    pub fn head(&self) -> u128 {
        let rest = &self.span[self.piece.at..];
        match rest.first_chunk::<HEAD>() {
            Some(bytes) => u128::from_le_bytes(*bytes),
            None => padded(rest),
        }
    }
}

#[cold]
fn padded(rest: &[u8]) -> u128 {
    let mut bytes = [0; HEAD];
    bytes[..rest.len()].copy_from_slice(rest);
    u128::from_le_bytes(bytes)
}

/// The number that the first `count` bytes are, if they are digits. `count` is 1 to 16.
#[inline]
#[allow(clippy::cast_possible_truncation)] // one half after the other
pub(crate) fn decimal_number(text: u128, count: usize) -> Option<u64> {
    // What stands behind them is shifted out, and zeros in before them.
    if count <= HEAD / 2 {
        let digits = (text as u64 ^ ZEROS as u64) << (8 * (HEAD / 2 - count));
        return are_digits(digits).then(|| eight(digits));
    }
    let digits = (text ^ ZEROS) << (8 * (HEAD - count));
    let (first, last) = (digits as u64, (digits >> 64) as u64);
    (are_digits(first) & are_digits(last)).then(|| eight(first) * 100_000_000 + eight(last))
}

/// The number that the last `count` bytes of a word are, if they are digits. `count` is 1 to 8.
#[inline]
pub(crate) fn last_digits(text: u64, count: usize) -> Option<u64> {
    // What stands before them becomes zeros.
    let before = 8 * (HEAD / 2 - count);
    #[allow(clippy::cast_possible_truncation)] // one half
    let digits = (text ^ ZEROS as u64) >> before << before;
    are_digits(digits).then(|| eight(digits))
}

/// Whether every byte is 0 to 9.
#[inline]
pub(crate) fn are_digits(bytes: u64) -> bool {
    (bytes.wrapping_add(ROOM) | bytes) & HIGHEST_BITS == 0
}

/// The number that eight digits are, each of them 0 to 9.
#[inline]
fn eight(digits: u64) -> u64 {
    let twos = pairs(digits) & 0x00ff_00ff_00ff_00ff;
    let fours = twos.wrapping_mul(100).wrapping_add(twos >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

/// In each byte, the number that it and the one behind it are; each is 0 to 9.
#[inline]
pub(crate) fn pairs(digits: u64) -> u64 {
    digits.wrapping_mul(10).wrapping_add(digits >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_the_number_they_are_in_any_count() {
        for text in ["1234567890123456", "9999999999999999", "0000000000000001", "0900000000000090"]
        {
            for count in 1..=HEAD {
                let head = Placed::alone(text.as_bytes()).head();
                let expected = text[..count].parse().ok();
                assert_eq!(decimal_number(head, count), expected, "{text} {count}");
            }
        }
    }

    #[test]
    fn last_digits_are_the_number_they_are_in_any_count() {
        for text in [*b"12345678", *b"90909090", *b"00000001"] {
            for count in 1..=8 {
                let expected = std::str::from_utf8(&text[8 - count..]).unwrap().parse().unwrap();
                let mut text = text;
                text[..8 - count].fill(b'x');
                assert_eq!(last_digits(u64::from_le_bytes(text), count), Some(expected));
                for place in 8 - count..8 {
                    for byte in 0..=255_u8 {
                        let mut text = text;
                        text[place] = byte;
                        let found = last_digits(u64::from_le_bytes(text), count);
                        assert_eq!(found.is_some(), byte.is_ascii_digit());
                    }
                }
            }
        }
    }

    #[test]
    fn any_other_byte_in_any_place_is_no_digit() {
        for place in 0..HEAD {
            for byte in 0..=255_u8 {
                let mut text = *b"9090909090909090";
                text[place] = byte;
                let found = decimal_number(u128::from_le_bytes(text), HEAD);
                assert_eq!(found.is_some(), byte.is_ascii_digit(), "{place} {byte}");
                // Behind the digits it says nothing.
                assert!(place == 0 || decimal_number(u128::from_le_bytes(text), place).is_some());
            }
        }
    }

    #[test]
    fn a_head_is_the_same_wherever_the_text_lies() {
        let span = b"0123456789abcdefghijklmnop";
        for at in 0..=span.len() {
            let mut expected = [0; HEAD];
            let there = (span.len() - at).min(HEAD);
            expected[..there].copy_from_slice(&span[at..at + there]);
            let placed = Placed::new(span, Piece { at, len: 0 });
            assert_eq!(placed.head().to_le_bytes(), expected);
            let until = at.checked_sub(HEAD).map(|start| &span[start..at]);
            let tail = placed.tail().map(u128::to_le_bytes);
            assert_eq!(tail.as_ref().map(<[u8; HEAD]>::as_slice), until);
        }
    }
}
