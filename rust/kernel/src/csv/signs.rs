//! What 64 bytes hold, a bit each; in plain code, for any processor.

use super::{FEED, QUOTE, RETURN};

/// Which of 64 bytes are what; the first byte is the lowest bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs {
    pub delimiters: u64,
    pub quotes: u64,
    pub feeds: u64,
    pub returns: u64,
    /// Bytes beyond ASCII.
    pub high: u64,
    pub nuls: u64,
}

impl Signs {
    /// The same, nothing where `there` has no bit.
    #[inline(always)]
    pub(super) fn masked(self, there: u64) -> Self {
        Self {
            delimiters: self.delimiters & there,
            quotes: self.quotes & there,
            feeds: self.feeds & there,
            returns: self.returns & there,
            high: self.high & there,
            nuls: self.nuls & there,
        }
    }
}

/// The signs of up to 64 bytes from `at` on that lie before `end`, and a bit for each of these.
#[inline(always)]
pub(super) fn signs_at(
    data: &[u8],
    at: usize,
    end: usize,
    look: impl Fn(&[u8; 64]) -> Signs,
) -> (Signs, u64) {
    let left = end - at;
    if left >= 64
        && let Some(bytes) = data[at..].first_chunk()
    {
        return (look(bytes), u64::MAX);
    }
    let there = (1 << left) - 1;
    let signs = match data[at..].first_chunk() {
        Some(bytes) => look(bytes),
        None => {
            let mut bytes = [0; 64];
            bytes[..left].copy_from_slice(&data[at..end]);
            look(&bytes)
        }
    };
    (signs.masked(there), there)
}

/// The signs of 64 bytes, eight at a time.
#[inline]
pub(super) fn look(bytes: &[u8; 64], delimiter: u8) -> Signs {
    let mut signs = Signs::default();
    for (eight, shift) in bytes.as_chunks::<8>().0.iter().zip((0..).step_by(8)) {
        let word = u64::from_le_bytes(*eight);
        signs.delimiters |= equal(word, delimiter) << shift;
        signs.quotes |= equal(word, QUOTE) << shift;
        signs.feeds |= equal(word, FEED) << shift;
        signs.returns |= equal(word, RETURN) << shift;
        signs.nuls |= equal(word, 0) << shift;
        signs.high |= gathered(word & HIGH) << shift;
    }
    signs
}

const HIGH: u64 = 0x8080_8080_8080_8080;

/// A bit for each of eight bytes that is `byte`.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    let differs = word ^ u64::from_ne_bytes([byte; 8]);
    // The highest bit of a byte is set unless all its bits are zero; no carry leaves a byte.
    let nonzero = ((differs & !HIGH) + !HIGH) | differs;
    gathered(!nonzero & HIGH)
}

/// The highest bits of eight bytes, side by side.
#[inline]
fn gathered(highs: u64) -> u64 {
    (highs >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// A bit wherever an odd number of bits stands at or before it: from each opening quote to before
/// its closing one.
#[inline]
pub(super) fn inside(quotes: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].iter().fold(quotes, |bits, shift| bits ^ bits << shift)
}

/// Writes the numbers of the bits that are set, from `base` on, and maybe something behind them.
#[inline(always)]
pub(super) fn spread(mut bits: u64, base: u32, into: &mut [u32; 64]) {
    let mut at = 0;
    while bits != 0 {
        into[at] = base + bits.trailing_zeros();
        bits &= bits - 1;
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_at_every_byte_in_every_place() {
        for delimiter in [b',', b'\t', b'|', 0, 0xFF] {
            for byte in 0..=255 {
                for at in 0..64 {
                    let mut bytes = [b'x'; 64];
                    bytes[at] = byte;
                    let here = |is: bool| u64::from(is) << at;
                    let expected = Signs {
                        delimiters: here(byte == delimiter),
                        quotes: here(byte == QUOTE),
                        feeds: here(byte == FEED),
                        returns: here(byte == RETURN),
                        high: here(byte >= 0x80),
                        nuls: here(byte == 0),
                    };
                    assert_eq!(look(&bytes, delimiter), expected);
                }
            }
        }
    }

    #[test]
    fn looks_no_further_than_the_end() {
        let data = [QUOTE; 100];
        for at in 0..100 {
            for end in at..=100 {
                let (signs, there) = signs_at(&data, at, end, |bytes| look(bytes, b','));
                let expected = (at..end).take(64).fold(0, |bits, place| bits | 1 << (place - at));
                assert_eq!((signs.quotes, there), (expected, expected));
            }
        }
    }

    #[test]
    fn is_inside_after_an_odd_quote() {
        for seed in 0..1000_u64 {
            let quotes = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let odd = |bit: u32| u64::from((quotes << (63 - bit)).count_ones() % 2);
            let expected = (0..64).fold(0, |bits, bit| bits | odd(bit) << bit);
            assert_eq!(inside(quotes), expected);
        }
    }
}
