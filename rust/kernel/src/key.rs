//! Keys: checked for their length, spread into a schedule once, wiped when dropped.

use aes::Aes256Enc;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

use zeroize::Zeroize;

use crate::fault::{Fault, Outcome};

/// One AES block.
pub(crate) type Block = [u8; BLOCK];

/// Bytes of a block.
pub(crate) const BLOCK: usize = 16;

/// Blocks that some backend of AES takes at once; buffers of blocks are rounded up to it.
pub(crate) const WIDE: usize = 64;

/// From how many blocks left over one more whole round of `WIDE` is cheaper than one by one.
const WORTH_A_ROUND: usize = 20;

/// The key as an array. `KeyLength` if it has another length.
pub(crate) fn sized<const N: usize>(key: &[u8]) -> Outcome<&[u8; N]> {
    key.try_into().map_err(|_| Fault::KeyLength { expected: N })
}

/// The AES-256 permutation under one key (FIPS 197). The schedule is wiped on drop.
pub(crate) struct Aes {
    schedule: Aes256Enc,
    wide: bool,
}

impl Aes {
    /// Expands a key.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { schedule: Aes256Enc::new(&Array(*key)), wide: has_wide_units() }
    }

    /// Encrypts each block in place; the processor's units stay full with some hundred of them.
    pub(crate) fn encrypt(&self, blocks: &mut [Block]) {
        self.schedule.encrypt_blocks(Array::cast_slice_from_core_mut(blocks));
    }

    /// Encrypts the first `used` blocks, and some after them where that is cheaper.
    pub(crate) fn encrypt_first(&self, used: usize, blocks: &mut [Block]) {
        let whole = used.next_multiple_of(WIDE);
        let rounded = self.wide && whole <= blocks.len() && used % WIDE >= WORTH_A_ROUND;
        self.encrypt(&mut blocks[..if rounded { whole } else { used }]);
    }

    /// One block encrypted.
    pub(crate) fn one(&self, mut block: Block) -> Block {
        self.encrypt(std::slice::from_mut(&mut block));
        block
    }
}

#[cfg(target_arch = "x86_64")]
fn has_wide_units() -> bool {
    aes::hardware_accelerated()
        && std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("vaes")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_wide_units() -> bool {
    false
}

/// Both blocks added in GF(2^128).
#[inline(always)]
pub(crate) fn xor(left: Block, right: Block) -> Block {
    (u128::from_ne_bytes(left) ^ u128::from_ne_bytes(right)).to_ne_bytes()
}

/// The bits of both.
#[inline(always)]
pub(crate) fn and(left: Block, right: Block) -> Block {
    (u128::from_ne_bytes(left) & u128::from_ne_bytes(right)).to_ne_bytes()
}

/// Blocks that hold plaintext or keystream: overwritten when dropped, and so is what earlier uses
/// left behind them.
#[derive(Default)]
pub(crate) struct Wiped(pub Vec<Block>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.resize(self.0.capacity(), [0; BLOCK]);
        self.0.as_flattened_mut().zeroize();
    }
}

/// Multiplied by x in GF(2^128), first bit highest (SP 800-38B, 6.1; RFC 5297, 2.3).
pub(crate) fn doubled(block: Block) -> Block {
    let number = u128::from_be_bytes(block);
    let reduced = (number >> 127).wrapping_neg() & 0x87;
    (number << 1 ^ reduced).to_be_bytes()
}

/// A block of `bytes` from `at` on.
#[inline(always)]
pub(crate) fn load(bytes: &[u8], at: usize) -> Block {
    let mut block = [0; BLOCK];
    block.copy_from_slice(&bytes[at..at + BLOCK]);
    block
}

/// A block into `bytes` from `at` on.
#[inline(always)]
pub(crate) fn store(bytes: &mut [u8], at: usize, block: Block) {
    bytes[at..at + BLOCK].copy_from_slice(&block);
}

/// For each count of bytes, a block that keeps just so many of another one's first.
pub(crate) const FIRST: [Block; BLOCK + 1] = {
    let mut masks = [[0; BLOCK]; BLOCK + 1];
    let mut count = 0;
    while count <= BLOCK {
        let mut at = 0;
        while at < count {
            masks[count][at] = 0xFF;
            at += 1;
        }
        count += 1;
    }
    masks
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_permutation_is_that_of_fips_197() {
        let mut key = [0; 32];
        key.iter_mut().zip(0..).for_each(|(byte, at)| *byte = at);
        let mut block = [0; 16];
        block.iter_mut().zip(0..).for_each(|(byte, at)| *byte = at * 0x11);
        let wanted = 0x8ea2_b7ca_5167_45bf_eafc_4990_4b49_6089_u128.to_be_bytes();
        assert_eq!(Aes::new(&key).one(block), wanted);
    }

    #[test]
    fn rounding_up_changes_no_block_that_counts() {
        let aes = Aes::new(&[7; 32]);
        for used in 0..=128 {
            let mut blocks = [[3; 16]; 128];
            aes.encrypt_first(used, &mut blocks);
            assert!(blocks[..used].iter().all(|block| *block == aes.one([3; 16])));
        }
    }

    #[test]
    fn doubling_reduces_what_overflows() {
        assert_eq!(doubled(1_u128.to_be_bytes()), 2_u128.to_be_bytes());
        assert_eq!(doubled((1_u128 << 127).to_be_bytes()), 0x87_u128.to_be_bytes());
    }

    #[test]
    fn another_length_is_refused_with_the_right_one() {
        assert_eq!(sized::<32>(&[0; 31]).err(), Some(Fault::KeyLength { expected: 32 }));
    }
}
