//! Arrays for tests: the same texts in every layout, and numbers at random but always the same.
#![allow(dead_code, reason = "each test takes what it needs")]

use lockgate_kernel::canonical::{Encoder, Normaliser, canonical};
use lockgate_kernel::column::{Bits, Bytes, Column, Ranges, Values, Views};
use lockgate_kernel::fault::Outcome;
use lockgate_kernel::varlen::Varlen;

pub const NORMALISERS: [Normaliser; 6] = [
    Normaliser::Exact,
    Normaliser::Nfc,
    Normaliser::Text,
    Normaliser::Email,
    Normaliser::Digits,
    Normaliser::Alphanumeric,
];

/// A row's bytes; `None` is null.
pub type Row = Option<Vec<u8>>;

/// A splitmix generator: what a failure saw can be seen again.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let at = self.below(choices.len());
        &choices[at]
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }

    /// Up to `most` of the pieces, one after another.
    pub fn text(&mut self, pieces: &[&str], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| *self.of(pieces)).collect()
    }
}

/// Rows in the buffers of every layout that holds bytes of any length.
pub struct Layouts {
    small: Vec<i32>,
    large: Vec<i64>,
    views: Vec<[u8; 16]>,
    data: Vec<u8>,
    bits: Vec<u8>,
    rows: usize,
    nulls: bool,
}

impl Layouts {
    /// `garbage` is what the slots of nulls hold; before and after all rows lie other bytes.
    pub fn new(rows: &[Row], garbage: &[u8]) -> Self {
        let mut data = b"before\xff".to_vec();
        let mut made = Self {
            small: vec![data.len() as i32],
            large: vec![data.len() as i64],
            views: Vec::new(),
            data: Vec::new(),
            bits: vec![0; rows.len() / 8 + 1],
            rows: rows.len(),
            nulls: rows.contains(&None),
        };
        for (at, row) in rows.iter().enumerate() {
            let start = data.len();
            let value = row.as_deref().unwrap_or(garbage);
            data.extend_from_slice(value);
            made.small.push(data.len() as i32);
            made.large.push(data.len() as i64);
            let mut view = [0xff; 16];
            view[..4].copy_from_slice(&(value.len() as u32).to_le_bytes());
            if value.len() <= 12 {
                view[4..4 + value.len()].copy_from_slice(value);
            } else {
                view[8..12].copy_from_slice(&1_u32.to_le_bytes());
                view[12..].copy_from_slice(&(start as u32).to_le_bytes());
            }
            if row.is_some() {
                made.bits[at / 8] |= 1 << (at % 8);
            } else {
                view = [0xee; 16];
            }
            made.views.push(view);
        }
        data.extend_from_slice(b"\xffafter");
        made.data = data;
        made
    }

    /// Calls `look` with each layout of text.
    pub fn as_text(&self, look: impl FnMut(&Column<'_>)) {
        self.each(true, look);
    }

    /// Calls `look` with each layout of binary.
    pub fn as_binary(&self, look: impl FnMut(&Column<'_>)) {
        self.each(false, look);
    }

    fn each(&self, text: bool, mut look: impl FnMut(&Column<'_>)) {
        let validity = self.nulls.then(|| Bits::new(&self.bits, 0, self.rows).unwrap());
        let buffers: [&[u8]; 2] = [b"other", &self.data];
        let layouts = [
            Bytes::Small(Ranges::new(&self.small, &self.data).unwrap()),
            Bytes::Large(Ranges::new(&self.large, &self.data).unwrap()),
            Bytes::View(Views::new(&self.views, &buffers, validity).unwrap()),
        ];
        for bytes in layouts {
            let values = if text { Values::Text(bytes) } else { Values::Binary(bytes) };
            look(&Column { len: self.rows, validity, values });
        }
    }
}

/// One slot a row as the kernel wrote it, and the rows it refused, in steps of `step` rows.
pub fn encoded(
    column: &Column<'_>,
    normaliser: Normaliser,
    step: usize,
) -> Outcome<(Vec<Vec<u8>>, Vec<usize>)> {
    let encoder = Encoder::new(column, normaliser, false)?;
    let mut into = Varlen::with_capacity(0, 0);
    let mut refused = Vec::new();
    for start in (0..column.len).step_by(step) {
        encoder.encode(start..column.len.min(start + step), &mut into, &mut refused)?;
    }
    assert_eq!(into.len(), column.len);
    assert_eq!(into.data.len(), into.offsets[into.len()] as usize);
    Ok(((0..into.len()).map(|row| into.get(row).to_vec()).collect(), refused))
}

/// The only value of a column of one row; `None` if it is refused.
pub fn one(values: Values<'_>, normaliser: Normaliser) -> Option<Vec<u8>> {
    let column = Column { len: 1, validity: None, values };
    canonical(&column, normaliser, false).ok().map(|into| into.get(0).to_vec())
}
