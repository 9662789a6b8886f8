//! Rows of typed columns as the bytes of a text file: CSV and JSON Lines.
//!
//! The same bytes as `lockgate.adapters.connectors.files` writes without this, which says what a
//! cell looks like and why. Some rows at a time, so that what one step made is still in the cache
//! for the next: columns become text (`cells`), which is then put together row by row (`join`).
//! Text that may stand as it is (`scan`) is not copied in between.

mod cells;
mod digits;
mod formulas;
mod join;
mod json;
mod scan;
mod typed;

use std::ops::Range;

use crate::chunk::expected_bytes;
use crate::column::{Column, Values};
use crate::fault::{Fault, Outcome};

use cells::{Made, Scratch};
use formulas::Csv;
use join::Seams;
use json::Json;

/// Rows worked on together.
const ROWS: usize = 256;

/// Bytes of the longest text of a number or time, but for decimals beyond 64 bits.
const LONGEST: usize = 30;

/// A column to be written, and how.
#[derive(Clone, Debug)]
pub struct Given<'a> {
    /// The values.
    pub column: Column<'a>,
    /// Whether text stands without quotes, unaltered; other types know by themselves.
    pub bare: bool,
}

/// How a format writes a cell.
trait Notation {
    /// What a null is.
    const NULL: &'static [u8];

    /// Whether texts, one after the other, may have to be altered. May see what turns out not to.
    fn may_change(span: &[u8]) -> scan::Seen;

    /// Whether a text may have to be altered that begins with this byte, if `Seen::beginnings`.
    fn may_begin(first: u8) -> bool;

    /// The text between its quotes.
    fn write(text: &[u8], into: &mut Vec<u8>);
}

/// CSV lines. `None` if a value is beyond what is written here (dates outside years 1 to 9999).
///
/// Every text is quoted, quotes in it are doubled, formulas neutralised; null is nothing, bare.
/// `UnsupportedType` for floats and other types that have to come as text; `Malformed` if there
/// is no column or they differ in length.
pub fn csv(columns: &[Given<'_>]) -> Outcome<Option<Vec<u8>>> {
    let between: Vec<&[u8]> =
        (0..columns.len()).map(|at| if at == 0 { &b""[..] } else { b"," }).collect();
    lines::<Csv>(columns, &between, b"\n")
}

/// JSON Lines: an object a row with these `keys`, which are JSON strings.
///
/// Refusals as of `csv`; `Malformed` also if there is not one key a column.
pub fn jsonl(keys: &[String], columns: &[Given<'_>]) -> Outcome<Option<Vec<u8>>> {
    if keys.len() != columns.len() {
        return Err(Fault::Malformed);
    }
    let opening = |at: usize| if at == 0 { '{' } else { ',' };
    let before: Vec<String> =
        keys.iter().enumerate().map(|(at, key)| format!("{}{key}:", opening(at))).collect();
    let before: Vec<&[u8]> = before.iter().map(String::as_bytes).collect();
    lines::<Json>(columns, &before, b"}\n")
}

/// One line a row: what stands `before` each cell, the cell, and the `end`.
fn lines<N: Notation>(
    columns: &[Given<'_>],
    before: &[&[u8]],
    end: &[u8],
) -> Outcome<Option<Vec<u8>>> {
    let rows = columns.first().ok_or(Fault::Malformed)?.column.len;
    if columns.iter().any(|given| given.column.len != rows) {
        return Err(Fault::Malformed);
    }
    let mut scratches: Vec<Scratch> = columns.iter().map(|_| Scratch::default()).collect();
    let mut lines = Vec::with_capacity(expected(columns, before, end));
    let mut made = Vec::with_capacity(columns.len());
    for start in (0..rows).step_by(ROWS) {
        let range = start..rows.min(start + ROWS);
        made.clear();
        for (given, scratch) in columns.iter().zip(&mut scratches) {
            match scratch.fill::<N>(given, &range)? {
                Some(one) => made.push(one),
                None => return Ok(None),
            }
        }
        write(columns, &range, &made, &scratches, &Seams::new(before, end, &made), &mut lines)?;
    }
    Ok(Some(lines))
}

fn write(
    columns: &[Given<'_>],
    range: &Range<usize>,
    made: &[Made],
    scratches: &[Scratch],
    seams: &Seams,
    lines: &mut Vec<u8>,
) -> Outcome<()> {
    let each = columns.iter().zip(made).zip(scratches);
    let cells: Vec<_> =
        each.map(|((given, made), scratch)| scratch.cells(given, range, made)).collect();
    join::join(&cells, seams, range.len(), lines)
}

/// About how many bytes there will be, rather too many: what is not written to costs nothing, and
/// moving a large buffer much.
fn expected(columns: &[Given<'_>], before: &[&[u8]], end: &[u8]) -> usize {
    let rows = columns.first().map_or(0, |given| given.column.len);
    let values: usize = columns
        .iter()
        .map(|given| match given.column.values {
            Values::Text(_) => expected_bytes(&given.column),
            Values::Binary(_) => expected_bytes(&given.column) / 3 * 4 + 4 * rows,
            _ => LONGEST * rows,
        })
        .sum();
    let around: usize = before.iter().map(|before| before.len() + 4).sum();
    values + values / 64 + rows * (around + end.len()) + join::SLACK
}

#[cfg(test)]
mod tests;
