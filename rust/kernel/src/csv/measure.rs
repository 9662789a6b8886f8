//! How far the whole rows of a text reach, and how many there are.

use super::FEED;
use super::cut::{check, whole};
use super::processor::Processor;
use super::signs::{Signs, signs_at};
use super::walk::{self, Row};
use crate::fault::Outcome;

/// What reading on has to know of the rows of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// So many bytes are whole rows.
    pub consumed: usize,
    /// How many rows these are, blank ones included.
    pub rows: usize,
    /// How many of the rows hold no byte.
    pub blank: usize,
    /// How many line ends are among these bytes, inside quotes too.
    pub lines: usize,
    /// Whether the text after `consumed` is inside a quoted cell at its end.
    pub in_quotes: bool,
}

/// Counts what `cut` finds, in less time. Refuses what that refuses.
pub fn measure(data: &[u8], delimiter: u8, last: bool) -> Outcome<Extent> {
    measure_on(Processor::best(), data, delimiter, last)
}

pub(super) fn measure_on(
    processor: Processor,
    data: &[u8],
    delimiter: u8,
    last: bool,
) -> Outcome<Extent> {
    check(data, delimiter)?;
    let mut measuring = Measuring::new(whole(data, last), delimiter);
    processor.measure(&mut measuring);
    Ok(measuring.finish(last))
}

/// What was counted so far.
pub(super) struct Measuring<'a> {
    data: &'a [u8],
    pub(super) delimiter: u8,
    found: Extent,
    /// Line ends behind the last row's too.
    lines: usize,
}

impl<'a> Measuring<'a> {
    fn new(data: &'a [u8], delimiter: u8) -> Self {
        Self { data, delimiter, found: Extent::default(), lines: 0 }
    }

    /// Measures all of it.
    #[inline(always)]
    pub(super) fn run(&mut self, look: impl Fn(&[u8; 64]) -> Signs, inside: impl Fn(u64) -> u64) {
        let mut at = Some(0);
        while let Some(from) = at {
            at = if self.words(from, &look, &inside) { self.walk() } else { None };
        }
    }

    /// Looks at words from `at` on, where a row begins. True if a quote stands where no cell begins:
    /// the row that began last is in doubt.
    #[inline(always)]
    fn words(
        &mut self,
        mut at: usize,
        look: &impl Fn(&[u8; 64]) -> Signs,
        inside: &impl Fn(u64) -> u64,
    ) -> bool {
        let size = self.data.len();
        // All bits while inside quotes; whether a cell, or a row, may begin with the next byte;
        // whether a CR was the last byte.
        let (mut open, mut begins, mut begun, mut returned) = (0, 1, 1, 0);
        let Extent { mut consumed, mut rows, mut blank, lines: mut before, .. } = self.found;
        let mut lines = self.lines;
        let mut doubtful = false;
        while at < size && !doubtful {
            let (signs, _) = signs_at(self.data, at, size, look);
            let within = inside(signs.quotes) ^ open;
            open = ((within as i64) >> 63) as u64;
            let line_ends = signs.feeds | signs.returns;
            let beginning = signs.delimiters | line_ends | signs.quotes;
            let doubt = signs.quotes & within & !(beginning << 1 | begins);
            begins = beginning >> 63;
            // Nothing at or behind the first doubtful quote counts.
            doubtful = doubt != 0;
            let seen = (doubt & doubt.wrapping_neg()).wrapping_sub(1);
            let (mut firsts, mut lasts) = (line_ends & seen, line_ends & seen);
            if signs.returns | returned != 0 {
                let feed_next = u64::from(self.data.get(at + 64) == Some(&FEED)) << 63;
                firsts &= !(signs.feeds & (signs.returns << 1 | returned));
                lasts &= !(signs.returns & (signs.feeds >> 1 | feed_next));
                returned = signs.returns >> 63;
            }
            let ended = lasts & !within;
            blank += (firsts & !within & (ended << 1 | begun)).count_ones() as usize;
            begun = ended >> 63;
            rows += ended.count_ones() as usize;
            if ended != 0 {
                let behind = ended.leading_zeros();
                consumed = at + 64 - behind as usize;
                before = lines + (lasts << behind).count_ones() as usize;
            }
            lines += lasts.count_ones() as usize;
            at += 64;
        }
        self.lines = lines;
        let in_quotes = open != 0;
        self.found = Extent { consumed, rows, blank, lines: before, in_quotes };
        doubtful
    }

    /// Walks over the row that began last. Where the next one begins, if there is one.
    #[cold]
    #[inline(never)]
    fn walk(&mut self) -> Option<usize> {
        let start = self.found.consumed;
        let (whole, next) = match walk::row(self.data, start, self.delimiter) {
            Row::Whole(_, next) => (true, next),
            Row::Cut(in_quotes) => {
                self.found.in_quotes = in_quotes;
                (false, self.data.len())
            }
        };
        // Those of its line ends that were seen before the doubt are counted again.
        self.lines = self.found.lines;
        walk::line_ends(self.data, start, next, |_| self.lines += 1);
        if !whole {
            return None;
        }
        self.found.consumed = next;
        self.found.rows += 1;
        self.found.lines = self.lines;
        self.found.in_quotes = false;
        Some(next)
    }

    fn finish(self, last: bool) -> Extent {
        let mut found = self.found;
        if last && !found.in_quotes && found.consumed < self.data.len() {
            found.rows += 1;
            found.consumed = self.data.len();
            found.lines = self.lines;
        }
        found
    }
}
