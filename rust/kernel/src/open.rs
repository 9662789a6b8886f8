//! Opening frames that share a key: all of them, whatever is found on the way.

use std::collections::HashMap;

use crate::additional::Additional;
use crate::beside::{Beside, Records};
use crate::fault::{Fault, Outcome};
use crate::frame::{
    CIPHERTEXT, CIPHERTEXT_BYTES, HEADER_BYTES, Header, RECORD, SUBJECT, TOKEN, TOKEN_BYTES,
};
use crate::key::{BLOCK, Block, Wiped, load, xor};
use crate::lanes::{Lanes, Slot};
use crate::open_subjects::SubjectOpener;
use crate::siv::{self, Siv};
use crate::subject_keys::SubjectKeys;
use crate::xaes::{Gcm, HALF, NONCE_BYTES, TAG_BYTES, Xaes, bound};
use subtle::ConstantTimeEq;

/// Derived keys kept: values of as many calls in a column open without deriving anew.
const KEPT: usize = 256;

/// What opens frames of one header.
pub(crate) enum Opener<'a> {
    Token(Box<Siv>),
    Ciphertext(Box<Ciphertexts<'a>>),
    Subject(Box<SubjectOpener<'a>>),
}

/// One XAES key with what its values are bound to, and the keys derived from it so far.
pub(crate) struct Ciphertexts<'a> {
    xaes: Xaes,
    bound: Vec<u8>,
    record: Option<(Additional, &'a Records<'a>)>,
    derived: HashMap<[u8; HALF], Gcm>,
}

/// What was under some frames, verified or not.
#[derive(Default)]
pub(crate) struct Opened {
    /// How many frames did not open so far.
    pub refused: usize,
    /// Keystream, then what it hid: a value begins with a block.
    pub(crate) stream: Wiped,
    /// Where ciphertexts are in their frames, then where their values are.
    pub(crate) bodies: Vec<Slot>,
    pub(crate) tags: Vec<Block>,
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

impl<'a> Opener<'a> {
    /// For frames with this header. `KeyLength` if the key is not as long as its algorithm takes,
    /// `WrongKind` if nothing stands beside the frames that they are under or bound to.
    pub(crate) fn new(
        header: Header,
        key: &[u8],
        associated: &[u8],
        beside: &'a Beside<'a>,
        values: usize,
    ) -> Outcome<Self> {
        let algorithm = header[0] & 0x0F;
        let bound_to = match (&beside.records, algorithm) {
            (_, TOKEN | CIPHERTEXT | SUBJECT) => None,
            (Some(records), _) => Some(records),
            (None, _) => return Err(Fault::WrongKind),
        };
        match (&beside.subjects, algorithm) {
            (_, TOKEN) => {
                let siv = Siv::new(key, &[associated, &header])?;
                Ok(Self::Token(Box::new(siv)))
            }
            (_, CIPHERTEXT | RECORD) => Ok(Self::Ciphertext(Box::new(Ciphertexts {
                xaes: Xaes::new(key)?,
                bound: bound(associated, &header),
                record: bound_to.map(|of| (Additional::new(associated, header, false, true), of)),
                derived: HashMap::new(),
            }))),
            (Some(subjects), _) => {
                let keys = SubjectKeys::new(key, subjects.salts(), values)?;
                let additional = Additional::new(associated, header, true, bound_to.is_some());
                let opener = SubjectOpener::new(keys, additional, subjects, bound_to);
                Ok(Self::Subject(Box::new(opener)))
            }
            (None, _) => Err(Fault::WrongKind),
        }
    }

    /// Opens frames, ciphertexts only if they share their derived key. The frames' rows are
    /// counted from the `first` of the column.
    pub(crate) fn open(&mut self, bytes: &[u8], frames: &[Slot], first: usize, into: &mut Opened) {
        match self {
            Self::Token(siv) => into.tokens(siv, bytes, frames),
            Self::Ciphertext(key) => {
                if let Some(frame) = frames.first() {
                    let half = nonce_part(bytes, *frame, 0);
                    key.derive(half);
                    into.ciphertexts(key, half, (bytes, first), frames);
                }
            }
            Self::Subject(opener) => opener.open(bytes, frames, first, into),
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

    fn ciphertexts(
        &mut self,
        key: &Ciphertexts<'_>,
        half: [u8; HALF],
        (bytes, first): (&[u8], usize),
        frames: &[Slot],
    ) {
        let Some(gcm) = key.derived.get(&half) else { return };
        let Self { refused, stream, bodies, tags, .. } = self;
        let stream = &mut stream.0;
        bodies.clear();
        bodies.extend(frames.iter().map(|frame| body(*frame, CIPHERTEXT_BYTES, TAG_BYTES)));
        let nonce = |index: usize, _| nonce_part(bytes, frames[index], NONCE_BYTES - HALF);
        gcm.keystream(bodies, nonce, stream);
        match &key.record {
            None => gcm.tags(bytes, bodies, stream, tags),
            Some((additional, records)) => {
                let write = |slot: Slot, into: &mut Vec<u8>| {
                    additional.write(None, records.of(first + slot.row as usize), into);
                };
                gcm.tags_beside(bytes, bodies, stream, write, tags);
            }
        }
        let found = |body: &Slot| load(bytes, body.start() + body.len());
        *refused += different(tags.iter().zip(&*bodies).map(|(tag, body)| (*tag, found(body))));
        uncover(bytes, bodies, stream, 1);
    }
}

impl Ciphertexts<'_> {
    fn derive(&mut self, half: [u8; HALF]) {
        if self.derived.len() >= KEPT && !self.derived.contains_key(&half) {
            self.derived.clear();
        }
        self.derived.entry(half).or_insert_with(|| self.xaes.gcm(&half, &self.bound));
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
pub(crate) fn body(frame: Slot, overhead: usize, trailing: usize) -> Slot {
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
pub(crate) fn different(pairs: impl ExactSizeIterator<Item = (Block, Block)>) -> usize {
    let all = pairs.len();
    let equal = pairs.map(|(left, right)| {
        let bits = u128::from_ne_bytes(xor(left, right));
        let folded = bits as u64 | (bits >> 64) as u64;
        usize::from(folded.ct_eq(&0).unwrap_u8())
    });
    all - equal.sum::<usize>()
}

const _: () = assert!(siv::TAG_BYTES + HEADER_BYTES == TOKEN_BYTES);
