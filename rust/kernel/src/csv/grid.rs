//! Where the cells of some rows lie.

use super::column::{pairs, unescape};
use super::marks::Marks;
use super::walk;
use super::{QUOTE, RETURN};
use crate::fault::{Fault, Outcome};

/// Room behind what was found, for a word's places to be written without asking how many there are.
const SLACK: usize = 64;

/// Rows of equal width, and behind them what was seen of the rows that follow.
pub(super) struct Grid<'a> {
    data: &'a [u8],
    delimiter: u8,
    width: usize,
    /// For each row of the grid, where its cells end; then the places that are not gathered yet.
    places: Vec<u32>,
    /// How many of them there are.
    found: usize,
    /// Where the rows of the grid begin.
    starts: Vec<u32>,
    texts: Vec<Text>,
    /// The texts of rows that are `Copied`.
    copied: Vec<u8>,
    /// Second quotes of two that are in rows not gathered yet.
    doubled: Vec<usize>,
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
    /// A line without a byte, where that is no row.
    Blank,
    /// Of fewer or more cells: it is not in the grid.
    Ragged,
}

impl<'a> Grid<'a> {
    /// A grid of rows of `width` cells, which is not zero, for `cells` of them and a row more.
    pub(super) fn new(data: &'a [u8], delimiter: u8, width: usize, cells: usize) -> Self {
        let rows = cells / width + 1;
        Self {
            data,
            delimiter,
            width,
            places: vec![0; cells + 2 * width + 2 * SLACK],
            found: 0,
            starts: Vec::with_capacity(rows),
            texts: Vec::with_capacity(rows),
            copied: Vec::new(),
            doubled: Vec::new(),
        }
    }

    /// How many rows were gathered.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// How many places are held, of gathered rows or not.
    pub(super) fn held(&self) -> usize {
        self.found
    }

    /// Takes the places of a word: of what ends cells, and of second quotes.
    #[inline(always)]
    pub(super) fn push(
        &mut self,
        bits: u64,
        seconds: u64,
        at: usize,
        spread: &impl Fn(u64, u32, &mut [u32; 64]),
    ) -> Outcome<()> {
        let room = self.places.get_mut(self.found..).and_then(<[u32]>::first_chunk_mut);
        spread(bits, at as u32, room.ok_or(Fault::Malformed)?);
        self.found += bits.count_ones() as usize;
        if seconds != 0 {
            self.doubles(seconds, at);
        }
        Ok(())
    }

    #[inline(never)]
    fn doubles(&mut self, mut seconds: u64, at: usize) {
        while seconds != 0 {
            self.doubled.push(at + seconds.trailing_zeros() as usize);
            seconds &= seconds - 1;
        }
    }

    /// Gathers the rows that end at the bounds from number `done` on, and tells what each is.
    /// `None` if one has more than `most` bytes.
    #[inline(always)]
    pub(super) fn gather(
        &mut self,
        bounds: &Marks,
        done: usize,
        most: usize,
        mut tell: impl FnMut(usize, Kind),
    ) -> Option<()> {
        let Some((first, ends)) = bounds.get().get(done..).and_then(<[i64]>::split_first) else {
            return Some(());
        };
        let mut start = *first as usize;
        let (mut to, mut from) = (self.len() * self.width, self.len() * self.width);
        let mut doubled = self.doubled.iter().peekable();
        for end in ends {
            let bound = *end as usize;
            if bound - start > most {
                return None;
            }
            let mut text = Text::Plain;
            while doubled.next_if(|place| **place < bound).is_some() {
                text = Text::Doubled;
            }
            let behind = from + self.width;
            let last = self.places[behind - 1] as usize;
            let ends =
                last + 1 == bound || last + 2 == bound && self.data.get(last) == Some(&RETURN);
            let kind = if ends && behind <= self.found {
                if to != from {
                    self.places.copy_within(from..behind, to);
                }
                to += self.width;
                from = behind;
                self.starts.push(start as u32);
                self.texts.push(text);
                Kind::Whole
            } else {
                let places = &self.places[from..self.found];
                let count = places.iter().take_while(|place| (**place as usize) < bound).count();
                let blank = self.width != 1 && count == 1 && places[0] as usize == start;
                from += count;
                if blank { Kind::Blank } else { Kind::Ragged }
            };
            tell(start, kind);
            start = bound;
        }
        let seen = self.doubled.len() - doubled.len();
        self.doubled.drain(..seen);
        // What is there of the next row; no more of it than says that it is too wide.
        let rest = (self.found - from).min(self.width + 1);
        if to != from {
            self.places.copy_within(from..from + rest, to);
        }
        self.found = to + rest;
        Some(())
    }

    /// Forgets what is there of a row that is not gathered.
    pub(super) fn drop_rest(&mut self) {
        self.found = self.len() * self.width;
        self.doubled.clear();
    }

    /// Leaves out the rows that were gathered.
    pub(super) fn clear(&mut self) {
        let gathered = self.len() * self.width;
        self.places.copy_within(gathered..self.found, 0);
        self.found -= gathered;
        self.starts.clear();
        self.texts.clear();
        self.copied.clear();
    }

    /// Reads a row byte by byte and writes it again: what was quoted between two quotes without
    /// doubling any, and the rest as it is. Nothing of a row may be waiting. `Malformed` if a quote
    /// in it never closes.
    #[cold]
    #[inline(never)]
    pub(super) fn copy(&mut self, start: usize, end: usize) -> Outcome<Kind> {
        let row = &self.data[start..end];
        let first = self.found;
        let before = self.copied.len();
        place(before)?;
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
                        self.copied.resize(len + inner.len() - pairs(inner), 0);
                        unescape(inner, &mut self.copied[len..])?;
                        self.copied.extend_from_slice(&row[closed..cell.end]);
                        self.copied.push(QUOTE);
                    }
                    None => self.copied.extend_from_slice(&row[at..cell.end]),
                }
                self.places[first + found - 1] = place(self.copied.len())?;
                self.copied.push(self.delimiter);
            }
            if cell.end == row.len() {
                break;
            }
            at = cell.end + 1;
        }
        if found != self.width {
            self.copied.truncate(before);
            return Ok(Kind::Ragged);
        }
        self.found += found;
        self.starts.push(before as u32);
        self.texts.push(Text::Copied);
        Ok(Kind::Whole)
    }

    /// Whether the texts of all rows are in the data.
    pub(super) fn is_in_place(&self) -> bool {
        self.copied.is_empty()
    }

    /// For each row, its text.
    pub(super) fn texts(&self) -> &[Text] {
        &self.texts
    }

    /// For each row, its text, and where one of its cells lies in `source` of that.
    #[inline(always)]
    pub(super) fn cells(&self, column: usize) -> impl Iterator<Item = (Text, usize, usize)> {
        let rows = self.places.chunks_exact(self.width).zip(&self.texts).zip(&self.starts);
        rows.map(move |((places, text), start)| {
            let start = if column == 0 { *start } else { places[column - 1].wrapping_add(1) };
            (*text, start as usize, places[column] as usize)
        })
    }

    /// What the places of a row are in.
    #[inline(always)]
    pub(super) fn source(&self, text: Text) -> &[u8] {
        if text == Text::Copied { &self.copied } else { self.data }
    }
}

fn place(at: usize) -> Outcome<u32> {
    i32::try_from(at).map(|at| at as u32).map_err(|_| Fault::TooBig)
}
