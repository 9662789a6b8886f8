//! The cells of rows as columns of text.

use super::column::{Growing, Texts};
use super::cut::check;
use super::grid::{Grid, Kind};
use super::processor::Processor;
use super::signs::Signs;
use crate::fault::{Fault, Outcome};

/// Places that are found before they are copied: they and the text they are of stay in cache.
const AT_ONCE: usize = 1 << 14;

/// Columns of the rows that are as wide as wanted, and which rows are not.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// One for each column wanted.
    pub columns: Vec<Texts>,
    /// Numbers of rows with fewer or more cells, rising. They are in no column.
    pub ragged: Vec<i64>,
}

/// What to split: rows between `starts` and `ends` of `data`, which rise and do not overlap.
pub struct Rows<'a> {
    /// The text.
    pub data: &'a [u8],
    /// Where each row begins.
    pub starts: &'a [i64],
    /// Where each row ends, without its line end.
    pub ends: &'a [i64],
}

/// Splits rows into `width` cells each and makes a column of text of each one `wanted`.
///
/// `Malformed` if rows or wanted columns are not where they should be, or a quote in a row never
/// closes; `BrokenUtf8` if a row of a column is not UTF-8; `TooBig` for more than 2 GiB of data.
pub fn split(rows: &Rows<'_>, delimiter: u8, width: usize, wanted: &[usize]) -> Outcome<Split> {
    split_on(Processor::best(), rows, delimiter, width, wanted)
}

pub(super) fn split_on(
    processor: Processor,
    rows: &Rows<'_>,
    delimiter: u8,
    width: usize,
    wanted: &[usize],
) -> Outcome<Split> {
    check(rows.data, delimiter)?;
    if wanted.iter().any(|column| *column >= width) || rows.starts.len() != rows.ends.len() {
        return Err(Fault::Malformed);
    }
    let splitting = Splitting { rows, delimiter, width, wanted };
    // No row has more cells than this: nothing is as wide, and no grid is that large.
    if width == 0 || width > rows.data.len() + 1 {
        return splitting.nothing();
    }
    processor.split(&splitting)
}

/// A call of `split`.
pub(super) struct Splitting<'a> {
    rows: &'a Rows<'a>,
    pub(super) delimiter: u8,
    width: usize,
    wanted: &'a [usize],
}

impl Splitting<'_> {
    #[inline(always)]
    pub(super) fn run(
        &self,
        look: impl Fn(&[u8; 64]) -> Signs,
        inside: impl Fn(u64) -> u64,
        spread: impl Fn(u64, u32, &mut [u32; 64]),
    ) -> Outcome<Split> {
        let Rows { data, starts, ends } = *self.rows;
        let total = starts.len();
        let at_once = (AT_ONCE / self.width).clamp(1, total.max(1));
        let mut grid = Grid::new(data, self.delimiter, self.width, at_once);
        let mut columns: Vec<_> = self.wanted.iter().map(|_| Growing::new(total)).collect();
        let mut ragged = Vec::new();
        let mut last = 0;
        for (row, (start, end)) in starts.iter().zip(ends).enumerate() {
            let (start, end) = checked(*start, *end, last, data.len())?;
            last = end;
            match grid.add(start, end, &look, &inside, &spread)? {
                Kind::Whole if grid.len() == at_once => {
                    self.append(&mut columns, &mut grid, total - row)?;
                }
                Kind::Whole => {}
                Kind::Ragged => ragged.push(row as i64),
            }
        }
        self.append(&mut columns, &mut grid, 0)?;
        if grid.high != 0 {
            self.check_utf8(&ragged)?;
        }
        Ok(Split { columns: columns.into_iter().map(Growing::finish).collect(), ragged })
    }

    #[inline(always)]
    fn append(&self, columns: &mut [Growing], grid: &mut Grid<'_>, left: usize) -> Outcome<()> {
        for (made, column) in columns.iter_mut().zip(self.wanted) {
            made.append(grid, *column, left)?;
        }
        grid.clear();
        Ok(())
    }

    /// All rows are ragged.
    fn nothing(&self) -> Outcome<Split> {
        let Rows { data, starts, ends } = *self.rows;
        let mut last = 0;
        for (start, end) in starts.iter().zip(ends) {
            (_, last) = checked(*start, *end, last, data.len())?;
        }
        let columns = self.wanted.iter().map(|_| Growing::new(0).finish()).collect();
        Ok(Split { columns, ragged: (0..starts.len() as i64).collect() })
    }

    /// Rows that are UTF-8 have cells that are: what parts these is ASCII.
    #[cold]
    fn check_utf8(&self, ragged: &[i64]) -> Outcome<()> {
        let Rows { data, starts, ends } = *self.rows;
        let mut ragged = ragged.iter().peekable();
        for (row, (start, end)) in starts.iter().zip(ends).enumerate() {
            let left_out = ragged.next_if_eq(&&(row as i64)).is_some();
            let text = &data[*start as usize..*end as usize];
            if !left_out && std::str::from_utf8(text).is_err() {
                return Err(Fault::BrokenUtf8);
            }
        }
        Ok(())
    }
}

/// A row's place as an index of the data.
#[inline(always)]
fn checked(start: i64, end: i64, last: usize, size: usize) -> Outcome<(usize, usize)> {
    match (usize::try_from(start), usize::try_from(end)) {
        (Ok(start), Ok(end)) if last <= start && start <= end && end <= size => Ok((start, end)),
        _ => Err(Fault::Malformed),
    }
}
