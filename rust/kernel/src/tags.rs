//! GHASH of many values under one key (SP 800-38D, 6.4), for the tags of AES-GCM.
//!
//! The `ghash` crate does it one value at a time and copies its key for each. Where the processor
//! multiplies polynomials, many short values are multiplied with kept powers of the key instead;
//! that is held against the crate. What the associated data adds is always the crate's.

#[cfg(target_arch = "x86_64")]
mod clmul;

use aes::cipher::Array;
use ghash::GHash;
use ghash::universal_hash::UniversalHash;

use crate::key::{BLOCK, Block};
use crate::lanes::Slot;

/// The hash under one key, after its associated data.
pub(crate) struct Hash {
    /// Before its associated data.
    bare: GHash,
    started: GHash,
    associated_bits: u64,
    #[cfg(target_arch = "x86_64")]
    powers: Option<Box<clmul::Powers>>,
}

impl Hash {
    /// Takes the hash key and the associated data.
    pub(crate) fn new(key: &Block, associated: &[u8]) -> Self {
        let bare = GHash::new(&Array(*key));
        let mut started = bare.clone();
        started.update_padded(associated);
        let associated_bits = associated.len() as u64 * 8;
        #[cfg(target_arch = "x86_64")]
        let powers = clmul::is_here().then(|| {
            let start = started.clone().finalize().0;
            Box::new(clmul::Powers::new(key, start, associated_bits))
        });
        Self {
            bare,
            started,
            associated_bits,
            #[cfg(target_arch = "x86_64")]
            powers,
        }
    }

    /// The hash of each slot's bytes and of the lengths. `bytes` goes on for a block after them.
    pub(crate) fn hashes(&self, bytes: &[u8], slots: &[Slot], hashes: &mut Vec<Block>) {
        hashes.clear();
        #[cfg(target_arch = "x86_64")]
        if let Some(powers) = &self.powers {
            return powers.hashes(bytes, slots, hashes);
        }
        hashes.extend(slots.iter().map(|slot| self.one(bytes, *slot)));
    }

    /// The hash of whole blocks, associated data and lengths among them.
    pub(crate) fn of_blocks(&self, blocks: &[u8]) -> Block {
        #[cfg(target_arch = "x86_64")]
        if let Some(powers) = &self.powers {
            return powers.of_blocks(blocks);
        }
        let mut hash = self.bare.clone();
        hash.update_padded(blocks);
        hash.finalize().0
    }

    fn one(&self, bytes: &[u8], slot: Slot) -> Block {
        let mut hash = self.started.clone();
        hash.update_padded(&bytes[slot.start()..slot.start() + slot.len()]);
        let mut lengths = [0; BLOCK];
        lengths[..8].copy_from_slice(&self.associated_bits.to_be_bytes());
        lengths[8..].copy_from_slice(&(slot.len() as u64 * 8).to_be_bytes());
        hash.update(&[Array(lengths)]);
        hash.finalize().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Random;

    #[test]
    fn kept_powers_give_what_the_library_gives() {
        let mut random = Random::new(9);
        let mut hashes = Vec::new();
        for round in 0..50 {
            let key = random.bytes(BLOCK).try_into().unwrap();
            let associated = random.bytes(round * 3);
            let hash = Hash::new(&key, &associated);
            let mut lengths: Vec<usize> = (0..=300).collect();
            lengths.extend([1 << 16, 0, (1 << 20) + 1, 0]);
            let (bytes, slots) = random.slots(&lengths);
            hash.hashes(&bytes, &slots, &mut hashes);
            for (slot, found) in slots.iter().zip(&hashes) {
                assert_eq!(*found, hash.one(&bytes, *slot), "{} bytes", slot.len());
            }
            for blocks in 0..40 {
                let mut bare = hash.bare.clone();
                bare.update_padded(&bytes[..blocks * BLOCK]);
                assert_eq!(hash.of_blocks(&bytes[..blocks * BLOCK]), bare.finalize().0);
            }
        }
    }
}
