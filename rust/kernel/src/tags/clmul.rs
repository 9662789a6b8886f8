//! GHASH with the processor's polynomial multiplication, in the form of POLYVAL (RFC 8452,
//! appendix A): bytes reversed, the key multiplied by x, products divided by x^128.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use zeroize::Zeroize;

use crate::key::{BLOCK, Block, FIRST, and, load};
use crate::lanes::Slot;

/// Blocks of a long value that are reduced together.
const GROUP: usize = 8;

/// Powers of the key that are kept: for what may be left of a group, and the lengths.
const KEPT: usize = GROUP + 1;

/// x^63 + x^62 + x^57: with 1 and x^64, what x^128 is the same as, 64 powers lower.
const FOLD: i64 = 0xC2 << 56;

/// Whether this processor has what the functions below use.
pub(super) fn is_here() -> bool {
    std::is_x86_feature_detected!("avx") && std::is_x86_feature_detected!("pclmulqdq")
}

/// Powers of one key, and what stands before any value multiplied by each.
pub(super) struct Powers {
    /// The first power, the second one, and so on.
    powers: [Block; KEPT],
    /// What stands before, itself; then multiplied by the first power, and so on.
    starts: [Block; KEPT + 1],
    associated_bits: u64,
}

impl Drop for Powers {
    fn drop(&mut self) {
        self.powers.as_flattened_mut().zeroize();
        self.starts.as_flattened_mut().zeroize();
    }
}

impl Powers {
    /// For a hash key, the hash of the associated data, and the bits of that. Only where
    /// `is_here`.
    pub(super) fn new(key: &Block, start: Block, associated_bits: u64) -> Self {
        let key = u128::from_be_bytes(*key);
        let reduced = (key >> 127).wrapping_neg() & (0xC2 << 120 | 1);
        let key = (key << 1 ^ reduced).to_le_bytes();
        let start = u128::from_be_bytes(start).to_le_bytes();
        let mut all = Self { powers: [key; KEPT], starts: [start; KEPT + 1], associated_bits };
        // SAFETY: the caller has seen `is_here`, which names every feature of the function.
        unsafe { all.fill() }
        all
    }

    /// See `Hash::hashes`.
    pub(super) fn hashes(&self, bytes: &[u8], slots: &[Slot], hashes: &mut Vec<Block>) {
        // SAFETY: these powers were made where `is_here`, which names every feature.
        unsafe { self.hashes_here(bytes, slots, hashes) }
    }

    /// See `Hash::of_blocks`.
    pub(super) fn of_blocks(&self, blocks: &[u8]) -> Block {
        // SAFETY: these powers were made where `is_here`, which names every feature.
        unsafe { self.of_blocks_here(blocks) }
    }

    /// `GROUP` blocks at a time, then what is left.
    #[target_feature(enable = "avx,pclmulqdq")]
    fn of_blocks_here(&self, blocks: &[u8]) -> Block {
        let mut state = _mm_setzero_si128();
        for group in blocks.as_chunks::<BLOCK>().0.chunks(GROUP) {
            let first = _mm_xor_si128(state, reversed(vector(group[0])));
            let mut sum = Sum::of(first, self.power(group.len()));
            for (block, before) in group[1..].iter().zip(1..) {
                sum.add(reversed(vector(*block)), self.power(group.len() - before));
            }
            state = sum.reduced();
        }
        bytes_of(reversed(state))
    }

    #[target_feature(enable = "avx,pclmulqdq")]
    fn fill(&mut self) {
        for power in 1..KEPT {
            let product = product(self.powers[power - 1], self.powers[0]);
            self.powers[power] = bytes_of(product);
        }
        for (start, power) in self.starts[1..].iter_mut().zip(&self.powers) {
            *start = bytes_of(product(*start, *power));
        }
    }

    #[target_feature(enable = "avx,pclmulqdq")]
    fn hashes_here(&self, bytes: &[u8], slots: &[Slot], hashes: &mut Vec<Block>) {
        hashes.extend(slots.iter().map(|slot| {
            let sum = if slot.len() <= 2 * BLOCK {
                self.short(bytes, *slot)
            } else {
                self.any(bytes, *slot)
            };
            bytes_of(reversed(sum))
        }));
    }

    /// Up to two blocks, without a branch between one and two: lengths are random.
    #[inline]
    #[target_feature(enable = "avx,pclmulqdq")]
    fn short(&self, bytes: &[u8], slot: Slot) -> __m128i {
        let whole = slot.len().saturating_sub(1) & BLOCK;
        let last = and(load(bytes, slot.start() + whole), FIRST[slot.len() - whole]);
        let before = and(load(bytes, slot.start()), FIRST[whole]);
        let mut sum = Sum::of(self.lengths(slot), self.power(1));
        sum.add(reversed(vector(last)), self.power(2));
        sum.add(reversed(vector(before)), self.power(3));
        _mm_xor_si128(sum.reduced(), vector(self.starts[slot.blocks() + 1]))
    }

    /// Any number of blocks: `GROUP` at a time, then what is left and the lengths.
    #[inline]
    #[target_feature(enable = "avx,pclmulqdq")]
    fn any(&self, bytes: &[u8], slot: Slot) -> __m128i {
        let (mut at, end) = (slot.start(), slot.start() + slot.len());
        let mut state = vector(self.starts[0]);
        while end - at >= GROUP * BLOCK {
            let first = reversed(vector(load(bytes, at)));
            let mut sum = Sum::of(_mm_xor_si128(state, first), self.power(GROUP));
            for step in 1..GROUP {
                let block = reversed(vector(load(bytes, at + step * BLOCK)));
                sum.add(block, self.power(GROUP - step));
            }
            state = sum.reduced();
            at += GROUP * BLOCK;
        }
        let mut power = (end - at).div_ceil(BLOCK) + 1;
        let mut sum = Sum::of(self.lengths(slot), self.power(1));
        sum.add(state, self.power(power));
        while at < end {
            let block = and(load(bytes, at), FIRST[(end - at).min(BLOCK)]);
            sum.add(reversed(vector(block)), self.power(power));
            at += BLOCK;
            power -= 1;
        }
        sum.reduced()
    }

    #[inline]
    #[target_feature(enable = "avx")]
    fn power(&self, exponent: usize) -> __m128i {
        vector(self.powers[exponent - 1])
    }

    /// The block of lengths, its bytes already reversed.
    #[inline]
    #[target_feature(enable = "avx")]
    fn lengths(&self, slot: Slot) -> __m128i {
        _mm_set_epi64x(self.associated_bits as i64, slot.len() as i64 * 8)
    }
}

/// A sum of products, not yet reduced.
struct Sum {
    low: __m128i,
    middle: __m128i,
    high: __m128i,
}

impl Sum {
    #[inline]
    #[target_feature(enable = "avx,pclmulqdq")]
    fn of(block: __m128i, power: __m128i) -> Self {
        let cross = _mm_clmulepi64_si128(block, power, 0x01);
        Self {
            low: _mm_clmulepi64_si128(block, power, 0x00),
            middle: _mm_xor_si128(cross, _mm_clmulepi64_si128(block, power, 0x10)),
            high: _mm_clmulepi64_si128(block, power, 0x11),
        }
    }

    #[inline]
    #[target_feature(enable = "avx,pclmulqdq")]
    fn add(&mut self, block: __m128i, power: __m128i) {
        let other = Self::of(block, power);
        self.low = _mm_xor_si128(self.low, other.low);
        self.middle = _mm_xor_si128(self.middle, other.middle);
        self.high = _mm_xor_si128(self.high, other.high);
    }

    /// Divided by x^128: twice, what the lowest 64 bits stand for is moved up.
    #[inline]
    #[target_feature(enable = "avx,pclmulqdq")]
    fn reduced(self) -> __m128i {
        let low = _mm_xor_si128(self.low, _mm_slli_si128(self.middle, 8));
        let high = _mm_xor_si128(self.high, _mm_srli_si128(self.middle, 8));
        let fold = _mm_set_epi64x(0, FOLD);
        let up = |low: __m128i| {
            _mm_xor_si128(_mm_shuffle_epi32(low, 0x4E), _mm_clmulepi64_si128(low, fold, 0x00))
        };
        _mm_xor_si128(high, up(up(low)))
    }
}

#[inline]
#[target_feature(enable = "avx,pclmulqdq")]
fn product(left: Block, right: Block) -> __m128i {
    Sum::of(vector(left), vector(right)).reduced()
}

#[inline]
#[target_feature(enable = "avx")]
fn vector(block: Block) -> __m128i {
    let number = u128::from_le_bytes(block);
    _mm_set_epi64x((number >> 64) as i64, number as i64)
}

#[inline]
#[target_feature(enable = "avx")]
fn bytes_of(vector: __m128i) -> Block {
    let low = _mm_cvtsi128_si64(vector) as u64;
    let high = _mm_extract_epi64(vector, 1) as u64;
    (u128::from(high) << 64 | u128::from(low)).to_le_bytes()
}

#[inline]
#[target_feature(enable = "avx")]
fn reversed(vector: __m128i) -> __m128i {
    let from = _mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    _mm_shuffle_epi8(vector, from)
}
