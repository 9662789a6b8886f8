//! Ciphertexts: XAES-256-GCM of canonical values, in frames.

use crate::canonical::Normaliser;
use crate::chunk::{Chunk, check, each_chunk};
use crate::column::Column;
use crate::fault::{Fault, Outcome};
use crate::frame::{CIPHERTEXT, CIPHERTEXT_BYTES, Frames, HEADER_BYTES, header, write_under};
use crate::key::{Block, Wiped, store};
use crate::lanes::Slot;
use crate::varlen::Varlen;
use crate::xaes::{Gcm, HALF, NONCE_BYTES, TAG_BYTES, Xaes, bound};

/// Bytes of the nonce that are drawn once a call; the row counter fills the rest.
const RANDOM_BYTES: usize = 20;

/// Header and nonce: what stands before the ciphertext.
const BEFORE: usize = HEADER_BYTES + NONCE_BYTES;

/// Header and random bytes: the same in all frames of a call.
type Start = [u8; HEADER_BYTES + RANDOM_BYTES];

/// A ciphertext of each exact value under a 32-byte key; a null is an empty slot.
///
/// Fresh random bytes in every call. `associated` and the frame's header are authenticated with
/// it. Frames are base64url text behind their prefix if `text`, else bytes. Faults in this order:
/// those of the canonical encoding, `TooManyRows`, `KeyNumber`, `NoRandom`, `KeyLength`, `TooBig`.
pub fn encrypt(
    column: &Column<'_>,
    key: &[u8],
    associated: &[u8],
    key_number: u32,
    text: bool,
) -> Outcome<Varlen> {
    let mut random = [0; RANDOM_BYTES];
    let drawn = getrandom::fill(&mut random).map_err(|_| Fault::NoRandom);
    encrypt_with(column, key, associated, key_number, text, drawn.map(|()| random))
}

/// With random bytes that the caller says: for published vectors, and nothing else.
pub(crate) fn encrypt_with(
    column: &Column<'_>,
    key: &[u8],
    associated: &[u8],
    key_number: u32,
    text: bool,
    random: Outcome<[u8; RANDOM_BYTES]>,
) -> Outcome<Varlen> {
    let (gcm, start) = match prepared(column, key, associated, key_number, random) {
        Ok(prepared) => prepared,
        Err(fault) => {
            check(column, Normaliser::Exact, false)?;
            return Err(fault);
        }
    };
    let mut scratch = Scratch::default();
    let mut frames = Frames::of(column, text, CIPHERTEXT_BYTES);
    each_chunk(column, Normaliser::Exact, false, |chunk| {
        let nonce = |_, slot: Slot| {
            let mut nonce = [0; HALF];
            nonce[..HALF - 4].copy_from_slice(&start[HEADER_BYTES + HALF..]);
            nonce[HALF - 4..].copy_from_slice(&counter(chunk, slot.row));
            nonce
        };
        gcm.keystream(chunk.slots, nonce, &mut scratch.stream.0);
        frames.append(chunk, |into, stride| {
            scratch.fill(chunk, &start, into, stride);
            scratch.seal(&gcm, into);
        })
    })?;
    Ok(frames.finish())
}

fn prepared(
    column: &Column<'_>,
    key: &[u8],
    associated: &[u8],
    key_number: u32,
    random: Outcome<[u8; RANDOM_BYTES]>,
) -> Outcome<(Gcm, Start)> {
    if column.len as u64 > 1 << 32 {
        return Err(Fault::TooManyRows);
    }
    let header = header(CIPHERTEXT, key_number)?;
    let random = random?;
    let mut start: Start = [0; _];
    start[..HEADER_BYTES].copy_from_slice(&header);
    start[HEADER_BYTES..].copy_from_slice(&random);
    let (half, _) = random.split_first_chunk().ok_or(Fault::NoRandom)?;
    let gcm = Xaes::new(key)?.gcm(half, &bound(associated, &header));
    Ok((gcm, start))
}

/// The row's index in the call, null rows counted. There are no more than 2^32.
#[inline]
fn counter(chunk: &Chunk<'_>, row: u32) -> [u8; 4] {
    ((chunk.rows.start + row as usize) as u32).to_be_bytes()
}

/// What is kept from one chunk to the next, to be written over.
#[derive(Default)]
struct Scratch {
    stream: Wiped,
    /// Where ciphertexts stand in their frames.
    bodies: Vec<Slot>,
    tags: Vec<Block>,
}

impl Scratch {
    /// Header, nonce and ciphertext of each frame.
    fn fill(&mut self, chunk: &Chunk<'_>, start: &Start, into: &mut [u8], stride: usize) {
        let (mut at, mut block) = (0, 1);
        self.bodies.clear();
        self.bodies.extend(chunk.slots.iter().map(|slot| {
            into[at..at + start.len()].copy_from_slice(start);
            into[at + start.len()..at + BEFORE].copy_from_slice(&counter(chunk, slot.row));
            write_under(
                &self.stream.0[block..],
                chunk.bytes,
                *slot,
                into,
                (at + BEFORE, TAG_BYTES),
            );
            let body = Slot { start: (at + BEFORE) as u32, ..*slot };
            block += slot.blocks() + 1;
            at += slot.len() + stride;
            body
        }));
    }

    /// The tags after the ciphertexts.
    fn seal(&mut self, gcm: &Gcm, into: &mut [u8]) {
        gcm.tags(into, &self.bodies, &self.stream.0, &mut self.tags);
        for (body, tag) in self.bodies.iter().zip(&self.tags) {
            store(into, body.start() + body.len(), *tag);
        }
    }
}
