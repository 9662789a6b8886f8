//! AES-256-GCM (SP 800-38D) of many values, each under a key of its own.
//!
//! Nothing is computed once and kept, as where values share a key: each value has a schedule and
//! a hash key for itself. So sixteen values are worked on together, each in a lane: the same round
//! of all, the same block of all. `wide` does so in registers of four lanes; `plain` is its twin
//! over the crates, one value after another, and serves where the processor has no such registers.

mod plain;
#[cfg(target_arch = "x86_64")]
mod wide;

use crate::additional::Additional;
use crate::beside::Handle;
use crate::key::{BLOCK, Block, FIRST, Wiped, and, load, xor};
use crate::lanes::Slot;
use crate::subject_keys::ValueKey;

/// Values worked on together.
pub(crate) const LANES: usize = 16;

/// Blocks of keystream before those of the value: the hash key, and what hides the tag.
pub(crate) const AHEAD: usize = 2;

/// Round keys of AES-256.
const ROUND_KEYS: usize = 15;

/// The lanes of some values; kept from one group to the next, to be written over.
#[derive(Default)]
pub(crate) struct Lanes {
    schedule: Wiped,
    /// Block by block, of each block all lanes.
    stream: Wiped,
    hashed: Vec<Block>,
    /// How many blocks each lane has in `hashed`, if the common ones are in place in all.
    placed: Option<usize>,
    keys: Wiped,
    nonces: [Block; LANES],
}

/// The additional data of some values: what is the same in all, and each one's own.
#[derive(Default)]
pub(crate) struct Data {
    common: Vec<Block>,
    own: Vec<Block>,
    /// Of each value, where its own begins, how many blocks that is, and how many bytes.
    parts: Vec<(usize, usize, usize)>,
    room: Vec<u8>,
}

impl Data {
    /// For the values of a call.
    pub(crate) fn new(additional: &Additional) -> Self {
        Self { common: additional.common().to_vec(), ..Self::default() }
    }

    /// Of no value.
    pub(crate) fn clear(&mut self) {
        self.own.clear();
        self.parts.clear();
    }

    /// Of one value more.
    #[inline]
    pub(crate) fn push(&mut self, additional: &Additional, handle: &Handle, record: Option<&[u8]>) {
        let start = self.own.len();
        let len = if record.is_none() {
            self.own.resize(start + 2, [0; BLOCK]);
            additional.named(handle, self.own[start..].as_flattened_mut())
        } else {
            self.room.clear();
            additional.rest(Some(handle), record, &mut self.room);
            let len = self.room.len();
            self.room.resize(len.next_multiple_of(BLOCK), 0);
            self.own.extend_from_slice(self.room.as_chunks().0);
            len
        };
        self.parts.push((start, len.div_ceil(BLOCK), len));
    }
}

/// From how many bytes on a value, or its record, is worked on alone.
const LONG: usize = 1 << 10;

/// Whether a value is to be worked on alone, for its own length or its record's.
#[inline]
pub(crate) fn is_long(value: usize, record: usize) -> bool {
    value.max(record) >= LONG
}

/// How the next values are worked on.
#[derive(Clone, Copy)]
pub(crate) enum Next {
    /// One, which is long.
    Alone,
    /// So many together.
    Together(usize),
}

impl Next {
    /// How many they are.
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Alone => 1,
            Self::Together(count) => count,
        }
    }
}

/// How the values from `start` on are worked on, of `count` in all: each long one alone.
pub(crate) fn next_group(start: usize, count: usize, is_long: impl Fn(usize) -> bool) -> Next {
    let most = count.min(start + LANES);
    match (start..most).position(is_long) {
        Some(0) => Next::Alone,
        Some(before) => Next::Together(before),
        None => Next::Together(most - start),
    }
}

impl Lanes {
    /// Hash keys, what hides the tags, and so many blocks of keystream, of up to 16 values. A
    /// nonce has four zeros after it.
    pub(crate) fn keystream(&mut self, keys: &[ValueKey], nonces: &[Block], blocks: usize) {
        let Self { schedule, stream, keys: held, nonces: lanes, .. } = self;
        held.0.resize(2 * LANES, [0; BLOCK]);
        held.0[..2 * keys.len()].copy_from_slice(keys.as_flattened());
        lanes[..nonces.len()].copy_from_slice(nonces);
        schedule.0.resize(ROUND_KEYS * LANES, [0; BLOCK]);
        stream.0.resize((AHEAD + blocks) * LANES, [0; BLOCK]);
        #[cfg(target_arch = "x86_64")]
        if wide::is_here() {
            return wide::keystream(&held.0, lanes, &mut schedule.0, &mut stream.0);
        }
        plain::keystream(&held.0, lanes, &mut stream.0);
    }

    /// A block of a value's keystream.
    #[inline(always)]
    pub(crate) fn block(&self, lane: usize, step: usize) -> Block {
        self.stream.0[(AHEAD + step) * LANES + lane]
    }

    /// The tags of ciphertexts, whose keystream was made last, and of their additional data, which
    /// begins as in the calls before. `bytes` go on for a block.
    pub(crate) fn tags(&mut self, bytes: &[u8], bodies: &[Slot], data: &Data) -> [Block; LANES] {
        let common = data.common.len();
        let count = |body: &Slot, own: &(usize, usize, usize)| common + own.1 + body.blocks() + 1;
        let counts = bodies.iter().zip(&data.parts).map(|(body, own)| count(body, own));
        let (steps, least) = counts
            .fold((0, usize::MAX), |(most, least), count| (most.max(count), least.min(count)));
        let all_alike = steps == least;
        if !all_alike || self.placed != Some(steps) {
            self.hashed.clear();
            self.hashed.resize(steps * LANES, [0; BLOCK]);
            // Zeros before the first block change nothing: all lanes end together.
            for (lane, (body, own)) in bodies.iter().zip(&data.parts).enumerate() {
                let first = (steps - count(body, own)) * LANES + lane;
                let places = self.hashed[first..].iter_mut().step_by(LANES);
                places.zip(&data.common).for_each(|(place, block)| *place = *block);
            }
            self.placed = (all_alike && bodies.len() == LANES).then_some(steps);
        }
        for (lane, (body, own)) in bodies.iter().zip(&data.parts).enumerate() {
            let &(start, blocks, len) = own;
            let first = (steps - count(body, own) + common) * LANES + lane;
            let mut places = self.hashed[first..].iter_mut().step_by(LANES);
            for (block, place) in data.own[start..start + blocks].iter().zip(&mut places) {
                *place = *block;
            }
            for (at, place) in (0..body.len()).step_by(BLOCK).zip(&mut places) {
                let filled = (body.len() - at).min(BLOCK);
                *place = and(load(bytes, body.start() + at), FIRST[filled]);
            }
            if let Some(place) = places.next() {
                *place = lengths(common * BLOCK + len, body.len());
            }
        }
        let mut tags = self.hashes();
        for (tag, hidden) in tags.iter_mut().zip(&self.stream.0[LANES..AHEAD * LANES]) {
            *tag = xor(*tag, *hidden);
        }
        tags
    }

    fn hashes(&self) -> [Block; LANES] {
        let keys = &self.stream.0[..LANES];
        #[cfg(target_arch = "x86_64")]
        if wide::is_here() {
            return wide::hashes(keys, &self.hashed);
        }
        plain::hashes(keys, &self.hashed)
    }
}

/// The last block of GHASH: the bits of the additional data and of the ciphertext.
#[inline]
pub(crate) fn lengths(additional: usize, ciphertext: usize) -> Block {
    (u128::from(additional as u64 * 8) << 64 | u128::from(ciphertext as u64 * 8)).to_be_bytes()
}
