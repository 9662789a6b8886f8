//! Tokens: AES-256-SIV of canonical values, in frames.

use crate::canonical::Normaliser;
use crate::chunk::{Chunk, each_chunk};
use crate::column::Column;
use crate::fault::Outcome;
use crate::frame::{Frames, HEADER_BYTES, Header, TOKEN, TOKEN_BYTES, header, write_under};
use crate::key::{Block, Wiped, store};
use crate::lanes::Lanes;
use crate::siv::Siv;
use crate::varlen::Varlen;

/// A token of each value, deterministic under its 64-byte key; a null is an empty slot.
///
/// `associated` and the frame's header are authenticated with it. Frames are base64url text behind
/// their prefix if `text`, else bytes. Faults in this order: `KeyNumber`, `KeyLength`, those of
/// the canonical encoding, `TooBig`.
pub fn tokenize(
    column: &Column<'_>,
    normaliser: Normaliser,
    key: &[u8],
    associated: &[u8],
    key_number: u32,
    text: bool,
) -> Outcome<Varlen> {
    let header = header(TOKEN, key_number)?;
    let siv = Siv::new(key, &[associated, &header])?;
    let (mut lanes, mut stream) = (Lanes::default(), Wiped::default());
    let mut frames = Frames::of(column, text, TOKEN_BYTES);
    each_chunk(column, normaliser, true, |chunk| {
        let tags = siv.tags(&mut lanes, chunk.bytes, chunk.slots);
        siv.keystream(chunk.slots, tags, &mut stream.0);
        frames.append(chunk, |into, stride| fill(chunk, tags, &stream.0, header, into, stride))
    })?;
    Ok(frames.finish())
}

fn fill(
    chunk: &Chunk<'_>,
    tags: &[Block],
    stream: &[Block],
    header: Header,
    into: &mut [u8],
    stride: usize,
) {
    let (mut at, mut block) = (0, 0);
    for (slot, tag) in chunk.slots.iter().zip(tags) {
        into[at..at + HEADER_BYTES].copy_from_slice(&header);
        store(into, at + HEADER_BYTES, *tag);
        write_under(&stream[block..], chunk.bytes, *slot, into, (at + TOKEN_BYTES, 0));
        block += slot.blocks();
        at += slot.len() + stride;
    }
}
