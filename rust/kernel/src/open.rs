//! Opening frames that share a key: all of them, whatever is found on the way.

use std::collections::HashMap;

use crate::fault::Outcome;
use crate::frame::{CIPHERTEXT_BYTES, HEADER_BYTES, Header, TOKEN, TOKEN_BYTES};
use crate::key::{BLOCK, Block, Wiped, load, xor};
use crate::lanes::{Lanes, Slot};
use crate::siv::{self, Siv};
use crate::xaes::{Gcm, HALF, NONCE_BYTES, TAG_BYTES, Xaes, bound};
use subtle::ConstantTimeEq;

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

/// What was under some frames, verified or not.
#[derive(Default)]
pub(crate) struct Opened {
    /// How many frames did not open so far.
    pub refused: usize,
    /// Keystream, then what it hid: a value begins with a block.
    stream: Wiped,
    /// Where ciphertexts are in their frames, then where their values are.
    bodies: Vec<Slot>,
    tags: Vec<Block>,
    lanes: Lanes,
    /// The values of several groups of frames, if there are several.
    kept: Wiped,
    places: Vec<Slot>,
}

impl Opened {
    /// Forgets the values.
    pub(crate) fn clear(&mut self) {
        self.bodies.clear();
        self.kept.0.clear();
        self.places.clear();
    }

    /// Keeps the values that were opened last beside those of other groups, by the indices of
    /// their frames among so many.
    pub(crate) fn keep(&mut self, indices: &[usize], frames: usize) {
        self.places.resize(frames, Slot::default());
        let base = (self.kept.0.len() * BLOCK) as u32;
        for (index, body) in indices.iter().zip(&self.bodies) {
            self.places[*index] = Slot { start: base + body.start, ..*body };
        }
        self.kept.0.extend_from_slice(&self.stream.0);
    }

    /// Where the values are, by frame.
    pub(crate) fn values(&self) -> &[Slot] {
        if self.places.is_empty() { &self.bodies } else { &self.places }
    }

    /// The blocks in which they are.
    pub(crate) fn blocks(&self) -> &[Block] {
        if self.places.is_empty() { &self.stream.0 } else { &self.kept.0 }
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

    /// Opens frames, ciphertexts only if they share their derived key.
    pub(crate) fn open(&mut self, bytes: &[u8], frames: &[Slot], into: &mut Opened) {
        match self {
            Self::Token(siv) => into.tokens(siv, bytes, frames),
            Self::Ciphertext(key) => {
                if let Some(first) = frames.first() {
                    let half = nonce_part(bytes, *first, 0);
                    into.ciphertexts(key.gcm(half), bytes, frames);
                }
            }
        }
    }
}

impl Opened {
    fn tokens(&mut self, siv: &Siv, bytes: &[u8], frames: &[Slot]) {
        let Self { refused, stream, bodies, tags, lanes, .. } = self;
        let stream = &mut stream.0;
        bodies.clear();
        bodies.extend(frames.iter().map(|frame| body(*frame, TOKEN_BYTES, 0)));
        tags.clear();
        tags.extend(frames.iter().map(|frame| load(bytes, frame.start() + HEADER_BYTES)));
        siv.keystream(bodies, tags, stream);
        uncover(bytes, bodies, stream, 0);
        let right = siv.tags(lanes, stream.as_flattened(), bodies);
        *refused += different(right.iter().zip(&*tags).map(|(right, tag)| (*right, *tag)));
    }

    fn ciphertexts(&mut self, gcm: &Gcm, bytes: &[u8], frames: &[Slot]) {
        let Self { refused, stream, bodies, tags, .. } = self;
        let stream = &mut stream.0;
        bodies.clear();
        bodies.extend(frames.iter().map(|frame| body(*frame, CIPHERTEXT_BYTES, TAG_BYTES)));
        let nonce = |index: usize, _| nonce_part(bytes, frames[index], NONCE_BYTES - HALF);
        gcm.keystream(bodies, nonce, stream);
        gcm.tags(bytes, bodies, stream, tags);
        let found = |body: &Slot| load(bytes, body.start() + body.len());
        *refused += different(tags.iter().zip(&*bodies).map(|(tag, body)| (*tag, found(body))));
        uncover(bytes, bodies, stream, 1);
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

/// How many pairs are not equal, in the same time wherever they differ.
#[inline]
fn different(pairs: impl ExactSizeIterator<Item = (Block, Block)>) -> usize {
    let all = pairs.len();
    let equal = pairs.map(|(left, right)| {
        let bits = u128::from_ne_bytes(xor(left, right));
        let folded = bits as u64 | (bits >> 64) as u64;
        usize::from(folded.ct_eq(&0).unwrap_u8())
    });
    all - equal.sum::<usize>()
}

const _: () = assert!(siv::TAG_BYTES + HEADER_BYTES == TOKEN_BYTES);
