//! What this crate's own tests share: hex, numbers that look random, columns of bytes.

use crate::column::{Bits, Bytes, Column, Ranges, Values};
use crate::key::BLOCK;
use crate::lanes::Slot;

/// Bytes of hex text.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Marsaglia's xorshift: the same numbers in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 32) as u8).collect()
    }

    /// Random bytes of these lengths one after another, with a block more at the end.
    pub(crate) fn slots(&mut self, lengths: &[usize]) -> (Vec<u8>, Vec<Slot>) {
        let mut start = 0;
        let slots = lengths.iter().enumerate().map(|(row, len)| {
            let slot = Slot { row: row as u32, start: start as u32, len: *len as u32 };
            start += len;
            slot
        });
        let slots = slots.collect();
        (self.bytes(start + BLOCK), slots)
    }
}

/// Values with nulls, as Arrow's binary layout.
pub(crate) struct Owned {
    offsets: Vec<i32>,
    data: Vec<u8>,
    validity: Option<Vec<u8>>,
}

impl Owned {
    pub(crate) fn new<V: AsRef<[u8]>>(values: &[Option<V>]) -> Self {
        let mut owned = Self { offsets: vec![0], data: Vec::new(), validity: None };
        let mut bits = vec![0; values.len().div_ceil(8)];
        for (row, value) in values.iter().enumerate() {
            if let Some(value) = value {
                owned.data.extend_from_slice(value.as_ref());
                bits[row / 8] |= 1 << (row % 8);
            } else {
                // What a null's slot spans is not to be read.
                owned.data.extend_from_slice(b"not a value");
            }
            owned.offsets.push(owned.data.len() as i32);
        }
        owned.validity = values.iter().any(Option::is_none).then_some(bits);
        owned
    }

    pub(crate) fn binary(&self) -> Column<'_> {
        self.column(Values::Binary)
    }

    pub(crate) fn text(&self) -> Column<'_> {
        self.column(Values::Text)
    }

    fn column<'a>(&'a self, of: impl Fn(Bytes<'a>) -> Values<'a>) -> Column<'a> {
        let len = self.offsets.len() - 1;
        let ranges = Ranges::new(&self.offsets, &self.data).unwrap();
        let validity = self.validity.as_ref().map(|bits| Bits::new(bits, 0, len).unwrap());
        Column { len, validity, values: of(Bytes::Small(ranges)) }
    }
}
