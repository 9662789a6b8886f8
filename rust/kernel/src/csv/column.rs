//! One column in the making.

use super::QUOTE;
use super::grid::{Grid, Text};
use crate::fault::{Fault, Outcome};
use crate::varlen::Varlen;

/// The most that is copied at once, whether or not all of it belongs to the cell.
const STEP: usize = 64;

/// Marks a place whose cell has doubled quotes: places are below 2 GiB.
const DOUBLED: u32 = 1 << 31;

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
    there: Vec<u8>,
    /// The bits of rows that make no whole byte yet, and how many.
    bits: u8,
    pending: u32,
    nulls: usize,
}

impl Default for Growing {
    fn default() -> Self {
        let (data, there) = (Vec::new(), Vec::new());
        Self { offsets: vec![0], data, there, bits: 0, pending: 0, nulls: 0 }
    }
}

impl Growing {
    /// Appends a grid's column. About so many rows are to follow. `froms` is for use in between.
    #[inline(always)]
    pub(super) fn append(
        &mut self,
        grid: &Grid<'_>,
        column: usize,
        left: usize,
        froms: &mut Vec<u32>,
    ) -> Outcome<()> {
        let done = self.offsets.len();
        self.offsets.reserve(grid.len() + left);
        self.there.reserve((grid.len() + left) / 8 + 1);
        self.offsets.resize(done + grid.len(), 0);
        froms.resize(grid.len(), 0);
        // Two loops each, as all rows' text is nearly always in one place.
        let longest = if grid.is_in_place() {
            self.find::<true>(grid, column, done, froms)
        } else {
            self.find::<false>(grid, column, done, froms)
        };
        let (start, size) = (self.data.len(), self.size()?);
        let usual = size.div_ceil(self.offsets.len());
        self.data.reserve(size - start + usual * left + STEP);
        self.data.resize(size + STEP, 0);
        match (longest, grid.is_in_place()) {
            (..=16, true) => self.copy::<16, true>(grid, done, froms),
            (..=16, false) => self.copy::<16, false>(grid, done, froms),
            (..=32, true) => self.copy::<32, true>(grid, done, froms),
            (..=32, false) => self.copy::<32, false>(grid, done, froms),
            (_, true) => self.copy::<STEP, true>(grid, done, froms),
            (_, false) => self.copy::<STEP, false>(grid, done, froms),
        }?;
        self.data.truncate(size);
        Ok(())
    }

    /// Where the last text ends. They rise: if this one is right, all are.
    fn size(&self) -> Outcome<usize> {
        let last = self.offsets.last().copied().unwrap_or(0);
        usize::try_from(last).map_err(|_| Fault::TooBig)
    }

    /// Where the texts begin in their sources, where they will end, and which are there. The
    /// longest one's size.
    #[inline(always)]
    fn find<const IN_PLACE: bool>(
        &mut self,
        grid: &Grid<'_>,
        column: usize,
        done: usize,
        froms: &mut [u32],
    ) -> usize {
        let mut len = self.data.len();
        let (mut bits, mut pending, mut longest) = (self.bits, self.pending, 0);
        let Self { offsets, there, nulls, .. } = self;
        // What changes with every cell is kept out of `self`, which is in memory.
        let data_itself = grid.source(Text::Plain);
        let places = froms.iter_mut().zip(&mut offsets[done..]);
        for ((text, start, end), (place, offset)) in grid.cells(column).zip(places) {
            let source = if IN_PLACE { data_itself } else { grid.source(text) };
            let quoted = end > start && source.get(start) == Some(&QUOTE);
            let edge = usize::from(quoted);
            let from = start + edge;
            let mut size = end.wrapping_sub(from + edge);
            *place = from as u32;
            if quoted && text == Text::Doubled {
                let pairs = pairs(source.get(from..from.wrapping_add(size)).unwrap_or_default());
                size = size.wrapping_sub(pairs);
                *place |= u32::from(pairs != 0) * DOUBLED;
            }
            longest = longest.max(size);
            len = len.wrapping_add(size);
            // More than fits cannot be less again: it is seen at the last one.
            *offset = i32::try_from(len).unwrap_or(-1);
            bits |= u8::from(quoted | (size != 0)) << pending;
            pending += 1;
            if pending == 8 {
                there.push(bits);
                *nulls += bits.count_zeros() as usize;
                (bits, pending) = (0, 0);
            }
        }
        (self.bits, self.pending) = (bits, pending);
        longest
    }

    /// Copies what was found, `WIDTH` bytes at once.
    #[inline(always)]
    fn copy<const WIDTH: usize, const IN_PLACE: bool>(
        &mut self,
        grid: &Grid<'_>,
        done: usize,
        froms: &[u32],
    ) -> Outcome<()> {
        let Self { offsets, data, .. } = self;
        let data_itself = grid.source(Text::Plain);
        let mut at = offsets[done - 1] as usize;
        for ((from, end), text) in froms.iter().zip(&offsets[done..]).zip(grid.texts()) {
            let source = if IN_PLACE { data_itself } else { grid.source(*text) };
            let (doubled, from) = (from & DOUBLED != 0, (from & !DOUBLED) as usize);
            let end = *end as usize;
            let bytes = source.get(from..).and_then(<[u8]>::first_chunk::<WIDTH>);
            let room = data.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<WIDTH>);
            match (bytes, room) {
                (Some(bytes), Some(room)) if (WIDTH < STEP || end - at <= STEP) && !doubled => {
                    *room = *bytes;
                }
                _ => put(source, from, data.get_mut(at..end), doubled)?,
            }
            at = end;
        }
        Ok(())
    }

    /// The column, in no more memory than it needs.
    pub(super) fn finish(mut self) -> Texts {
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

/// How many quotes a text has twice.
pub(super) fn pairs(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == QUOTE).count() / 2
}

/// Writes a cell that is long, has doubled quotes or is at the end of its source.
#[inline(never)]
fn put(source: &[u8], from: usize, out: Option<&mut [u8]>, doubled: bool) -> Outcome<()> {
    let (source, out) = source.get(from..).zip(out).ok_or(Fault::Malformed)?;
    if doubled {
        return unescape(source, out);
    }
    out.copy_from_slice(source.get(..out.len()).ok_or(Fault::Malformed)?);
    Ok(())
}

/// Fills `out` with the beginning of a text, every two quotes as one.
pub(super) fn unescape(text: &[u8], out: &mut [u8]) -> Outcome<()> {
    let (mut rest, mut out) = (text, out);
    while !out.is_empty() {
        let part = rest.get(..out.len()).ok_or(Fault::Malformed)?;
        let Some(at) = part.iter().position(|byte| *byte == QUOTE) else {
            out.copy_from_slice(part);
            break;
        };
        let (done, left) = out.split_at_mut(at + 1);
        done.copy_from_slice(&part[..=at]);
        (rest, out) = (rest.get(at + 2..).ok_or(Fault::Malformed)?, left);
    }
    Ok(())
}
