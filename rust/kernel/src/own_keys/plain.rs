//! One value after another, by the crates.

use aes::cipher::Array;
use ghash::GHash;
use ghash::universal_hash::UniversalHash;

use super::LANES;
use crate::key::{Aes, BLOCK, Block};

/// See `wide::keystream`.
pub(super) fn keystream(keys: &[Block], nonces: &[Block; LANES], stream: &mut [Block]) {
    let steps = stream.len() / LANES;
    let mut blocks = vec![[0; BLOCK]; steps];
    for (lane, (pair, nonce)) in keys.as_chunks::<2>().0.iter().zip(nonces).enumerate() {
        let mut key = zeroize::Zeroizing::new([0; 2 * BLOCK]);
        key.copy_from_slice(pair.as_flattened());
        for (block, step) in blocks.iter_mut().zip(0_u32..) {
            *block = if step == 0 { [0; BLOCK] } else { *nonce };
            block[12..].copy_from_slice(&step.to_be_bytes());
        }
        Aes::new(&key).encrypt(&mut blocks);
        for (place, block) in stream.iter_mut().skip(lane).step_by(LANES).zip(&blocks) {
            *place = *block;
        }
    }
    zeroize::Zeroize::zeroize(blocks.as_flattened_mut());
}

/// See `wide::hashes`.
pub(super) fn hashes(keys: &[Block], hashed: &[Block]) -> [Block; LANES] {
    let mut hashes = [[0; BLOCK]; LANES];
    for (lane, (hash, key)) in hashes.iter_mut().zip(keys).enumerate() {
        let mut sum = GHash::new(&Array(*key));
        for block in hashed.iter().skip(lane).step_by(LANES) {
            sum.update(&[Array(*block)]);
        }
        *hash = sum.finalize().0;
    }
    hashes
}
