//! The frame around everything reversible (docs/reference/frame.md).

use crate::base64url::{self, FILL, SLACK};
use crate::beside::HANDLE_BYTES;
use crate::chunk::{Chunk, close_rows, expected_bytes};
use crate::column::Column;
use crate::fault::{Fault, Outcome};
use crate::key::{BLOCK, Block, load, store, xor};
use crate::lanes::Slot;
use crate::varlen::Varlen;

/// The high four bits of a frame's first byte.
const VERSION: u8 = 1;

/// AES-256-SIV.
pub const TOKEN: u8 = 1;

/// XAES-256-GCM.
pub const CIPHERTEXT: u8 = 2;

/// AES-256-GCM under a subject's key.
pub const SUBJECT: u8 = 3;

/// XAES-256-GCM, bound to the record.
pub const RECORD: u8 = 4;

/// AES-256-GCM under a subject's key, bound to the record.
pub const SUBJECT_RECORD: u8 = 5;

/// Version, algorithm and key number.
pub(crate) const HEADER_BYTES: usize = 4;

/// Bytes of a frame before the ciphertext and after it.
pub(crate) const TOKEN_BYTES: usize = HEADER_BYTES + 16;
pub(crate) const CIPHERTEXT_BYTES: usize = HEADER_BYTES + 24 + 16;
pub(crate) const SUBJECT_BYTES: usize = HEADER_BYTES + HANDLE_BYTES + 12 + 16;

/// The highest key number.
const LAST_KEY_NUMBER: u32 = (1 << 24) - 1;

/// A frame's first four bytes.
pub(crate) type Header = [u8; HEADER_BYTES];

/// The header of frames of an algorithm under a key. `KeyNumber` for a number there is not.
pub(crate) fn header(algorithm: u8, key_number: u32) -> Outcome<Header> {
    if !(1..=LAST_KEY_NUMBER).contains(&key_number) {
        return Err(Fault::KeyNumber);
    }
    let [_, number @ ..] = key_number.to_be_bytes();
    let [first, second, third] = number;
    Ok([VERSION << 4 | algorithm, first, second, third])
}

/// Algorithm and key number of a frame, and how short such a frame may be; nothing if it is none.
#[inline]
pub(crate) fn parse(header: Header, len: usize) -> Option<((u8, u32), usize)> {
    let shortest = match header[0] {
        first if first >> 4 != VERSION => return None,
        first => match first & 0x0F {
            TOKEN => TOKEN_BYTES,
            CIPHERTEXT | RECORD => CIPHERTEXT_BYTES,
            SUBJECT | SUBJECT_RECORD => SUBJECT_BYTES,
            _ => return None,
        },
    };
    let number = u32::from_be_bytes(header) & LAST_KEY_NUMBER;
    (number > 0 && len >= shortest).then_some(((header[0] & 0x0F, number), shortest))
}

/// Where frames are put together: in the output itself, or beside it if they become text.
pub(crate) struct Frames {
    text: bool,
    overhead: usize,
    aside: Vec<u8>,
    out: Varlen,
}

impl Frames {
    /// For frames of a column's values, each with `overhead` bytes more than the value.
    pub(crate) fn of(column: &Column<'_>, text: bool, overhead: usize) -> Self {
        let (rows, bytes) = (column.len, expected_bytes(column));
        let binary = bytes.saturating_add(rows.saturating_mul(overhead));
        let expected = if text { binary / 3 * 4 + rows.saturating_mul(8) } else { binary };
        let most = expected.min(i32::MAX as usize) + SLACK;
        Self { text, overhead, aside: Vec::new(), out: Varlen::with_capacity(rows, most) }
    }

    /// Writes the frames of a chunk: `fill` gets the room for them, how far apart they are
    /// beside their values' length, and may write over what follows a frame in it.
    pub(crate) fn append(
        &mut self,
        chunk: &Chunk<'_>,
        fill: impl FnOnce(&mut [u8], usize),
    ) -> Outcome<()> {
        let (overhead, slots) = (self.overhead, chunk.slots);
        let size =
            |len| if self.text { base64url::text_len(overhead + len) } else { overhead + len };
        let start = self.out.data.len();
        close_rows(&mut self.out, chunk.rows.len(), slots, size)?;
        let end = self.out.offsets.last().map_or(0, |last| *last as usize);
        self.out.data.resize(end + SLACK, 0);
        if self.text {
            let held: usize = slots.iter().map(|slot| slot.len() + overhead + FILL).sum();
            self.aside.resize(held + SLACK, 0);
            fill(&mut self.aside, overhead + FILL);
            base64url::write(&self.aside, slots, overhead, &mut self.out.data[start..]);
        } else {
            fill(&mut self.out.data[start..], overhead);
        }
        self.out.data.truncate(end);
        Ok(())
    }

    /// All frames.
    pub(crate) fn finish(self) -> Varlen {
        self.out
    }
}

/// A slot's bytes under the keystream, in whole blocks from `at` on. Two blocks without asking,
/// as a branch here would be taken at random. Then zeros, `after` bytes behind the last one.
#[inline(always)]
pub(crate) fn write_under(
    stream: &[Block],
    bytes: &[u8],
    slot: Slot,
    frames: &mut [u8],
    place: (usize, usize),
) {
    write_blocks(slot.blocks().max(2), |step| stream[step], bytes, slot, frames, place);
}

/// As `write_under`, so many blocks, whatever the length.
#[inline(always)]
pub(crate) fn write_blocks(
    stop: usize,
    stream: impl Fn(usize) -> Block,
    bytes: &[u8],
    slot: Slot,
    frames: &mut [u8],
    (at, after): (usize, usize),
) {
    let mut step = 0;
    while step < stop {
        let plain = load(bytes, slot.start() + step * BLOCK);
        store(frames, at + step * BLOCK, xor(plain, stream(step)));
        step += 1;
    }
    let end = at + slot.len() + after;
    frames[end..end + FILL].fill(0);
}
