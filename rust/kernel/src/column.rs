//! One Arrow array, borrowed: its layout checked once, then read without surprises.

use crate::fault::{Fault, Outcome};
pub use crate::layout::{Bytes, Fixed, Offset, Ranges, Slots, Views};

/// Bits of an Arrow bitmap, from `offset` on, least significant first.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    offset: usize,
    len: usize,
}

impl<'a> Bits<'a> {
    /// `len` bits from bit `offset` on. Malformed if the bytes hold fewer.
    pub fn new(bytes: &'a [u8], offset: usize, len: usize) -> Outcome<Self> {
        let end = offset.checked_add(len).ok_or(Fault::Malformed)?;
        if end.div_ceil(8) > bytes.len() {
            return Err(Fault::Malformed);
        }
        Ok(Self { bytes, offset, len })
    }

    /// Bit `row`.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> bool {
        debug_assert!(row < self.len);
        let at = self.offset + row;
        self.bytes[at >> 3] >> (at & 7) & 1 == 1
    }

    /// Up to 64 bits from `row` on, the first lowest; those above are zero.
    #[inline]
    #[must_use]
    pub fn word(&self, row: usize, count: usize) -> u64 {
        debug_assert!(count <= 64 && row + count <= self.len);
        let (first, shift) = ((self.offset + row) >> 3, (self.offset + row) & 7);
        let bytes = &self.bytes[first.min(self.bytes.len())..];
        let (low, high) = match bytes.first_chunk::<8>() {
            Some(low) => (u64::from_le_bytes(*low), bytes.get(8).copied().unwrap_or(0)),
            None => (bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)), 0),
        };
        // In two steps: a shift by 64 is none.
        let word = low >> shift | u64::from(high) << 1 << (63 - shift);
        if count < 64 { word & !(u64::MAX << count) } else { word }
    }

    /// Whether all bits of some rows are set.
    #[must_use]
    pub fn all(&self, rows: std::ops::Range<usize>) -> bool {
        debug_assert!(rows.end <= self.len);
        let (start, end) = (self.offset + rows.start, self.offset + rows.end);
        let set = |bits: std::ops::Range<usize>| {
            bits.into_iter().all(|at| self.bytes[at >> 3] >> (at & 7) & 1 == 1)
        };
        let (first, last) = (start.next_multiple_of(8).min(end), (end & !7).max(start));
        if first > last {
            return set(start..end);
        }
        set(start..first)
            && self.bytes[first >> 3..last >> 3].iter().all(|byte| *byte == 0xff)
            && set(last..end)
    }

    /// The same bits in bytes of their own, from bit 0 on; unused ones are zero.
    #[must_use]
    pub fn packed(&self) -> Vec<u8> {
        let (first, shift) = (self.offset >> 3, self.offset & 7);
        let size = self.len.div_ceil(8);
        let at = |index: usize| self.bytes.get(first + index).copied().unwrap_or(0);
        let mut packed: Vec<u8> = if shift == 0 {
            self.bytes[first..first + size].to_vec()
        } else {
            (0..size).map(|index| at(index) >> shift | at(index + 1) << (8 - shift)).collect()
        };
        if let (Some(last), used @ 1..) = (packed.last_mut(), self.len & 7) {
            *last &= (1 << used) - 1;
        }
        packed
    }

    /// How many bits there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Units of times and timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Second,
    /// Thousandths.
    Milli,
    /// Millionths.
    Micro,
    /// Billionths.
    Nano,
}

/// The values of an array by type, from the array's own offset on.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Values<'a> {
    Null,
    Bool(Bits<'a>),
    Int8(&'a [i8]),
    Int16(&'a [i16]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    UInt8(&'a [u8]),
    UInt16(&'a [u16]),
    UInt32(&'a [u32]),
    UInt64(&'a [u64]),
    /// Raw IEEE 754 binary16.
    Float16(&'a [u16]),
    Float32(&'a [f32]),
    Float64(&'a [f64]),
    Decimal32 {
        values: &'a [i32],
        scale: i32,
    },
    Decimal64 {
        values: &'a [i64],
        scale: i32,
    },
    Decimal128 {
        values: &'a [i128],
        scale: i32,
    },
    /// 32 little-endian bytes a value, two's complement.
    Decimal256 {
        values: &'a [[u8; 32]],
        scale: i32,
    },
    Date32(&'a [i32]),
    Date64(&'a [i64]),
    Time32 {
        values: &'a [i32],
        unit: Unit,
    },
    Time64 {
        values: &'a [i64],
        unit: Unit,
    },
    Timestamp {
        values: &'a [i64],
        unit: Unit,
        zoned: bool,
    },
    Text(Bytes<'a>),
    Binary(Bytes<'a>),
}

/// One array without dictionary or run-end encoding.
#[derive(Clone, Debug)]
pub struct Column<'a> {
    /// Rows.
    pub len: usize,
    /// Which rows are not null; `None` if all are there.
    pub validity: Option<Bits<'a>>,
    /// The values; a null row's slot holds anything.
    pub values: Values<'a>,
}

impl Column<'_> {
    /// Whether a row holds a value.
    #[inline]
    #[must_use]
    pub fn is_valid(&self, row: usize) -> bool {
        !matches!(self.values, Values::Null) && self.validity.is_none_or(|bits| bits.get(row))
    }
}
