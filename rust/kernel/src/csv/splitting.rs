//! Finding cells, and copying them into columns.

use super::FEED;
use super::column::Growing;
use super::grid::{Grid, Kind};
use super::marks::Marks;
use super::signs::{Signs, signs_at};
use super::split::{Rows, Split};
use super::walk::{self, Row};
use crate::fault::{Fault, Outcome};

/// Places that are found before they are copied: they and the text they are of stay in cache.
const AT_ONCE: usize = 1 << 14;

/// A call of `split`: what was found so far.
pub(super) struct Splitting<'a> {
    rows: Rows<'a>,
    pub(super) delimiter: u8,
    wanted: &'a [usize],
    grid: Grid<'a>,
    /// The grid is emptied when it holds more places.
    most_held: usize,
    columns: Vec<Growing>,
    /// Where the cells of a column of the grid begin.
    froms: Vec<u32>,
    bounds: Marks,
    /// How many of the bounds were gathered, but for the last one.
    gathered: usize,
    lines: Option<Marks>,
    /// Where rows begin, once there was a blank line.
    starts: Option<Vec<i64>>,
    ragged: Vec<i64>,
    /// How many rows were gathered that are no blank lines.
    told: usize,
    /// Whether the last row has no line end: its bound is one behind the text.
    unended: bool,
    nuls: u64,
    /// From this word on, all have bytes beyond ASCII.
    high_from: Option<usize>,
}

/// Why words are not looked at any further.
enum Stopped {
    AtTheEnd,
    /// A quote is not one that begins or ends a cell or doubles, in the row that began last.
    InDoubt,
    /// Some row is none that could be in a column.
    Unsound,
}

impl<'a> Splitting<'a> {
    pub(super) fn new(rows: Rows<'a>, delimiter: u8, width: usize, wanted: &'a [usize]) -> Self {
        // A row and more: what is left of one when the grid is emptied is not moved too often.
        let most_held = AT_ONCE.max(2 * width);
        let mut bounds = Marks::with_capacity((rows.end - rows.start) / 128 + 16);
        bounds.push(rows.start as i64);
        Self {
            rows,
            delimiter,
            wanted,
            grid: Grid::new(rows.data, delimiter, width, most_held),
            most_held,
            columns: wanted.iter().map(|_| Growing::default()).collect(),
            froms: Vec::new(),
            bounds,
            gathered: 0,
            lines: None,
            starts: None,
            ragged: Vec::new(),
            told: 0,
            unended: false,
            nuls: 0,
            high_from: None,
        }
    }

    /// Splits all of it.
    #[inline(always)]
    pub(super) fn run(
        mut self,
        look: impl Fn(&[u8; 64]) -> Signs,
        inside: impl Fn(u64) -> u64,
        spread: impl Fn(u64, u32, &mut [u32; 64]),
    ) -> Outcome<Option<Split>> {
        let mut at = self.rows.start;
        loop {
            match self.words(at, &look, &inside, &spread)? {
                Stopped::AtTheEnd => break,
                Stopped::Unsound => return Ok(None),
                Stopped::InDoubt => match self.walk()? {
                    Some(next) => at = next,
                    None => return Ok(None),
                },
            }
        }
        let sound = self.flush()? && self.turn(self.rows.end);
        Ok(sound.then(|| self.finish()))
    }

    /// Looks at words from `at` on, where a row begins.
    #[inline(always)]
    fn words(
        &mut self,
        mut at: usize,
        look: &impl Fn(&[u8; 64]) -> Signs,
        inside: &impl Fn(u64) -> u64,
        spread: &impl Fn(u64, u32, &mut [u32; 64]),
    ) -> Outcome<Stopped> {
        let Rows { data, end: size, .. } = self.rows;
        // All bits while inside quotes; whether a cell begins with the next byte; whether the last
        // byte was a closing quote; whether it was a CR.
        let (mut open, mut begins, mut closed, mut returned) = (0, 1, 0, 0);
        while at < size {
            if self.grid.held() > self.most_held && !self.flush()? {
                return Ok(Stopped::Unsound);
            }
            let (signs, there) = signs_at(data, at, size, look);
            self.nuls |= signs.nuls;
            if (signs.high != 0) != self.high_from.is_some() && !self.turn(at) {
                return Ok(Stopped::Unsound);
            }
            let within = inside(signs.quotes) ^ open;
            let line_ends = signs.feeds | signs.returns;
            let ends = (signs.delimiters | line_ends) & !within;
            let openings = signs.quotes & within;
            let closings = signs.quotes & !within;
            // An opening quote stands where a cell begins, or is the second of two; behind a
            // closing one there is such a second one, or the cell ends.
            let behind = (closings << 1 | closed) & there;
            let seconds = openings & behind;
            let odd = openings & !(ends << 1 | begins | seconds) | behind & !(ends | seconds);
            if signs.returns | returned | odd | line_ends & within == 0 && self.lines.is_none() {
                // Nearly always: every line end is an LF, and ends a row.
                self.grid.push(ends, seconds, at, spread)?;
                self.bounds.push_bits(line_ends & !within, at + 1);
            } else {
                // Nothing at or behind the first doubtful byte counts.
                let seen = (odd & odd.wrapping_neg()).wrapping_sub(1);
                let feed_next = u64::from(at + 64 < size && data[at + 64] == FEED) << 63;
                let seconds_of_pairs = signs.feeds & (signs.returns << 1 | returned);
                let lasts = line_ends & !(signs.returns & (signs.feeds >> 1 | feed_next)) & seen;
                returned = signs.returns >> 63;
                self.grid.push(ends & !seconds_of_pairs & seen, seconds & seen, at, spread)?;
                self.end_rows(at, lasts, within);
                if odd != 0 {
                    return Ok(Stopped::InDoubt);
                }
            }
            open = ((within as i64) >> 63) as u64;
            begins = ends >> 63;
            closed = closings >> 63;
            at += 64;
        }
        if open != 0 {
            return Err(Fault::Malformed);
        }
        if (self.bounds.last() as usize) < size {
            self.grid.push(1, 0, size, spread)?;
            self.bounds.push(size as i64 + 1);
            self.unended = true;
        }
        Ok(Stopped::AtTheEnd)
    }

    /// Takes the last bytes of the line ends of a word.
    #[inline(never)]
    fn end_rows(&mut self, at: usize, lasts: u64, within: u64) {
        if lasts & within != 0 || self.lines.is_some() {
            self.lines().push_bits(lasts, at + 1);
        }
        self.bounds.push_bits(lasts & !within, at + 1);
    }

    /// The places after line ends, from when on they are not those after rows.
    #[cold]
    fn lines(&mut self) -> &mut Marks {
        self.lines.get_or_insert_with(|| Marks::of(&self.bounds.get()[1..]))
    }

    /// A run of words with bytes beyond ASCII begins, or the one that is ends. False if it is not
    /// UTF-8. All bytes around it are ASCII, so that no character reaches beyond it.
    #[cold]
    fn turn(&mut self, at: usize) -> bool {
        match self.high_from.take() {
            Some(from) => std::str::from_utf8(&self.rows.data[from..at]).is_ok(),
            None => {
                self.high_from = Some(at);
                true
            }
        }
    }

    /// Gathers the rows that ended. False if one of them is none that could be in a column.
    #[inline(always)]
    fn gather(&mut self) -> bool {
        let Self { grid, bounds, starts, ragged, told, .. } = self;
        let done = grid.gather(bounds, self.gathered, self.rows.most, |start, kind| {
            if kind == Kind::Blank {
                starts.get_or_insert_with(|| bounds.get()[..*told].to_vec());
                return;
            }
            if let Some(starts) = starts {
                starts.push(start as i64);
            }
            if kind == Kind::Ragged {
                ragged.push(*told as i64);
            }
            *told += 1;
        });
        self.gathered = self.bounds.get().len() - 1;
        done.is_some() && self.nuls == 0
    }

    /// Moves the rows that ended into the columns. False as for `gather`.
    #[inline(always)]
    fn flush(&mut self) -> Outcome<bool> {
        if !self.gather() {
            return Ok(false);
        }
        let seen = self.bounds.last() as usize - self.rows.start;
        let left = (self.rows.end - self.rows.start).saturating_sub(seen);
        // Rows to come are taken to be as long as those so far.
        let more = left * self.gathered / seen.max(1);
        for (made, column) in self.columns.iter_mut().zip(self.wanted) {
            made.append(&self.grid, *column, more + more / 32, &mut self.froms)?;
        }
        self.grid.clear();
        Ok(true)
    }

    /// Walks over the row that began last, which is in doubt. Where the next one begins; `None` if
    /// the row is none that could be in a column.
    #[cold]
    #[inline(never)]
    fn walk(&mut self) -> Outcome<Option<usize>> {
        if !self.gather() {
            return Ok(None);
        }
        self.grid.drop_rest();
        let data = self.rows.data;
        let start = self.bounds.last() as usize;
        let (end, next) = match walk::row(data, start, self.delimiter) {
            Row::Whole(end, next) => (end, next),
            Row::Cut(true) => return Err(Fault::Malformed),
            Row::Cut(false) => (data.len(), data.len()),
        };
        let from = self.high_from.take().map_or(start, |from| from.min(start));
        let row = &data[start..next];
        if row.len() > self.rows.most
            || row.contains(&0)
            || std::str::from_utf8(&data[from..next]).is_err()
        {
            return Ok(None);
        }
        let lines = self.lines();
        // Those of its lines that were seen before the doubt are among them.
        lines.keep_to(start as i64);
        walk::line_ends(data, start, next, |place| lines.push(place));
        if self.grid.copy(start, end)? == Kind::Ragged {
            self.ragged.push(self.told as i64);
        }
        if let Some(starts) = &mut self.starts {
            starts.push(start as i64);
        }
        self.told += 1;
        self.unended = next == end;
        self.bounds.push((next + usize::from(self.unended)) as i64);
        self.gathered = self.bounds.get().len() - 1;
        Ok(Some(next))
    }

    fn finish(mut self) -> Split {
        if self.unended {
            self.bounds.pop();
        }
        let whole = self.told - self.ragged.len();
        let mut bounds = self.bounds.finish();
        let mut line_ends = self.lines.map(Marks::finish);
        if let Some(starts) = self.starts {
            line_ends.get_or_insert_with(|| bounds[1..].to_vec());
            bounds = starts;
        }
        let columns = self.columns.into_iter().map(Growing::finish).collect();
        Split { columns, whole, ragged: self.ragged, bounds, line_ends }
    }
}
