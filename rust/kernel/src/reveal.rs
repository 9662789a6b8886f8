//! From frames back to canonical bytes, whatever key numbers stand side by side in a column.

use std::collections::HashMap;

use zeroize::Zeroize;

use crate::base64url::SLACK;
use crate::chunk::{chunk_end, close_rows};
use crate::column::{Bytes, Column, Slots, Values};
use crate::each_layout;
use crate::fault::{Fault, Outcome};
use crate::frame::{Header, parse};
use crate::frame_rows::FrameRows;
use crate::key::{BLOCK, load, store};
use crate::lanes::Slot;
use crate::open::{Opened, Opener, shared};
use crate::varlen::Varlen;

/// A derived key that may open frames. Wiped on drop; never shown.
pub struct RevealKey {
    /// The algorithm of the frames it opens.
    pub algorithm: u8,
    /// The key number in their headers.
    pub number: u32,
    /// The key.
    pub key: Vec<u8>,
}

impl Drop for RevealKey {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// Canonical bytes of each frame, text or bytes; a null is an empty slot.
///
/// `associated` is by algorithm. Faults in this order: `UnsupportedType` for a column that is
/// neither text nor bytes; `NotFrames` with the count; then for the headers there are, in order
/// of algorithm and key number, `NoKey`, `WrongKind`, `KeyLength`; `DoNotOpen` with the count.
/// Nothing is returned unless every frame opens.
pub fn reveal(
    frames: &Column<'_>,
    keys: &[RevealKey],
    associated: &[(u8, Vec<u8>)],
) -> Outcome<Varlen> {
    let (Values::Text(bytes) | Values::Binary(bytes)) = &frames.values else {
        return Err(Fault::UnsupportedType);
    };
    let mut column = Reading::default();
    let mut openers = Openers::new(keys, associated);
    let mut opened = Opened::default();
    let mut out = Varlen::with_capacity(frames.len, expected(bytes) + SLACK);
    let mut start = 0;
    while start < frames.len {
        let rows = start..chunk_end(frames, start);
        start = rows.end;
        column.read.rows(frames, bytes, &rows)?;
        openers.find(&mut column);
        if column.not_frames > 0 || openers.fault.is_some() {
            continue;
        }
        column.open(&mut openers, &mut opened);
        write(&mut out, rows.len(), &column.values, &opened)?;
    }
    let verdict = verdict(&column, &openers, &opened);
    if verdict.is_err() {
        out.data.zeroize();
    }
    verdict.map(|()| out)
}

/// All was read: what of it is to be said first.
fn verdict(column: &Reading, openers: &Openers<'_>, opened: &Opened) -> Outcome<()> {
    if column.not_frames > 0 {
        return Err(Fault::NotFrames { refused: column.not_frames });
    }
    if let Some((_, fault)) = openers.fault {
        return Err(fault);
    }
    if opened.refused > 0 {
        return Err(Fault::DoNotOpen { refused: opened.refused });
    }
    Ok(())
}

fn expected(bytes: &Bytes<'_>) -> usize {
    each_layout!(bytes, slots => slots.total()).min(i32::MAX as usize)
}

fn write(out: &mut Varlen, rows: usize, values: &[Slot], opened: &Opened) -> Outcome<()> {
    let mut at = out.data.len();
    if let Err(fault) = close_rows(out, rows, values, |len| len) {
        out.data.zeroize();
        return Err(fault);
    }
    let end = out.offsets.last().map_or(0, |last| *last as usize);
    out.data.resize(end + SLACK, 0);
    for value in values {
        let first = value.start() / BLOCK;
        for (step, block) in opened.blocks[first..first + value.blocks()].iter().enumerate() {
            store(&mut out.data, at + step * BLOCK, *block);
        }
        at += value.len();
    }
    out.data.truncate(end);
    Ok(())
}

/// The frames of some rows, and how many rows so far held none.
#[derive(Default)]
struct Reading {
    read: FrameRows,
    /// By frame: which opener, and what its derived key depends on.
    groups: Vec<(u32, [u8; 12], u32)>,
    values: Vec<Slot>,
    not_frames: usize,
}

impl Reading {
    /// Opens all frames, those that share a key together.
    fn open(&mut self, openers: &mut Openers<'_>, opened: &mut Opened) {
        let Self { read: FrameRows { bytes, frames }, groups, values, .. } = self;
        opened.blocks.clear();
        values.clear();
        values.resize(frames.len(), Slot::default());
        if !groups.is_sorted() {
            groups.sort_unstable();
        }
        let mut together = Vec::with_capacity(frames.len());
        for group in groups.chunk_by(|left, right| (left.0, left.1) == (right.0, right.1)) {
            together.clear();
            together.extend(group.iter().map(|(_, _, index)| frames[*index as usize]));
            let opener = &mut openers.openers[group[0].0 as usize];
            opener.open(bytes, &together, opened, |index, value| {
                values[group[index].2 as usize] = value;
            });
        }
    }
}

/// What opens the frames of a column, by header; and the first header that nothing opens.
struct Openers<'a> {
    keys: HashMap<(u8, u32), &'a [u8]>,
    associated: &'a [(u8, Vec<u8>)],
    found: HashMap<Header, u32>,
    openers: Vec<Opener>,
    fault: Option<((u8, u32), Fault)>,
}

impl<'a> Openers<'a> {
    fn new(keys: &'a [RevealKey], associated: &'a [(u8, Vec<u8>)]) -> Self {
        Self {
            keys: keys.iter().map(|key| ((key.algorithm, key.number), &key.key[..])).collect(),
            associated,
            found: HashMap::new(),
            openers: Vec::new(),
            fault: None,
        }
    }

    /// Finds each frame's opener; counts what is no frame.
    fn find(&mut self, column: &mut Reading) {
        let Reading { read: FrameRows { bytes, frames }, groups, not_frames, .. } = column;
        groups.clear();
        let mut last = None;
        for (frame, index) in frames.iter().zip(0_u32..) {
            let [first, second, third, fourth, ..] = load(bytes, frame.start());
            let head = [first, second, third, fourth];
            let Some(pair) = parse(head, frame.len()) else {
                *not_frames += 1;
                continue;
            };
            let opener = match last {
                Some((same, opener)) if same == head => opener,
                _ => self.of(head, pair),
            };
            last = Some((head, opener));
            groups.push((opener, shared(bytes, *frame), index));
        }
    }

    /// The opener of a header, by index; if there is none, the fault that counts is kept.
    fn of(&mut self, head: Header, pair: (u8, u32)) -> u32 {
        if let Some(index) = self.found.get(&head) {
            return *index;
        }
        match self.opener(head, pair) {
            Ok(opener) => {
                let index = self.openers.len() as u32;
                self.openers.push(opener);
                self.found.insert(head, index);
                index
            }
            Err(fault) => {
                if self.fault.is_none_or(|(first, _)| pair < first) {
                    self.fault = Some((pair, fault));
                }
                0
            }
        }
    }

    fn opener(&self, head: Header, pair: (u8, u32)) -> Outcome<Opener> {
        let (algorithm, number) = pair;
        let key = self.keys.get(&pair).ok_or(Fault::NoKey { number })?;
        let bound = self.associated.iter().find(|(of, _)| *of == algorithm);
        let (_, associated) = bound.ok_or(Fault::WrongKind)?;
        Opener::new(head, key, associated)
    }
}
