//! Going over rows: which there are, which are null.

use std::ops::Range;

use crate::column::{Bytes, Column, Slots, Values};
use crate::each_layout;
use crate::fault::{Fault, Outcome};
use crate::varlen::Varlen;

/// Malformed if the column says it has more rows than its buffers hold; too big if it has more
/// bytes than 32-bit offsets reach, whatever would become of them.
pub fn check(column: &Column<'_>) -> Outcome<()> {
    let held = held(&column.values);
    let nulls = column.validity.is_none_or(|bits| bits.len() >= column.len);
    if !nulls || held.is_some_and(|held| held < column.len) {
        return Err(Fault::Malformed);
    }
    if let Values::Text(bytes) | Values::Binary(bytes) = &column.values {
        i32::try_from(spanned(column, bytes)).map_err(|_| Fault::TooBig)?;
    }
    Ok(())
}

/// The bytes of all rows; of views, which may share theirs, those of valid rows.
fn spanned(column: &Column<'_>, bytes: &Bytes<'_>) -> usize {
    match bytes {
        Bytes::Small(slots) => slots.between(0..column.len).len(),
        Bytes::Large(slots) => slots.between(0..column.len).len(),
        Bytes::Fixed(slots) => slots.total(),
        Bytes::View(slots) => {
            let valid = |row: &usize| column.validity.is_none_or(|bits| bits.get(*row));
            (0..column.len).filter(valid).map(|row| slots.get(row).len()).sum()
        }
    }
}

fn held(values: &Values<'_>) -> Option<usize> {
    Some(match values {
        Values::Null => return None,
        Values::Bool(bits) => bits.len(),
        Values::Int8(values) => values.len(),
        Values::Int16(values) => values.len(),
        Values::Int32(values) | Values::Date32(values) => values.len(),
        Values::Int64(values) | Values::Date64(values) => values.len(),
        Values::UInt8(values) => values.len(),
        Values::UInt16(values) | Values::Float16(values) => values.len(),
        Values::UInt32(values) => values.len(),
        Values::UInt64(values) => values.len(),
        Values::Float32(values) => values.len(),
        Values::Float64(values) => values.len(),
        Values::Decimal32 { values, .. } | Values::Time32 { values, .. } => values.len(),
        Values::Decimal64 { values, .. }
        | Values::Time64 { values, .. }
        | Values::Timestamp { values, .. } => values.len(),
        Values::Decimal128 { values, .. } => values.len(),
        Values::Decimal256 { values, .. } => values.len(),
        Values::Text(bytes) | Values::Binary(bytes) => each_layout!(bytes, slots => slots.len()),
    })
}

/// About how many bytes the whole column takes: a first allocation, no promise.
pub fn expected_bytes(column: &Column<'_>) -> usize {
    match &column.values {
        Values::Text(bytes) | Values::Binary(bytes) => match bytes {
            Bytes::Small(slots) => slots.total(),
            Bytes::Large(slots) => slots.total(),
            Bytes::Fixed(slots) => slots.total(),
            Bytes::View(slots) => 12 * slots.len(),
        },
        Values::Null => 0,
        _ => 12 * column.len,
    }
}

/// `0..len` in pieces.
pub fn chunks(len: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..len).step_by(size).map(move |start| start..len.min(start + size))
}

/// Closes one slot a row. `write` appends a valid row's bytes, or says false and appends none.
#[inline]
pub fn each<T: Copy>(
    column: &Column<'_>,
    values: &[T],
    rows: Range<usize>,
    into: &mut Varlen,
    refused: &mut Vec<usize>,
    mut write: impl FnMut(T, &mut Vec<u8>) -> bool,
) -> Outcome<()> {
    into.offsets.reserve(rows.len());
    let first = rows.start;
    for (at, value) in values[rows].iter().enumerate() {
        let there = column.validity.is_none_or(|bits| bits.get(first + at));
        if there && !write(*value, &mut into.data) {
            refused.push(first + at);
        }
        into.close()?;
    }
    Ok(())
}

/// The valid rows whose values do not fit.
pub fn misfits<T: Copy>(column: &Column<'_>, values: &[T], fits: impl Fn(T) -> bool) -> Vec<usize> {
    let valid = |row: usize| column.validity.is_none_or(|bits| bits.get(row));
    let rows = values[..column.len].iter().enumerate();
    rows.filter(|(row, value)| !fits(**value) && valid(*row)).map(|(row, _)| row).collect()
}
