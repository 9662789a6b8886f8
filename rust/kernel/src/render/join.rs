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
    /// What fits into one block.
    block: [u8; BLOCK],
    /// The rest, which only long keys of JSON have.
    rest: Vec<u8>,
}

impl Seam {
    fn new(bytes: Vec<u8>) -> Self {
        let mut block = [0; BLOCK];
        let (first, rest) = bytes.split_at(bytes.len().min(BLOCK));
        block[..first.len()].copy_from_slice(first);
        Self { len: bytes.len(), block, rest: rest.to_vec() }
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
            let Some([from, to]) = cells.offsets.get(row..).and_then(<[i32]>::first_chunk) else {
                return Err(Fault::Malformed);
            };
            let (from, to) = (*from as usize, *to as usize);
            put(cells.data, from, to.wrapping_sub(from), room, at);
            at += to.wrapping_sub(from);
            match room.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
                Some(place) => *place = seam.block,
                None => return Err(Fault::Malformed),
            }
            if seam.len > BLOCK {
                room[at + BLOCK..at + seam.len].copy_from_slice(&seam.rest);
            }
            at += seam.len;
        }
    }
    if at != size {
        return Err(Fault::Malformed);
    }
    lines.truncate(start + size - seams.lead.len());
    Ok(())
}

/// Copies a value. What is copied beyond its end is written over by what follows it.
#[inline(always)]
fn put(from: &[u8], start: usize, len: usize, room: &mut [u8], at: usize) {
    let block = from.get(start..).and_then(<[u8]>::first_chunk::<BLOCK>);
    let place = room.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<BLOCK>);
    match (block, place) {
        (Some(block), Some(place)) => *place = *block,
        _ => return room[at..at + len].copy_from_slice(&from[start..start + len]),
    }
    if len > BLOCK {
        put_rest(&from[start + BLOCK..], len - BLOCK, &mut room[at + BLOCK..]);
    }
}

/// The same of what is left of a longer value.
#[inline(always)]
fn put_rest(from: &[u8], len: usize, room: &mut [u8]) {
    let (blocks, _) = from.as_chunks::<BLOCK>();
    let (places, _) = room.as_chunks_mut::<BLOCK>();
    let count = len.div_ceil(BLOCK);
    if let (Some(blocks), Some(places)) = (blocks.get(..count), places.get_mut(..count)) {
        for (place, block) in places.iter_mut().zip(blocks) {
            *place = *block;
        }
    } else {
        room[..len].copy_from_slice(&from[..len]);
    }
}
