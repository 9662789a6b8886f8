//! Where the rows of a text begin and end.

use super::marks::Marks;
use super::processor::Processor;
use super::signs::{Signs, signs_at};
use super::walk::{self, Row};
use super::{FEED, RETURN};
use crate::fault::{Fault, Outcome};

/// Rows of a text, blank ones included, and what else was seen on the way.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Zero, and the place just after the line end of each row that has one. A row begins at each
    /// of these, up to as many as `ends` has.
    pub bounds: Vec<i64>,
    /// Where rows end, without their line ends.
    pub ends: Vec<i64>,
    /// So many bytes are whole rows.
    pub consumed: usize,
    /// The places after all line ends of the consumed part, if any is inside quotes; else these are
    /// `bounds` without the first.
    pub line_ends: Option<Vec<i64>>,
    /// Whether the text after `consumed` is inside a quoted cell at its end.
    pub in_quotes: bool,
    /// Whether all bytes given are ASCII.
    pub ascii: bool,
    /// Whether any byte given is NUL.
    pub nul: bool,
}

/// Cuts a text that begins where a row begins. `last`: nothing follows. `Malformed` if the delimiter
/// is a quote or a line end, `TooBig` for more than 2 GiB.
pub fn cut(data: &[u8], delimiter: u8, last: bool) -> Outcome<Cut> {
    cut_on(Processor::best(), data, delimiter, last)
}

pub(super) fn cut_on(processor: Processor, data: &[u8], delimiter: u8, last: bool) -> Outcome<Cut> {
    check(data, delimiter)?;
    let mut cutting = Cutting::new(whole(data, last), delimiter);
    processor.cut(&mut cutting);
    Ok(cutting.finish(last))
}

/// What can be looked at: a CR at the end waits for its LF.
pub(super) fn whole(data: &[u8], last: bool) -> &[u8] {
    match data {
        [front @ .., RETURN] if !last => front,
        _ => data,
    }
}

/// What every pass refuses.
pub(super) fn check(data: &[u8], delimiter: u8) -> Outcome<()> {
    // A delimiter beyond ASCII would part bytes of one character.
    if !delimiter.is_ascii() || matches!(delimiter, super::QUOTE | FEED | RETURN) {
        return Err(Fault::Malformed);
    }
    if i32::try_from(data.len()).is_err() { Err(Fault::TooBig) } else { Ok(()) }
}

/// What was found so far.
#[derive(Debug)]
pub(super) struct Cutting<'a> {
    data: &'a [u8],
    pub(super) delimiter: u8,
    bounds: Marks,
    ends: Marks,
    lines: Option<Marks>,
    in_quotes: bool,
    high: u64,
    nuls: u64,
}

/// How looking at words of 64 bytes ended.
enum Stopped {
    AtTheEnd,
    /// A quote does not begin a cell, in the row that began last.
    InDoubt,
}

impl<'a> Cutting<'a> {
    pub(super) fn new(data: &'a [u8], delimiter: u8) -> Self {
        let room = data.len() / 128 + 16;
        let mut bounds = Marks::with_capacity(room);
        bounds.push(0);
        let ends = Marks::with_capacity(room);
        Self { data, delimiter, bounds, ends, lines: None, in_quotes: false, high: 0, nuls: 0 }
    }

    /// Cuts all of it.
    #[inline(always)]
    pub(super) fn run(&mut self, look: impl Fn(&[u8; 64]) -> Signs, inside: impl Fn(u64) -> u64) {
        let mut at = 0;
        while let Stopped::InDoubt = self.words(at, &look, &inside) {
            match self.walk() {
                Some(next) => at = next,
                None => return,
            }
        }
    }

    /// Looks at words from `at` on, where a row begins.
    #[inline(always)]
    fn words(
        &mut self,
        mut at: usize,
        look: &impl Fn(&[u8; 64]) -> Signs,
        inside: &impl Fn(u64) -> u64,
    ) -> Stopped {
        let size = self.data.len();
        // All bits while inside quotes; whether a cell may begin with the next byte; whether a
        // CR was the last byte.
        let (mut open, mut begins, mut returned) = (0, 1, 0);
        while at < size {
            let (signs, _) = signs_at(self.data, at, size, look);
            self.high |= signs.high;
            self.nuls |= signs.nuls;
            let mut within = 0;
            let mut seen = u64::MAX;
            if signs.quotes | open != 0 {
                within = inside(signs.quotes) ^ open;
                let line_ends = signs.feeds | signs.returns;
                let before = signs.delimiters | line_ends | signs.quotes;
                let doubt = signs.quotes & within & !(before << 1 | begins);
                begins = before >> 63;
                // Nothing at or behind the first doubtful quote counts.
                seen = (doubt & doubt.wrapping_neg()).wrapping_sub(1);
                open = ((within as i64) >> 63) as u64;
            } else {
                let before = signs.delimiters | signs.feeds | signs.returns;
                begins = before >> 63;
            }
            let line_ends = (signs.feeds | signs.returns) & seen;
            if signs.returns | returned == 0 && self.lines.is_none() && line_ends & within == 0 {
                // Nearly always: every line end is an LF, and ends a row.
                self.ends.push_bits(line_ends, at);
                self.bounds.push_bits(line_ends, at + 1);
            } else {
                let firsts = line_ends & !(signs.feeds & (signs.returns << 1 | returned));
                let feed_next = u64::from(self.data.get(at + 64) == Some(&FEED)) << 63;
                let lasts = line_ends & !(signs.returns & (signs.feeds >> 1 | feed_next));
                returned = signs.returns >> 63;
                self.end_rows(at, firsts, lasts, within);
            }
            if seen != u64::MAX {
                return Stopped::InDoubt;
            }
            at += 64;
        }
        self.in_quotes = open != 0;
        Stopped::AtTheEnd
    }

    /// Takes the line ends of a word: their first bytes, and their last ones.
    #[inline(never)]
    fn end_rows(&mut self, at: usize, firsts: u64, lasts: u64, within: u64) {
        if lasts & within != 0 || self.lines.is_some() {
            self.lines().push_bits(lasts, at + 1);
        }
        self.ends.push_bits(firsts & !within, at);
        self.bounds.push_bits(lasts & !within, at + 1);
    }

    /// The places after line ends, from when on they are not those after rows.
    #[cold]
    fn lines(&mut self) -> &mut Marks {
        self.lines.get_or_insert_with(|| Marks::of(&self.bounds.get()[1..]))
    }

    /// Walks over the row that began last. Where the next one begins, if there is one.
    #[cold]
    #[inline(never)]
    fn walk(&mut self) -> Option<usize> {
        let start = self.bounds.last() as usize;
        let row = walk::row(self.data, start, self.delimiter);
        let (end, next) = match row {
            Row::Whole(end, next) => (Some(end), next),
            Row::Cut(in_quotes) => {
                self.in_quotes = in_quotes;
                (None, self.data.len())
            }
        };
        self.see(start, next);
        let data = self.data;
        let lines = self.lines();
        // Those of its lines that were seen before the doubt are among them.
        lines.keep_to(start as i64);
        walk::line_ends(data, start, next, |place| lines.push(place));
        self.ends.push(end? as i64);
        self.bounds.push(next as i64);
        Some(next)
    }

    fn see(&mut self, from: usize, to: usize) {
        for byte in &self.data[from..to] {
            self.high |= u64::from(byte & 0x80);
            self.nuls |= u64::from(*byte == 0);
        }
    }

    fn finish(mut self, last: bool) -> Cut {
        let size = self.data.len();
        let mut consumed = self.bounds.last() as usize;
        if last && !self.in_quotes && consumed < size {
            self.ends.push(size as i64);
            consumed = size;
        }
        if let Some(lines) = &mut self.lines {
            lines.keep_to(consumed as i64);
        }
        Cut {
            bounds: self.bounds.finish(),
            ends: self.ends.finish(),
            consumed,
            line_ends: self.lines.map(Marks::finish),
            in_quotes: self.in_quotes,
            ascii: self.high == 0,
            nul: self.nuls != 0,
        }
    }
}
