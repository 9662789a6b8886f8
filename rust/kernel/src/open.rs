//! Opening frames that share a key: all of them, whatever is found on the way.

use std::collections::HashMap;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use crate::fault::Outcome;
use crate::frame::{CIPHERTEXT_BYTES, HEADER_BYTES, Header, TOKEN, TOKEN_BYTES};
use crate::key::{BLOCK, Block, load, xor};
use crate::lanes::{Lanes, Slot};
use crate::siv::{self, Siv};
use crate::xaes::{self, Gcm, HALF, NONCE_BYTES, Xaes, bound};

/// Derived keys kept: values of as many calls in a column open without deriving anew.
const KEPT: usize = 256;

/// What opens frames of one header.
pub(crate) enum Opener {
    Token(Box<Siv>),
    Ciphertext(Box<Ciphertexts>),
}

/// One XAES key with what its values are bound to, and the keys derived from it so far.
pub(crate) struct Ciphertexts {
    xaes: Xaes,
    bound: Vec<u8>,
    derived: HashMap<[u8; HALF], Gcm>,
}

/// What was under the frames of a chunk, verified or not.
#[derive(Default)]
pub(crate) struct Opened {
    /// Whole blocks; a value begins with one.
    pub blocks: Vec<Block>,
    /// How many frames did not open.
    pub refused: usize,
    bodies: Vec<Slot>,
    tags: Vec<Block>,
    lanes: Lanes,
    stream: Vec<Block>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.blocks.zeroize();
        self.stream.zeroize();
    }
}

impl Opener {
    /// For frames with this header. `KeyLength` if the key is not as long as its algorithm takes.
    pub(crate) fn new(header: Header, key: &[u8], associated: &[u8]) -> Outcome<Self> {
        if header[0] & 0x0F == TOKEN {
            let siv = Siv::new(key, &[associated, &header])?;
            return Ok(Self::Token(Box::new(siv)));
        }
        Ok(Self::Ciphertext(Box::new(Ciphertexts {
            xaes: Xaes::new(key)?,
            bound: bound(associated, &header),
            derived: HashMap::new(),
        })))
    }

    /// Opens frames that also share their derived key (`shared`), and says where each value is.
    pub(crate) fn open(
        &mut self,
        bytes: &[u8],
        frames: &[Slot],
        into: &mut Opened,
        mut place: impl FnMut(usize, Slot),
    ) {
        let Opened { blocks, refused, bodies, tags, lanes, stream } = into;
        bodies.clear();
        match self {
            Self::Token(siv) => {
                bodies.extend(frames.iter().map(|frame| body(*frame, TOKEN_BYTES, 0)));
                tags.clear();
                let tag = |frame: &Slot| load(bytes, frame.start() + HEADER_BYTES);
                tags.extend(frames.iter().map(tag));
                siv.keystream(bodies, tags, stream);
                uncover(bytes, bodies, stream, 0);
                let right = siv.tags(lanes, stream.as_flattened(), bodies);
                *refused += count(frames.len(), |index| equal(right[index], tags[index]));
            }
            Self::Ciphertext(key) => {
                let trailing = xaes::TAG_BYTES;
                let each = frames.iter().map(|frame| body(*frame, CIPHERTEXT_BYTES, trailing));
                bodies.extend(each);
                let nonce = |index: usize, _| second_half(bytes, frames[index]);
                let Some(gcm) = frames.first().map(|frame| key.gcm(first_half(bytes, *frame)))
                else {
                    return;
                };
                gcm.keystream(bodies, nonce, stream);
                gcm.tags(bytes, bodies, stream, tags);
                *refused += count(frames.len(), |index| {
                    let body = bodies[index];
                    equal(tags[index], load(bytes, body.start() + body.len()))
                });
                uncover(bytes, bodies, stream, 1);
            }
        }
        let base = (blocks.len() * BLOCK) as u32;
        for (index, body) in bodies.iter().enumerate() {
            place(index, Slot { start: base + body.start, ..*body });
        }
        blocks.extend_from_slice(stream);
    }
}

impl Ciphertexts {
    fn gcm(&mut self, half: [u8; HALF]) -> &Gcm {
        if self.derived.len() >= KEPT && !self.derived.contains_key(&half) {
            self.derived.clear();
        }
        self.derived.entry(half).or_insert_with(|| self.xaes.gcm(&half, &self.bound))
    }
}

/// The part of a frame's nonce that chooses the derived key; zero for a token.
pub(crate) fn shared(bytes: &[u8], frame: Slot) -> [u8; HALF] {
    if bytes[frame.start()] & 0x0F == TOKEN { [0; HALF] } else { first_half(bytes, frame) }
}

fn first_half(bytes: &[u8], frame: Slot) -> [u8; HALF] {
    nonce_part(bytes, frame, 0)
}

fn second_half(bytes: &[u8], frame: Slot) -> [u8; HALF] {
    nonce_part(bytes, frame, NONCE_BYTES - HALF)
}

#[inline]
fn nonce_part(bytes: &[u8], frame: Slot, skipped: usize) -> [u8; HALF] {
    let start = frame.start() + HEADER_BYTES + skipped;
    let mut half = [0; HALF];
    half.copy_from_slice(&bytes[start..start + HALF]);
    half
}

/// A frame's ciphertext; `trailing` of its `overhead` bytes follow that.
#[inline]
fn body(frame: Slot, overhead: usize, trailing: usize) -> Slot {
    let (overhead, leading) = (overhead as u32, (overhead - trailing) as u32);
    Slot { start: frame.start + leading, len: frame.len - overhead, ..frame }
}

/// Turns keystream into what the ciphertexts hide, and the slots to where that stands.
/// `skipped` blocks of each slot's keystream are not for its bytes.
fn uncover(bytes: &[u8], bodies: &mut [Slot], stream: &mut [Block], skipped: usize) {
    let mut at = 0;
    for body in bodies {
        at += skipped;
        let end = at + body.blocks();
        for (step, block) in stream[at..end].iter_mut().enumerate() {
            *block = xor(*block, load(bytes, body.start() + step * BLOCK));
        }
        body.start = (at * BLOCK) as u32;
        at = end;
    }
}

/// Whether both are the same, in the same time wherever they differ.
#[inline]
fn equal(left: Block, right: Block) -> Choice {
    let halves = |block: Block| {
        let number = u128::from_ne_bytes(block);
        (number as u64, (number >> 64) as u64)
    };
    let ((a, b), (c, d)) = (halves(left), halves(right));
    a.ct_eq(&c) & b.ct_eq(&d)
}

/// How many are not equal.
fn count(frames: usize, mut verdict: impl FnMut(usize) -> Choice) -> usize {
    (0..frames).map(|index| usize::from((!verdict(index)).unwrap_u8())).sum()
}

const _: () = assert!(siv::TAG_BYTES + HEADER_BYTES == TOKEN_BYTES);
