//! The cells of rows as columns of text.

use super::column::Texts;
use super::cut::check;
use super::processor::Processor;
use super::splitting::Splitting;
use crate::fault::{Fault, Outcome};

/// Columns of the rows that are as wide as wanted, which rows are not, and where all of them are.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// One for each column wanted.
    pub columns: Vec<Texts>,
    /// How many rows each of these has.
    pub whole: usize,
    /// Numbers of rows with fewer or more cells, rising. They are in no column.
    pub ragged: Vec<i64>,
    /// Where each row begins, and, if `line_ends` are not there, the place after the last line end.
    pub bounds: Vec<i64>,
    /// The places after all line ends, if these are not where the next row begins: if any is inside
    /// quotes, or of a line without a byte. Else they are `bounds` without the first.
    pub line_ends: Option<Vec<i64>>,
}

/// What to split: whole rows between two places of a text.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// The text.
    pub data: &'a [u8],
    /// Where the first row begins.
    pub start: usize,
    /// Where the last one ends, with its line end if it has one.
    pub end: usize,
    /// So many bytes a row may have, with its line end or one for that.
    pub most: usize,
}

/// Splits rows into `width` cells each and makes a column of text of each one `wanted`. A line
/// without a byte is a row if `width` is one, else it is nothing.
///
/// None if a row is too long, holds NUL or is not UTF-8. `Malformed` if the last row is inside
/// quotes at its end or wanted columns are not there; `TooBig` for more than 2 GiB of data.
pub fn split(
    rows: &Rows<'_>,
    delimiter: u8,
    width: usize,
    wanted: &[usize],
) -> Outcome<Option<Split>> {
    split_on(Processor::best(), rows, delimiter, width, wanted)
}

pub(super) fn split_on(
    processor: Processor,
    rows: &Rows<'_>,
    delimiter: u8,
    width: usize,
    wanted: &[usize],
) -> Outcome<Option<Split>> {
    check(rows.data, delimiter)?;
    let data = rows.data.get(..rows.end).ok_or(Fault::Malformed)?;
    let size = rows.end.checked_sub(rows.start).ok_or(Fault::Malformed)?;
    if wanted.iter().any(|column| *column >= width) {
        return Err(Fault::Malformed);
    }
    // No row has more cells than bytes, and one: all rows are ragged of this width too.
    let too_wide = size + 2;
    let width = if width == 0 { too_wide } else { width.min(too_wide) };
    processor.split(Splitting::new(Rows { data, ..*rows }, delimiter, width, wanted))
}
