//! Normalisers over the bytes of ASCII, whole chunks at a time, in place: nothing grows.

use std::ops::Range;

use crate::canonical::Normaliser;
use crate::varlen::Varlen;

/// Which bytes a normaliser has to look at closely.
type Flags = [bool; 256];

const fn flags(characters: &[u8]) -> Flags {
    let mut flags = [false; 256];
    let mut at = 0;
    while at < characters.len() {
        flags[characters[at] as usize] = true;
        at += 1;
    }
    flags
}

static SPACE: Flags = flags(b"\t\n\x0b\x0c\r ");
static DIGIT: Flags = flags(b"0123456789");
static UPPER_OR_DIGIT: Flags = flags(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

/// Brings the slots from `first` on, the first of them row `row`, to their form.
///
/// Right for ASCII, for forms that `wide` wrote, and under `Digits` and `Exact` for all bytes.
pub fn rewrite(
    normaliser: Normaliser,
    into: &mut Varlen,
    first: usize,
    row: usize,
    refused: &mut Vec<usize>,
) {
    let start = into.offsets[first] as usize;
    let bytes = &mut into.data[start..];
    match normaliser {
        Normaliser::Exact | Normaliser::Nfc => {}
        Normaliser::Email => {
            bytes.make_ascii_lowercase();
            if any(bytes, is_space) {
                each(into, first, row, refused, trimmed);
            }
        }
        Normaliser::Text => {
            bytes.make_ascii_lowercase();
            if any(bytes, is_space) && !spaced_once(into, first) {
                each(into, first, row, refused, collapsed);
            }
        }
        Normaliser::Digits => {
            if any(bytes, |byte| !byte.is_ascii_digit()) {
                each(into, first, row, refused, |data, from, to| kept(data, from, to, &DIGIT));
            }
        }
        Normaliser::Alphanumeric => {
            bytes.make_ascii_uppercase();
            if any(bytes, |byte| !byte.is_ascii_digit() & !byte.is_ascii_uppercase()) {
                let kept = |data: &mut [u8], from, to| kept(data, from, to, &UPPER_OR_DIGIT);
                each(into, first, row, refused, kept);
            }
        }
    }
}

/// White space among ASCII.
#[inline]
pub fn is_space(byte: u8) -> bool {
    (byte == b' ') | (byte.wrapping_sub(b'\t') < 5)
}

/// Whether any byte is such: looks at all of a block before it asks, as vector units like it.
#[inline]
fn any(bytes: &[u8], such: impl Fn(u8) -> bool) -> bool {
    let (blocks, rest) = bytes.as_chunks::<128>();
    let found = |block: &[u8]| block.iter().fold(0, |found, byte| found | u8::from(such(*byte)));
    blocks.iter().any(|block| found(block) != 0) || found(rest) != 0
}

/// Whether the only white space is single spaces inside texts.
fn spaced_once(into: &Varlen, first: usize) -> bool {
    let bytes = &into.data[into.offsets[first] as usize..];
    if any(bytes, |byte| byte.wrapping_sub(b'\t') < 5) {
        return false;
    }
    let mut twice = false;
    for (byte, next) in bytes.iter().zip(bytes.iter().skip(1)) {
        twice |= (*byte == b' ') & (*next == b' ');
    }
    if twice {
        return false;
    }
    let mut edge = false;
    for ends in into.offsets[first..].windows(2) {
        if ends[0] < ends[1] {
            edge |= into.data[ends[0] as usize] == b' ';
            edge |= into.data[ends[1] as usize - 1] == b' ';
        }
    }
    !edge
}

/// Moves each slot's form together. `form` writes it from an index on and says where it ends.
fn each(
    into: &mut Varlen,
    first: usize,
    row: usize,
    refused: &mut Vec<usize>,
    form: impl Fn(&mut [u8], Range<usize>, usize) -> usize,
) {
    let mut from = into.offsets[first] as usize;
    let mut to = from;
    for (at, end) in into.offsets[first + 1..].iter_mut().enumerate() {
        let until = *end as usize;
        let ended = form(&mut into.data, from..until, to);
        if ended == to && from < until {
            refused.push(row + at);
        }
        // No further on than it was.
        *end = ended as i32;
        from = until;
        to = ended;
    }
    into.data.truncate(to);
}

fn trimmed(data: &mut [u8], mut from: Range<usize>, to: usize) -> usize {
    while from.start < from.end && SPACE[data[from.start] as usize] {
        from.start += 1;
    }
    while from.start < from.end && SPACE[data[from.end - 1] as usize] {
        from.end -= 1;
    }
    let length = from.len();
    if from.start != to {
        data.copy_within(from, to);
    }
    to + length
}

/// Runs of white space as one space, none at either end.
fn collapsed(data: &mut [u8], from: Range<usize>, mut to: usize) -> usize {
    let start = to;
    let mut after_space = true;
    for at in from {
        let byte = data[at];
        let space = SPACE[byte as usize];
        data[to] = if space { b' ' } else { byte };
        to += usize::from(!(space & after_space));
        after_space = space;
    }
    to - usize::from(after_space && to > start)
}

/// Only the bytes flagged.
fn kept(data: &mut [u8], from: Range<usize>, mut to: usize, flags: &Flags) -> usize {
    for at in from {
        let byte = data[at];
        data[to] = byte;
        to += usize::from(flags[byte as usize]);
    }
    to
}
