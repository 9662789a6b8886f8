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
    texts: Vec<Text>,
    /// How many of these are not `Plain`.
    others: usize,
    /// The texts of rows that are `Copied`.
    copied: Vec<u8>,
    /// Whether any byte was beyond ASCII.
    pub high: u64,
}

/// Where the text of a row is, and what to do to its quoted cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// In the data; between its quotes a cell is as it stands.
    Plain,
    /// In the data; between its quotes a cell has every quote twice.
    Doubled,
    /// Written again, as some quote was neither; then as if `Plain`.
    Copied,
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
    Whole(Text),
    Ragged,
    /// There are quotes within a cell that are not doubled, or too many cells: it has to be walked.
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
            texts: Vec::with_capacity(rows),
            others: 0,
            copied: Vec::new(),
            high: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.others = 0;
        self.copied.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
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
        let (kind, text) = match self.look_at(start, end, look, inside, spread)? {
            Seen::Whole(text) => (Kind::Whole, text),
            Seen::Ragged => (Kind::Ragged, Text::Plain),
            Seen::Odd => (self.copy(start, end)?, Text::Copied),
        };
        if kind == Kind::Whole {
            self.texts.push(text);
            self.others += usize::from(text != Text::Plain);
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
        let first = self.texts.len() * (self.width + 1);
        let cells = self.places.get_mut(first..).ok_or(Fault::Malformed)?;
        cells[0] = (start as u32).wrapping_sub(1);
        let mut found = 1;
        // All bits while inside quotes; whether a cell begins with the next byte; whether the last
        // byte was a closing quote.
        let (mut open, mut begins, mut closed) = (0, 1, 0);
        let mut doubled = 0;
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
                let behind = (closings << 1 | closed) & there;
                // An opening quote stands where a cell begins, or is the second of two; behind a
                // closing one there is such a second one, a delimiter, or no more of the row.
                let second = openings & behind;
                if openings & !(delimiters << 1 | begins | second) | behind & !(delimiters | second)
                    != 0
                {
                    return Ok(Seen::Odd);
                }
                doubled |= second;
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
            return Ok(Seen::Ragged);
        }
        cells[found] = end as u32;
        Ok(Seen::Whole(if doubled == 0 { Text::Plain } else { Text::Doubled }))
    }

    /// Reads a row byte by byte and writes it again: what was quoted between two quotes without
    /// doubling any, and the rest as it is.
    #[cold]
    #[inline(never)]
    fn copy(&mut self, start: usize, end: usize) -> Outcome<Kind> {
        let row = &self.data[start..end];
        let first = self.texts.len() * (self.width + 1);
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
                        let inner = &row[at + 1..closed - 1];
                        let len = self.copied.len();
                        self.copied.resize(len + inner.len(), 0);
                        let written = unescape(inner, &mut self.copied[len..]);
                        self.copied.truncate(len + written);
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

    /// Whether all rows are `Plain`.
    pub(super) fn is_plain(&self) -> bool {
        self.others == 0
    }

    /// For each row, its text, and where one of its cells lies in `source` of that.
    #[inline(always)]
    pub(super) fn cells(&self, column: usize) -> impl Iterator<Item = (Text, usize, usize)> {
        let rows = self.places.chunks_exact(self.width + 1).zip(&self.texts);
        rows.map(move |(places, text)| {
            (*text, places[column].wrapping_add(1) as usize, places[column + 1] as usize)
        })
    }

    /// What the places of a row are in.
    #[inline(always)]
    pub(super) fn source(&self, text: Text) -> &[u8] {
        if text == Text::Copied { &self.copied } else { self.data }
    }
}

fn place(at: usize) -> Outcome<u32> {
    u32::try_from(at).map_err(|_| Fault::TooBig)
}

/// Writes a text with every two quotes as one, where there is room for all of it. What it wrote.
pub(super) fn unescape(text: &[u8], out: &mut [u8]) -> usize {
    let (mut rest, mut len) = (text, 0);
    loop {
        let part = match rest.iter().position(|byte| *byte == QUOTE) {
            Some(at) => &rest[..=at],
            None => rest,
        };
        out[len..len + part.len()].copy_from_slice(part);
        len += part.len();
        match rest.get(part.len() + 1..) {
            Some(more) if part.len() < rest.len() => rest = more,
            _ => return len,
        }
    }
}
