//! What needs no spelling: nulls, booleans, bytes as they are.

use std::ops::Range;

use crate::column::{Bits, Column, Slots};
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
pub fn copied<S: Slots>(
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

/// `BrokenUtf8` if that is what the bytes are.
pub fn utf8(bytes: &[u8]) -> Outcome<()> {
    if bytes.is_ascii() || std::str::from_utf8(bytes).is_ok() {
        return Ok(());
    }
    Err(Fault::BrokenUtf8)
}
