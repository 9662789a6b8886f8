//! Cells of columns put together row by row.

use crate::fault::{Fault, Outcome};

use super::cells::Made;

/// Bytes copied at a time: more than most cells have, so that most need one step.
const BLOCK: usize = 32;

/// Room needed behind the last row, as whole blocks are written.
pub(super) const SLACK: usize = 2 * BLOCK;

/// A column's cells of some rows: `data` between consecutive `offsets`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells<'a> {
    /// One more than rows.
    pub offsets: &'a [i32],
    /// The bytes.
    pub data: &'a [u8],
}

/// What stands between the cells of a row, quotes included.
#[derive(Debug)]
pub(super) struct Seams {
    /// Before the first row.
    lead: Vec<u8>,
    /// After each cell; after the last one, the end of the line and `lead` again.
    after: Vec<Seam>,
}

#[derive(Debug)]
struct Seam {
    len: usize,
    /// Whole blocks.
    bytes: Vec<u8>,
}

impl Seam {
    fn new(mut bytes: Vec<u8>) -> Self {
        let len = bytes.len();
        bytes.resize(len.div_ceil(BLOCK).max(1) * BLOCK, 0);
        Self { len, bytes }
    }
}

impl Seams {
    /// `before` each cell, its quotes if it has none of its own yet, and the `end` of a row.
    pub fn new(before: &[&[u8]], end: &[u8], made: &[Made]) -> Self {
        let quote = |at: usize| if made[at].wants_quotes { &b"\""[..] } else { b"" };
        let lead = [before[0], quote(0)].concat();
        let last = before.len() - 1;
        let after = (0..=last).map(|at| {
            if at == last {
                [quote(at), end, &lead].concat()
            } else {
                [quote(at), before[at + 1], quote(at + 1)].concat()
            }
        });
        Self { after: after.map(Seam::new).collect(), lead }
    }
}

/// Appends `rows` lines.
pub(super) fn join(
    cells: &[Cells<'_>],
    seams: &Seams,
    rows: usize,
    lines: &mut Vec<u8>,
) -> Outcome<()> {
    let mut size = seams.lead.len();
    for (cells, seam) in cells.iter().zip(&seams.after) {
        let [first, .., last] = cells.offsets else { return Err(Fault::Malformed) };
        size += (*last - *first) as usize + rows * seam.len;
    }
    let start = lines.len();
    lines.extend_from_slice(&seams.lead);
    lines.resize(start + size + SLACK, 0);
    let room = &mut lines[start..];
    let mut at = seams.lead.len();
    for row in 0..rows {
        for (cells, seam) in cells.iter().zip(&seams.after) {
            let (from, to) = (cells.offsets[row] as usize, cells.offsets[row + 1] as usize);
            put(cells.data, from, to - from, room, at);
            at += to - from;
            put(&seam.bytes, 0, seam.len, room, at);
            at += seam.len;
        }
    }
    if at != size {
        return Err(Fault::Malformed);
    }
    lines.truncate(start + size - seams.lead.len());
    Ok(())
}

/// Copies whole blocks while there are such, so that what follows is written later.
#[inline(always)]
fn put(from: &[u8], start: usize, len: usize, room: &mut [u8], at: usize) {
    let mut done = 0;
    loop {
        let block = from.get(start + done..).and_then(<[u8]>::first_chunk::<BLOCK>);
        let place = room.get_mut(at + done..).and_then(<[u8]>::first_chunk_mut::<BLOCK>);
        let (Some(block), Some(place)) = (block, place) else {
            room[at + done..at + len].copy_from_slice(&from[start + done..start + len]);
            return;
        };
        *place = *block;
        done += BLOCK;
        if done >= len {
            return;
        }
    }
}
