//! From frames back to canonical bytes, whatever key numbers stand side by side in a column.

use zeroize::Zeroize;

use crate::base64url::SLACK;
use crate::beside::Beside;
use crate::chunk::{close_rows, expected_bytes};
use crate::column::Column;
use crate::fault::{Fault, Outcome};
use crate::frame_rows::FrameRows;
use crate::key::{BLOCK, Block, store};
use crate::lanes::Slot;
use crate::open::Opened;
use crate::openers::Openers;
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
    let (values, _) = reveal_beside(frames, keys, associated, &Beside::default())?;
    Ok(values)
}

/// As `reveal`, of frames under subjects' keys and bound to records too: `WrongKind` if there are
/// such and nothing `beside` them is. Also which rows are there, if some frames were of subjects
/// that are gone: those rows are empty slots, and nulls of the column are true.
pub fn reveal_beside(
    frames: &Column<'_>,
    keys: &[RevealKey],
    associated: &[(u8, Vec<u8>)],
    beside: &Beside<'_>,
) -> Outcome<(Varlen, Option<Vec<bool>>)> {
    let mut read = FrameRows::new(frames)?;
    let mut openers = Openers::new(keys, associated, beside, frames.len);
    let mut opened = Opened::default();
    let mut there = vec![true; if beside.subjects.is_some() { frames.len } else { 0 }];
    let most = expected_bytes(frames).min(i32::MAX as usize) + SLACK;
    let mut out = Released(Varlen::with_capacity(frames.len, most));
    while let Some(rows) = read.next()? {
        openers.leave_out(&mut read, rows.start, &mut there);
        openers.find(&read);
        if openers.refusal().is_ok() {
            openers.open(&read, rows.start, &mut opened);
            write(&mut out.0, rows.len(), opened.values(), opened.blocks())?;
        }
    }
    openers.refusal()?;
    let there = there.contains(&false).then_some(there);
    match opened.refused {
        0 => Ok((out.verified(), there)),
        refused => Err(Fault::DoNotOpen { refused }),
    }
}

/// What was opened. It is wiped unless all of it was verified.
struct Released(Varlen);

impl Released {
    fn verified(mut self) -> Varlen {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Released {
    fn drop(&mut self) {
        self.0.data.zeroize();
    }
}

/// Appends values that each begin with a block.
fn write(out: &mut Varlen, rows: usize, values: &[Slot], blocks: &[Block]) -> Outcome<()> {
    let mut at = out.data.len();
    close_rows(out, rows, values, |len| len)?;
    let end = out.offsets.last().map_or(0, |last| *last as usize);
    out.data.resize(end + SLACK, 0);
    for value in values {
        let first = value.start() / BLOCK;
        // Two blocks without asking, as a branch here would be taken at random.
        store(&mut out.data, at, blocks[first]);
        store(&mut out.data, at + BLOCK, blocks[first + 1]);
        for step in 2..value.blocks() {
            store(&mut out.data, at + step * BLOCK, blocks[first + step]);
        }
        at += value.len();
    }
    out.data.truncate(end);
    Ok(())
}
