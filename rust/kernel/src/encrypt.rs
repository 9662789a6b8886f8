//! Ciphertexts: XAES-256-GCM of canonical values, in frames.

use crate::additional::Additional;
use crate::beside::{Beside, Records};
use crate::canonical::Normaliser;
use crate::chunk::{Chunk, check, each_chunk};
use crate::column::Column;
use crate::encrypt_subjects::under_subjects;
use crate::fault::{Fault, Outcome};
use crate::frame::{
    CIPHERTEXT, CIPHERTEXT_BYTES, Frames, HEADER_BYTES, RECORD, header, write_under,
};
use crate::key::{Block, Wiped, store};
use crate::lanes::Slot;
use crate::nonces::Nonces;
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
    encrypt_beside(column, key, associated, key_number, text, &Beside::default())
}

/// As `encrypt`; with subjects each value is under its subject's key, with records it opens beside
/// its record only.
///
/// `key` is then what subjects' keys are derived from. More faults, the last but `TooBig`:
/// `NoRecord`, then `NoSubject`.
pub fn encrypt_beside(
    column: &Column<'_>,
    key: &[u8],
    associated: &[u8],
    key_number: u32,
    text: bool,
    beside: &Beside<'_>,
) -> Outcome<Varlen> {
    let records = beside.records.as_ref();
    let made = beside.check(column).and_then(|()| match &beside.subjects {
        Some(subjects) => {
            let beside = (subjects, records);
            under_subjects(column, (key, key_number), associated, text, beside, Nonces::fresh())
        }
        None => {
            let mut random = [0; RANDOM_BYTES];
            let drawn = getrandom::fill(&mut random).map_err(|_| Fault::NoRandom);
            let drawn = drawn.map(|()| random);
            under_one_key(column, (key, key_number), associated, text, records, drawn)
        }
    });
    made.or_else(|fault| {
        check(column, Normaliser::Exact, false)?;
        Err(fault)
    })
}

/// With random bytes that the caller says: for published vectors, and nothing else.
#[cfg(test)]
pub(crate) fn encrypt_with(
    column: &Column<'_>,
    key: &[u8],
    associated: &[u8],
    key_number: u32,
    text: bool,
    random: Outcome<[u8; RANDOM_BYTES]>,
) -> Outcome<Varlen> {
    under_one_key(column, (key, key_number), associated, text, None, random)
}

/// XAES-256-GCM under the column's own key.
pub(crate) fn under_one_key(
    column: &Column<'_>,
    (key, key_number): (&[u8], u32),
    associated: &[u8],
    text: bool,
    records: Option<&Records<'_>>,
    random: Outcome<[u8; RANDOM_BYTES]>,
) -> Outcome<Varlen> {
    if column.len as u64 > 1 << 32 {
        return Err(Fault::TooManyRows);
    }
    let header = header(if records.is_some() { RECORD } else { CIPHERTEXT }, key_number)?;
    let random = random?;
    let mut start: Start = [0; _];
    start[..HEADER_BYTES].copy_from_slice(&header);
    start[HEADER_BYTES..].copy_from_slice(&random);
    let (half, _) = random.split_first_chunk().ok_or(Fault::NoRandom)?;
    let gcm = Xaes::new(key)?.gcm(half, &bound(associated, &header));
    let record = records.map(|records| Bound {
        additional: Additional::new(associated, header, false, true),
        records,
    });
    let mut scratch = Scratch::default();
    let mut frames = Frames::of(column, text, CIPHERTEXT_BYTES);
    each_chunk(column, Normaliser::Exact, false, |chunk| {
        let nonce = |_, slot: Slot| {
            let mut nonce = [0; HALF];
            nonce[..HALF - 4].copy_from_slice(&start[HEADER_BYTES + HALF..]);
            nonce[HALF - 4..].copy_from_slice(&counter(chunk, slot));
            nonce
        };
        gcm.keystream(chunk.slots, nonce, &mut scratch.stream.0);
        frames.append(chunk, |into, stride| {
            scratch.fill(chunk, &start, into, stride);
            scratch.seal(&gcm, into, chunk, record.as_ref());
        })
    })?;
    Ok(frames.finish())
}

/// What is authenticated with each value, if that is its record too.
struct Bound<'a> {
    additional: Additional,
    records: &'a Records<'a>,
}

/// The row's index in the call, null rows counted. There are no more than 2^32.
#[inline]
fn counter(chunk: &Chunk<'_>, slot: Slot) -> [u8; 4] {
    (chunk.row(slot) as u32).to_be_bytes()
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
            into[at + start.len()..at + BEFORE].copy_from_slice(&counter(chunk, *slot));
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
    fn seal(&mut self, gcm: &Gcm, into: &mut [u8], chunk: &Chunk<'_>, bound: Option<&Bound<'_>>) {
        let Self { stream, bodies, tags, .. } = self;
        match bound {
            None => gcm.tags(into, bodies, &stream.0, tags),
            Some(Bound { additional, records }) => {
                let write = |slot: Slot, into: &mut Vec<u8>| {
                    additional.write(None, records.of(chunk.row(slot)), into);
                };
                gcm.tags_beside(into, bodies, &stream.0, write, tags);
            }
        }
        for (body, tag) in self.bodies.iter().zip(&self.tags) {
            store(into, body.start() + body.len(), *tag);
        }
    }
}
