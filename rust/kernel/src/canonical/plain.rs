//! What needs no spelling: nulls, booleans, bytes and text as they are.

use std::ops::Range;

use crate::column::{Bits, Bytes, Column, Offset, Ranges, Slots};
use crate::fault::{Fault, Outcome};
use crate::varlen::Varlen;

/// An empty slot a row.
pub fn empty(rows: Range<usize>, into: &mut Varlen) -> Outcome<()> {
    for _ in rows {
        into.close()?;
    }
    Ok(())
}

/// `true` or `false`.
pub fn bools(
    column: &Column<'_>,
    bits: Bits<'_>,
    rows: Range<usize>,
    into: &mut Varlen,
) -> Outcome<()> {
    for row in rows {
        if column.is_valid(row) {
            into.data.extend_from_slice(if bits.get(row) { b"true" } else { b"false" });
        }
        into.close()?;
    }
    Ok(())
}

/// The bytes of each row; nothing of what a null's slot spans.
pub fn copied(
    column: &Column<'_>,
    bytes: &Bytes<'_>,
    rows: Range<usize>,
    into: &mut Varlen,
) -> Outcome<()> {
    match bytes {
        Bytes::Small(slots) => together(column, *slots, rows, into),
        Bytes::Large(slots) => together(column, *slots, rows, into),
        Bytes::View(slots) => one_by_one(column, *slots, rows, into),
        Bytes::Fixed(slots) => one_by_one(column, *slots, rows, into),
    }
}

fn one_by_one<S: Slots>(
    column: &Column<'_>,
    slots: S,
    rows: Range<usize>,
    into: &mut Varlen,
) -> Outcome<()> {
    for row in rows {
        if column.validity.is_none_or(|bits| bits.get(row)) {
            into.data.extend_from_slice(slots.get(row));
        }
        into.close()?;
    }
    Ok(())
}

/// All rows in one copy, if no null's slot holds bytes.
fn together<O: Offset>(
    column: &Column<'_>,
    slots: Ranges<'_, O>,
    rows: Range<usize>,
    into: &mut Varlen,
) -> Outcome<()> {
    let offsets = &slots.offsets()[rows.start..=rows.end];
    if let Some(bits) = column.validity {
        let mut garbage = false;
        for (pair, row) in offsets.windows(2).zip(rows.clone()) {
            garbage |= pair[0] != pair[1] && !bits.get(row);
        }
        if garbage {
            return one_by_one(column, slots, rows, into);
        }
    }
    let start = offsets[0].known();
    let before = into.data.len();
    into.data.extend_from_slice(slots.between(rows));
    i32::try_from(into.data.len()).map_err(|_| Fault::TooBig)?;
    // Rising offsets whose last fits: none of them wraps.
    let shift = (before as i32).wrapping_sub(start as i32);
    into.offsets.extend(offsets[1..].iter().map(|end| (end.known() as i32).wrapping_add(shift)));
    Ok(())
}

/// `BrokenUtf8` unless each slot from `first` on is UTF-8 by itself.
pub fn check_utf8(into: &Varlen, first: usize) -> Outcome<()> {
    let ends = &into.offsets[first..];
    let start = ends[0] as usize;
    let bytes = &into.data[start..];
    if bytes.is_ascii() {
        return Ok(());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::BrokenUtf8)?;
    if ends.iter().all(|end| text.is_char_boundary(*end as usize - start)) {
        return Ok(());
    }
    Err(Fault::BrokenUtf8)
}
