//! One column in the making.

use super::QUOTE;
use super::grid::Grid;
use crate::fault::{Fault, Outcome};
use crate::varlen::Varlen;

/// What is copied at once, whether or not all of it belongs to the cell.
const STEP: usize = 32;

/// Texts, and which of them are there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// The texts; null ones are empty.
    pub values: Varlen,
    /// A bit a row, the first one lowest, set if there is a text.
    pub there: Vec<u8>,
    /// How many are null.
    pub nulls: usize,
}

/// A column that grows by whole grids.
pub(super) struct Growing {
    offsets: Vec<i32>,
    data: Vec<u8>,
    /// So much of `data` is of cells.
    len: usize,
    there: Vec<u8>,
    /// The bits of rows that make no whole byte yet, and how many.
    bits: u8,
    pending: u32,
    nulls: usize,
}

impl Growing {
    /// With room for so many rows, to begin with.
    pub(super) fn new(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        let there = Vec::with_capacity(rows.div_ceil(8));
        Self { offsets, data: Vec::new(), len: 0, there, bits: 0, pending: 0, nulls: 0 }
    }

    /// Appends a grid's column. About so many rows are to follow.
    #[inline(always)]
    pub(super) fn append(&mut self, grid: &Grid<'_>, column: usize, left: usize) -> Outcome<()> {
        self.expect(grid.len() + left);
        for (text, start, end) in grid.cells(column) {
            let quoted = end > start && text.get(start) == Some(&QUOTE);
            let edge = usize::from(quoted);
            let (from, to) = (start + edge, end.wrapping_sub(edge));
            let len = to.checked_sub(from).ok_or(Fault::Malformed)?;
            if self.len + len + STEP > self.data.len() {
                self.grow(len);
            }
            self.copy(text, from, len)?;
            self.len += len;
            self.offsets.push(i32::try_from(self.len).map_err(|_| Fault::TooBig)?);
            self.flag(quoted | (len != 0));
        }
        Ok(())
    }

    /// Makes room for more rows like those so far.
    fn expect(&mut self, more: usize) {
        let rows = self.offsets.len() - 1;
        if rows > 0 {
            let expected = self.len + self.len.div_ceil(rows) * more + STEP;
            if expected > self.data.len() {
                self.data.resize(expected + expected / 16, 0);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, len: usize) {
        let needed = self.len + len + STEP;
        self.data.resize(needed.max(2 * self.data.len()).max(1 << 10), 0);
    }

    #[inline(always)]
    fn copy(&mut self, text: &[u8], from: usize, len: usize) -> Outcome<()> {
        let into = &mut self.data[self.len..];
        if len <= STEP
            && let Some(bytes) = text.get(from..).and_then(<[u8]>::first_chunk::<STEP>)
            && let Some(room) = into.first_chunk_mut::<STEP>()
        {
            *room = *bytes;
            return Ok(());
        }
        let bytes = text.get(from..from + len).ok_or(Fault::Malformed)?;
        into[..len].copy_from_slice(bytes);
        Ok(())
    }

    #[inline(always)]
    fn flag(&mut self, there: bool) {
        self.bits |= u8::from(there) << self.pending;
        self.nulls += usize::from(!there);
        self.pending += 1;
        if self.pending == 8 {
            self.there.push(self.bits);
            (self.bits, self.pending) = (0, 0);
        }
    }

    /// The column, in no more memory than it needs.
    pub(super) fn finish(mut self) -> Texts {
        self.data.truncate(self.len);
        self.data.shrink_to_fit();
        self.offsets.shrink_to_fit();
        if self.pending > 0 {
            self.there.push(self.bits);
        }
        let values = Varlen { offsets: self.offsets, data: self.data };
        Texts { values, there: self.there, nulls: self.nulls }
    }
}
