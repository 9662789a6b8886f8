//! Integers.

use std::ops::Range;

use crate::canonical::rows;
use crate::column::Column;
use crate::fault::Outcome;
use crate::varlen::Varlen;

/// Decimal digits, `-` before a negative one.
pub fn integers<I: itoa::Integer + Copy>(
    column: &Column<'_>,
    values: &[I],
    rows: Range<usize>,
    into: &mut Varlen,
    refused: &mut Vec<usize>,
) -> Outcome<()> {
    let mut digits = itoa::Buffer::new();
    rows::each(column, values, rows, into, refused, |value, data| {
        data.extend_from_slice(digits.format(value).as_bytes());
        true
    })
}
