//! Frames as they stand in a column, text or bytes, some rows at a time.

use std::ops::Range;

use crate::base64url::{self, SLACK};
use crate::column::{Bytes, Column, Slots, Values};
use crate::each_layout;
use crate::fault::{Fault, Outcome};
use crate::lanes::Slot;

/// The frames of some rows.
#[derive(Default)]
pub(crate) struct FrameRows {
    /// All their bytes, and some zeros.
    pub bytes: Vec<u8>,
    /// Where each row's frame is that is not null; the rows are counted from the first.
    pub frames: Vec<Slot>,
}

impl FrameRows {
    /// Reads the frames of the rows that are not null. What is the text of no frame is left
    /// without bytes, and no frame either.
    pub(crate) fn rows(
        &mut self,
        column: &Column<'_>,
        bytes: &Bytes<'_>,
        rows: &Range<usize>,
    ) -> Outcome<()> {
        let Self { bytes: into, frames } = self;
        into.clear();
        frames.clear();
        let text = matches!(column.values, Values::Text(_));
        each_layout!(bytes, slots => {
            if rows.end > slots.len() {
                return Err(Fault::Malformed);
            }
            if text {
                base64url::read(*slots, rows.clone(), |row| column.is_valid(row), into, frames);
            } else {
                copy(*slots, rows.clone(), |row| column.is_valid(row), into, frames);
            }
        });
        // Slots have 32 bits, and so have the offsets of the result.
        if into.len() > i32::MAX as usize {
            return Err(Fault::TooBig);
        }
        into.resize(into.len() + SLACK, 0);
        Ok(())
    }
}

/// Appends frames that are bytes as they are.
fn copy<S: Slots>(
    binary: S,
    rows: Range<usize>,
    valid: impl Fn(usize) -> bool,
    into: &mut Vec<u8>,
    frames: &mut Vec<Slot>,
) {
    let first = rows.start;
    for row in rows {
        if valid(row) {
            let frame = binary.get(row);
            let (start, len) = (into.len() as u32, frame.len() as u32);
            frames.push(Slot { row: (row - first) as u32, start, len });
            into.extend_from_slice(frame);
        }
    }
}
