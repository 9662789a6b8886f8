//! A column's canonical bytes some rows at a time, so that what follows finds them in the cache.

use std::ops::Range;

use zeroize::Zeroize;

use crate::canonical::{Encoder, Normaliser};
use crate::column::{Bytes, Column, Offset, Ranges, Slots, Values};
use crate::each_layout;
use crate::fault::{Fault, Outcome};
use crate::lanes::Slot;
use crate::varlen::Varlen;

/// Rows worked on together, at most.
const ROWS: usize = 512;

/// Bytes worked on together; a single value may have more.
const BYTES: usize = 1 << 16;

/// Zero bytes after the last slot, for whole blocks to be read there.
const AFTER: usize = 64;

/// Some rows' canonical bytes.
pub(crate) struct Chunk<'a> {
    /// Which rows.
    pub rows: Range<usize>,
    /// Their bytes, and 64 zeros.
    pub bytes: &'a [u8],
    /// The rows that are there: null ones have no slot.
    pub slots: &'a [Slot],
}

impl Chunk<'_> {
    /// The row of a slot in the column.
    #[inline]
    pub(crate) fn row(&self, slot: Slot) -> usize {
        self.rows.start + slot.row as usize
    }
}

/// Calls `work` for one part of the column after another.
///
/// If any value has no encoding, `NotEncodable` with the count of all of them.
pub(crate) fn each_chunk(
    column: &Column<'_>,
    normaliser: Normaliser,
    deterministic: bool,
    mut work: impl FnMut(&Chunk<'_>) -> Outcome<()>,
) -> Outcome<()> {
    let encoder = Encoder::new(column, normaliser, deterministic)?;
    let mut text = Wiped(Varlen::with_capacity(ROWS, BYTES + AFTER));
    let mut slots = Vec::with_capacity(ROWS);
    let mut refused = Vec::new();
    let mut start = 0;
    while start < column.len {
        let rows = start..chunk_end(column, start);
        start = rows.end;
        text.0.clear();
        encoder.encode(rows.clone(), &mut text.0, &mut refused)?;
        if !refused.is_empty() {
            continue;
        }
        list(column, &rows, &text.0, &mut slots)?;
        let used = text.0.data.len();
        text.0.data.resize(used + AFTER, 0);
        work(&Chunk { rows, bytes: &text.0.data, slots: &slots })?;
    }
    if refused.is_empty() { Ok(()) } else { Err(Fault::NotEncodable { refused: refused.len() }) }
}

/// Whether the column could be worked on at all; for faults that come after that one.
pub(crate) fn check(
    column: &Column<'_>,
    normaliser: Normaliser,
    deterministic: bool,
) -> Outcome<()> {
    each_chunk(column, normaliser, deterministic, |_| Ok(()))
}

/// About how many bytes a column's values have: for a first allocation.
pub(crate) fn expected_bytes(column: &Column<'_>) -> usize {
    match &column.values {
        Values::Text(bytes) | Values::Binary(bytes) => each_layout!(bytes, slots => slots.total()),
        Values::Null => 0,
        _ => column.len.saturating_mul(12),
    }
}

/// Plaintext, gone when the call is over.
struct Wiped(Varlen);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.data.zeroize();
    }
}

/// The slots of the rows that are not null.
pub(crate) fn list(
    column: &Column<'_>,
    rows: &Range<usize>,
    text: &Varlen,
    slots: &mut Vec<Slot>,
) -> Outcome<()> {
    // An array that another thread writes to meanwhile, against Arrow's rule, is found out here.
    let rises = text.offsets.is_sorted() && text.offsets.first().is_some_and(|first| *first >= 0);
    let ends = text.offsets.last().is_some_and(|last| *last as usize <= text.data.len());
    if text.len() != rows.len() || !rises || !ends {
        return Err(Fault::Malformed);
    }
    let each = text.offsets.windows(2).zip(0_u32..).map(|(pair, row)| Slot {
        row,
        start: pair[0] as u32,
        len: (pair[1] - pair[0]) as u32,
    });
    slots.clear();
    if column.validity.is_none() && !matches!(column.values, Values::Null) {
        slots.extend(each);
    } else {
        slots.extend(each.filter(|slot| column.is_valid(rows.start + slot.row as usize)));
    }
    Ok(())
}

/// Where the part of the column that begins at `start` ends: after one row at least.
pub(crate) fn chunk_end(column: &Column<'_>, start: usize) -> usize {
    let end = column.len.min(start + ROWS);
    match &column.values {
        Values::Text(bytes) | Values::Binary(bytes) => match bytes {
            Bytes::Small(ranges) if spans_little(ranges, start, end) => end,
            Bytes::Large(ranges) if spans_little(ranges, start, end) => end,
            _ => each_layout!(bytes, slots => last_that_fits(*slots, start, end)),
        },
        _ => end,
    }
}

fn spans_little<O: Offset>(ranges: &Ranges<'_, O>, start: usize, end: usize) -> bool {
    let offsets = ranges.offsets();
    offsets.get(end).is_some_and(|last| last.known() - offsets[start].known() <= BYTES)
}

fn last_that_fits<S: Slots>(slots: S, start: usize, end: usize) -> usize {
    let mut left = BYTES;
    for row in start..end.min(slots.len()) {
        let len = slots.get(row).len();
        if len > left {
            return row.max(start + 1);
        }
        left -= len;
    }
    end
}

/// Closes one value a row in `into`: `size(len)` bytes for a slot, none for a null row.
/// The bytes themselves follow. `TooBig` if 32-bit offsets do not reach.
pub(crate) fn close_rows(
    into: &mut Varlen,
    rows: usize,
    slots: &[Slot],
    size: impl Fn(usize) -> usize,
) -> Outcome<()> {
    let mut end = into.data.len();
    if slots.len() == rows {
        into.offsets.extend(slots.iter().map(|slot| {
            end += size(slot.len());
            end as i32
        }));
        return fits(end);
    }
    let mut row = 0;
    for slot in slots {
        into.offsets.extend(std::iter::repeat_n(end as i32, slot.row as usize - row));
        row = slot.row as usize + 1;
        end += size(slot.len());
        into.offsets.push(end as i32);
    }
    into.offsets.extend(std::iter::repeat_n(end as i32, rows - row));
    fits(end)
}

fn fits(end: usize) -> Outcome<()> {
    if end > i32::MAX as usize { Err(Fault::TooBig) } else { Ok(()) }
}
