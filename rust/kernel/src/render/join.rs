//! Cells of columns put together row by row.

// Lines are written where nothing was before: zeros there first would cost as much as the copying.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::slice;

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
    if rows == 0 {
        return Ok(());
    }
    let mut size = 0;
    for (cells, seam) in cells.iter().zip(&seams.after) {
        let [first, .., last] = cells.offsets else { return Err(Fault::Malformed) };
        size += (*last - *first) as usize + rows * seam.len;
    }
    lines.extend_from_slice(&seams.lead);
    lines.reserve(size + SLACK);
    if write_rows(cells, seams, rows, lines.spare_capacity_mut())? != size {
        return Err(Fault::Malformed);
    }
    let end = lines.len() + size;
    // SAFETY: there is room for it, and that many bytes were written, one after the other.
    unsafe { lines.set_len(end) };
    lines.truncate(end - seams.lead.len());
    Ok(())
}

/// Writes rows from the beginning of the room on, without gaps: at least as many bytes as returned.
fn write_rows(
    cells: &[Cells<'_>],
    seams: &Seams,
    rows: usize,
    room: &mut [MaybeUninit<u8>],
) -> Outcome<usize> {
    let mut at = 0;
    for row in 0..rows {
        for (cells, seam) in cells.iter().zip(&seams.after) {
            let Some([from, to]) = cells.offsets.get(row..).and_then(<[i32]>::first_chunk) else {
                return Err(Fault::Malformed);
            };
            let (from, to) = (*from as usize, *to as usize);
            let len = to.checked_sub(from).ok_or(Fault::Malformed)?;
            put(any(cells.data), from, len, room, at);
            at += len;
            match room.get_mut(at..).and_then(<[_]>::first_chunk_mut::<BLOCK>) {
                Some(place) => place.copy_from_slice(any(&seam.block)),
                None => return Err(Fault::Malformed),
            }
            if seam.len > BLOCK {
                room[at + BLOCK..at + seam.len].copy_from_slice(any(&seam.rest));
            }
            at += seam.len;
        }
    }
    Ok(at)
}

/// Copies a value. What is copied beyond its end is written over by what follows it.
#[inline(always)]
fn put(
    from: &[MaybeUninit<u8>],
    start: usize,
    len: usize,
    room: &mut [MaybeUninit<u8>],
    at: usize,
) {
    let block = from.get(start..).and_then(<[_]>::first_chunk::<BLOCK>);
    let place = room.get_mut(at..).and_then(<[_]>::first_chunk_mut::<BLOCK>);
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
fn put_rest(from: &[MaybeUninit<u8>], len: usize, room: &mut [MaybeUninit<u8>]) {
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

/// The same bytes, to be copied to where there is nothing yet.
#[inline(always)]
fn any(bytes: &[u8]) -> &[MaybeUninit<u8>] {
    // SAFETY: of the same layout, and of a type that asks nothing of what it holds.
    unsafe { slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}
