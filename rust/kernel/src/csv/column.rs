//! One column in the making.

use super::QUOTE;
use super::grid::{Grid, Text, unescape};
use crate::fault::{Fault, Outcome};
use crate::varlen::Varlen;

/// What is copied at once, whether or not all of it belongs to the cell.
const STEP: usize = 64;

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
        self.expect(grid.len(), left);
        // Two loops, as a row's text is nearly always in one place and to be taken as it stands.
        if grid.is_plain() {
            self.append_from::<true>(grid, column)
        } else {
            self.append_from::<false>(grid, column)
        }
    }

    #[inline(always)]
    fn append_from<const PLAIN: bool>(&mut self, grid: &Grid<'_>, column: usize) -> Outcome<()> {
        let done = self.offsets.len();
        self.offsets.resize(done + grid.len(), 0);
        let (mut len, mut bits, mut pending) = (self.len, self.bits, self.pending);
        let Self { offsets, data, there, nulls, .. } = self;
        // What changes with every cell is kept out of `self`, which is in memory.
        let plain = grid.source(Text::Plain);
        for ((text, start, end), offset) in grid.cells(column).zip(&mut offsets[done..]) {
            let source = if PLAIN { plain } else { grid.source(text) };
            let quoted = end > start && source.get(start) == Some(&QUOTE);
            let edge = usize::from(quoted);
            let from = start + edge;
            let size = end.wrapping_sub(from + edge);
            let bytes = source.get(from..).and_then(<[u8]>::first_chunk::<STEP>);
            let room = data.get_mut(len..).and_then(<[u8]>::first_chunk_mut::<STEP>);
            match (bytes, room) {
                (Some(bytes), Some(room))
                    if size <= STEP && (PLAIN || !quoted || text != Text::Doubled) =>
                {
                    *room = *bytes;
                    len += size;
                }
                _ => {
                    let cell = source.get(from..from.wrapping_add(size)).ok_or(Fault::Malformed)?;
                    len += put(data, len, cell, quoted && text == Text::Doubled);
                }
            }
            *offset = len as i32;
            bits |= u8::from(quoted | (size != 0)) << pending;
            pending += 1;
            if pending == 8 {
                there.push(bits);
                *nulls += bits.count_zeros() as usize;
                (bits, pending) = (0, 0);
            }
        }
        (self.len, self.bits, self.pending) = (len, bits, pending);
        // They rise: if the last one is right, all are.
        i32::try_from(len).map(|_| ()).map_err(|_| Fault::TooBig)
    }

    /// Makes room for so many rows like those so far, and for more to follow.
    fn expect(&mut self, rows: usize, more: usize) {
        let done = self.offsets.len() - 1;
        if done > 0 {
            let usual = self.len.div_ceil(done);
            self.data.truncate(self.len);
            self.data.reserve(usual * (rows + more) + STEP);
            // Only what is written next is cleared before: it is still in cache then.
            self.data.resize(self.len + usual * rows + usual * rows / 16 + STEP, 0);
        }
    }

    /// The column, in no more memory than it needs.
    pub(super) fn finish(mut self) -> Texts {
        self.data.truncate(self.len);
        self.data.shrink_to_fit();
        self.offsets.shrink_to_fit();
        if self.pending > 0 {
            self.there.push(self.bits);
            self.nulls += (self.pending - self.bits.count_ones()) as usize;
        }
        let values = Varlen { offsets: self.offsets, data: self.data };
        Texts { values, there: self.there, nulls: self.nulls }
    }
}

/// Writes a cell at `len` that is long, has doubled quotes or is short of room. Its length.
#[inline(never)]
fn put(data: &mut Vec<u8>, len: usize, cell: &[u8], doubled: bool) -> usize {
    let needed = len + cell.len() + STEP;
    if needed > data.len() {
        data.resize(needed.max(2 * data.len()).max(1 << 10), 0);
    }
    if doubled {
        return unescape(cell, &mut data[len..]);
    }
    data[len..len + cell.len()].copy_from_slice(cell);
    cell.len()
}
