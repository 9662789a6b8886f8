//! Frames as text: a prefix and base64url without padding (RFC 4648, section 5).
//!
//! Here for any processor; the same with vectors of 32 and of 64 bytes in the modules below,
//! chosen when the program runs. Their output is held against this one.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use std::ops::Range;

use crate::column::Slots;
use crate::lanes::Slot;

/// What every text begins with.
const PREFIX: [u8; 5] = *b"lkg1_";

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What is no character of the alphabet.
const NONE: u8 = 0x80;

/// The six bits each character stands for.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut at = 0;
    while at < ALPHABET.len() {
        values[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    values
};

/// Room that is needed after the last frame and the last text, to read and to write.
pub(crate) const SLACK: usize = 160;

/// Zero bytes needed after each frame that is written: characters come from groups of three.
pub(crate) const FILL: usize = 2;

/// Characters in the text of a frame of so many bytes.
#[inline]
pub(crate) fn text_len(bytes: usize) -> usize {
    PREFIX.len() + (bytes * 4).div_ceil(3)
}

/// Bytes in the frame of a text of so many characters, if there is one.
#[inline]
fn frame_len(characters: usize) -> Option<usize> {
    let encoded = characters.checked_sub(PREFIX.len())?;
    (encoded % 4 != 1).then_some(encoded / 4 * 3 + encoded % 4 * 3 / 4)
}

/// Writes the texts of frames one after another. Each frame is `overhead` bytes longer than its
/// slot, and `FILL` zeros follow it.
pub(crate) fn write(frames: &[u8], slots: &[Slot], overhead: usize, out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    {
        if avx512::is_here() {
            return avx512::write(frames, slots, overhead, out);
        }
        if avx2::is_here() {
            return avx2::write(frames, slots, overhead, out);
        }
    }
    write_with::<3, 3, 4>(frames, slots, overhead, out, encode);
}

/// Writes the frames of the texts in `rows` that are valid, and their slots; an empty slot for
/// what is not the text of a frame.
pub(crate) fn read<S: Slots>(
    texts: S,
    rows: Range<usize>,
    valid: impl Fn(usize) -> bool,
    into: &mut Vec<u8>,
    frames: &mut Vec<Slot>,
) {
    let characters: usize = rows.clone().map(|row| texts.get(row).len()).sum();
    into.resize(characters + SLACK, 0);
    let texts = Texts { texts, rows, valid };
    #[cfg(target_arch = "x86_64")]
    {
        if avx512::is_here() {
            return avx512::read(texts, into, frames);
        }
        if avx2::is_here() {
            return avx2::read(texts, into, frames);
        }
    }
    read_with(texts, into, frames, decode);
}

/// `step` makes `WRITTEN` characters of the first `TAKEN` of `READ` bytes.
///
/// Two steps without asking, as a branch there would be taken at random.
#[inline(always)]
fn write_with<const TAKEN: usize, const READ: usize, const WRITTEN: usize>(
    frames: &[u8],
    slots: &[Slot],
    overhead: usize,
    out: &mut [u8],
    step: impl Fn(&[u8; READ], &mut [u8; WRITTEN]),
) {
    let (mut from, mut to) = (0, 0);
    for slot in slots {
        let len = overhead + slot.len();
        out[to..to + PREFIX.len()].copy_from_slice(&PREFIX);
        let (mut taken, mut written) = (from, to + PREFIX.len());
        let end = from + len;
        let mut once = || {
            let room = out[written..].first_chunk_mut();
            let (Some(bytes), Some(room)) = (frames[taken..].first_chunk(), room) else {
                debug_assert!(false, "less room than SLACK");
                return false;
            };
            step(bytes, room);
            taken += TAKEN;
            written += WRITTEN;
            taken < end
        };
        once();
        let mut more = once();
        while more {
            more = once();
        }
        from = end + FILL;
        to += text_len(len);
    }
}

/// Which texts to read.
struct Texts<S, V> {
    texts: S,
    rows: Range<usize>,
    valid: V,
}

/// `decode` writes what the characters stand for, and may write after it; it is false if any is
/// no character of the alphabet.
#[inline(always)]
fn read_with<S: Slots, V: Fn(usize) -> bool>(
    texts: Texts<S, V>,
    into: &mut Vec<u8>,
    frames: &mut Vec<Slot>,
    decode: impl Fn(&[u8], &mut [u8]) -> bool,
) {
    let first = texts.rows.start;
    let mut start = 0;
    for row in texts.rows {
        if !(texts.valid)(row) {
            continue;
        }
        let text = texts.texts.get(row);
        let (mut len, mut whole) = (0, 0);
        if let (Some(expected), Some((&PREFIX, body))) =
            (frame_len(text.len()), text.split_first_chunk())
        {
            whole = expected;
            let good = decode(body, &mut into[start..]);
            len = whole * usize::from(good & uses_all_bits(body));
        }
        frames.push(Slot { row: (row - first) as u32, start: start as u32, len: len as u32 });
        // Not by `len`: the next text does not wait for what becomes of this one.
        start += whole;
    }
    into.truncate(start);
}

/// Whether the bits are zero that no byte of the frame uses: else it had several texts.
#[inline(always)]
fn uses_all_bits(text: &[u8]) -> bool {
    let unused = [0, 0x3F, 0x0F, 0x03][text.len() % 4];
    text.last().is_none_or(|last| VALUES[usize::from(*last)] & unused == 0)
}

/// Four characters for three bytes.
#[inline]
fn encode(bytes: &[u8; 3], out: &mut [u8; 4]) {
    let bits = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
    *out = [18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift & 63) as usize]);
}

fn decode(text: &[u8], into: &mut [u8]) -> bool {
    let (groups, rest) = text.as_chunks::<4>();
    let mut last = *b"AAAA";
    last[..rest.len()].copy_from_slice(rest);
    let mut wrong = 0;
    for (at, group) in groups.iter().chain([&last]).enumerate() {
        let values = group.map(|character| VALUES[usize::from(character)]);
        wrong |= values[0] | values[1] | values[2] | values[3];
        let bits = values.iter().fold(0, |bits, value| bits << 6 | u32::from(value & 63));
        into[3 * at..3 * at + 4].copy_from_slice(&(bits << 8).to_be_bytes());
    }
    wrong & NONE == 0
}

#[cfg(test)]
mod tests;
