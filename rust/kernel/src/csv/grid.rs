//! Where the cells of some rows lie.

use super::QUOTE;
use super::signs::{Signs, signs_at};
use super::walk;
use crate::fault::{Fault, Outcome};

/// Room behind the last row, for a word's places to be written without asking how many there are.
const SLACK: usize = 64;

/// A limited number of rows of equal width.
pub(super) struct Grid<'a> {
    data: &'a [u8],
    delimiter: u8,
    width: usize,
    /// For each row, where its cells end; before the first one, the place before the row.
    places: Vec<u32>,
    /// For each row, whether its places are in `copied` instead of the data.
    elsewhere: Vec<bool>,
    /// Rows whose quotes are not in pairs around cells, written again so that they are.
    copied: Vec<u8>,
    /// Whether any byte was beyond ASCII.
    pub high: u64,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As wide as wanted: it is in the grid.
    Whole,
    /// Of fewer or more cells: it is not.
    Ragged,
}

/// What looking at a row's words says.
enum Seen {
    Kind(Kind),
    /// There are quotes other than one at each end of a cell, or too many cells: it has to be walked.
    Odd,
}

impl<'a> Grid<'a> {
    /// A grid for `rows` rows of `width` cells.
    pub(super) fn new(data: &'a [u8], delimiter: u8, width: usize, rows: usize) -> Self {
        Self {
            data,
            delimiter,
            width,
            places: vec![0; rows * (width + 1) + SLACK],
            elsewhere: Vec::with_capacity(rows),
            copied: Vec::new(),
            high: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.elsewhere.clear();
        self.copied.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.elsewhere.len()
    }

    /// Adds the row between two places of the data, which hold. `Malformed` if a quote in it never
    /// closes.
    #[inline(always)]
    pub(super) fn add(
        &mut self,
        start: usize,
        end: usize,
        look: &impl Fn(&[u8; 64]) -> Signs,
        inside: &impl Fn(u64) -> u64,
        spread: &impl Fn(u64, u32, &mut [u32; 64]),
    ) -> Outcome<Kind> {
        let seen = self.look_at(start, end, look, inside, spread)?;
        let elsewhere = matches!(seen, Seen::Odd);
        let kind = match seen {
            Seen::Kind(kind) => kind,
            Seen::Odd => self.copy(start, end)?,
        };
        if kind == Kind::Whole {
            self.elsewhere.push(elsewhere);
        }
        Ok(kind)
    }

    #[inline(always)]
    fn look_at(
        &mut self,
        start: usize,
        end: usize,
        look: &impl Fn(&[u8; 64]) -> Signs,
        inside: &impl Fn(u64) -> u64,
        spread: &impl Fn(u64, u32, &mut [u32; 64]),
    ) -> Outcome<Seen> {
        let first = self.elsewhere.len() * (self.width + 1);
        let cells = self.places.get_mut(first..).ok_or(Fault::Malformed)?;
        cells[0] = (start as u32).wrapping_sub(1);
        let mut found = 1;
        // All bits while inside quotes; whether a cell begins with the next byte; whether the last
        // byte was a closing quote.
        let (mut open, mut begins, mut closed) = (0, 1, 0);
        let mut at = start;
        while at < end {
            let (signs, there) = signs_at(self.data, at, end, look);
            self.high |= signs.high;
            let mut delimiters = signs.delimiters;
            if signs.quotes | open | closed != 0 {
                let within = inside(signs.quotes) ^ open;
                delimiters &= !within;
                let openings = signs.quotes & within;
                let closings = signs.quotes & !within;
                // Behind a closing quote there is a delimiter, or no more of the row.
                let behind = (closings << 1 | closed) & there;
                if openings & !(delimiters << 1 | begins) | behind & !delimiters != 0 {
                    return Ok(Seen::Odd);
                }
                closed = closings >> 63;
                open = ((within as i64) >> 63) as u64;
            }
            begins = delimiters >> 63;
            let count = delimiters.count_ones() as usize;
            if found + count > self.width {
                return Ok(Seen::Odd);
            }
            let room = cells[found..].first_chunk_mut().ok_or(Fault::Malformed)?;
            spread(delimiters, at as u32, room);
            found += count;
            at += 64;
        }
        if open != 0 {
            return Err(Fault::Malformed);
        }
        if found != self.width {
            return Ok(Seen::Kind(Kind::Ragged));
        }
        cells[found] = end as u32;
        Ok(Seen::Kind(Kind::Whole))
    }

    /// Reads a row byte by byte and writes it again: what was quoted between two quotes without
    /// doubling any, and the rest as it is.
    #[cold]
    #[inline(never)]
    fn copy(&mut self, start: usize, end: usize) -> Outcome<Kind> {
        let row = &self.data[start..end];
        let first = self.elsewhere.len() * (self.width + 1);
        let before = self.copied.len();
        self.places[first] = place(before)?.wrapping_sub(1);
        let (mut at, mut found) = (0, 0);
        loop {
            let cell = walk::cell(row, at, self.delimiter, false);
            if cell.open {
                return Err(Fault::Malformed);
            }
            found += 1;
            if found <= self.width {
                match cell.unquoted {
                    Some(closed) => {
                        self.copied.push(QUOTE);
                        unescape(&row[at + 1..closed - 1], &mut self.copied);
                        self.copied.extend_from_slice(&row[closed..cell.end]);
                        self.copied.push(QUOTE);
                    }
                    None => self.copied.extend_from_slice(&row[at..cell.end]),
                }
                self.places[first + found] = place(self.copied.len())?;
                self.copied.push(self.delimiter);
            }
            if cell.end == row.len() {
                break;
            }
            at = cell.end + 1;
        }
        for byte in row {
            self.high |= u64::from(byte & 0x80);
        }
        if found == self.width {
            return Ok(Kind::Whole);
        }
        self.copied.truncate(before);
        Ok(Kind::Ragged)
    }

    /// For each row, what its places are of, and where one of its cells lies there.
    #[inline(always)]
    pub(super) fn cells(&self, column: usize) -> impl Iterator<Item = (&[u8], usize, usize)> {
        let rows = self.places.chunks_exact(self.width + 1).zip(&self.elsewhere);
        rows.map(move |(places, elsewhere)| {
            let text = if *elsewhere { self.copied.as_slice() } else { self.data };
            (text, places[column].wrapping_add(1) as usize, places[column + 1] as usize)
        })
    }
}

fn place(at: usize) -> Outcome<u32> {
    u32::try_from(at).map_err(|_| Fault::TooBig)
}

/// Appends a text with every two quotes as one.
fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == QUOTE) {
        out.extend_from_slice(&rest[..=at]);
        rest = &rest[(at + 2).min(rest.len())..];
    }
    out.extend_from_slice(rest);
}
