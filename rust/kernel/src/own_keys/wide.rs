//! Four lanes a register, four registers side by side: AES and polynomial products of AVX-512.
//!
//! A key schedule (FIPS 197, 5.2) by the AES units too: the last round of four equal words is
//! their substitution, as there is nothing to shift. GHASH in the form of POLYVAL (RFC 8452,
//! appendix A), as in `tags::clmul`.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{LANES, ROUND_KEYS};
use crate::key::{BLOCK, Block};

/// Lanes of a register.
const QUARTER: usize = 4;

/// Registers for all lanes.
const PARTS: usize = LANES / QUARTER;

/// x^63 + x^62 + x^57: with 1 and x^64, what x^128 is the same as, 64 powers lower.
const FOLD: i64 = 0xC2 << 56;

/// Whether this processor has what the functions below use.
#[inline]
pub(super) fn is_here() -> bool {
    std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("vaes")
        && std::is_x86_feature_detected!("vpclmulqdq")
}

/// AES-256 of zero, then of each nonce with the counters 1, 2 and so on, block by block. Two
/// blocks of `keys` a lane. Only where `is_here`.
pub(super) fn keystream(
    keys: &[Block],
    nonces: &[Block; LANES],
    schedule: &mut [Block],
    stream: &mut [Block],
) {
    // SAFETY: the caller has seen `is_here`, which names every feature of the function.
    unsafe {
        expand(keys, schedule);
        encrypt(nonces, schedule, stream);
    }
}

/// GHASH of each lane under its key. Only where `is_here`.
pub(super) fn hashes(keys: &[Block], hashed: &[Block]) -> [Block; LANES] {
    // SAFETY: the caller has seen `is_here`, which names every feature of the function.
    unsafe { hashes_here(keys, hashed) }
}

/// All round keys, of each first those of all lanes.
#[target_feature(enable = "avx512f,avx512bw,vaes")]
fn expand(keys: &[Block], schedule: &mut [Block]) {
    // The last word four times; before even round keys its bytes are rotated by one.
    let last = _mm512_set1_epi32(0x0F0E_0D0C);
    let rotated = _mm512_set1_epi32(0x0C0F_0E0D);
    let mut before = [_mm512_setzero_si512(); PARTS];
    let mut latest = [_mm512_setzero_si512(); PARTS];
    for part in 0..PARTS {
        let first = quarter(keys, 2 * part);
        let second = quarter(keys, 2 * part + 1);
        before[part] = _mm512_shuffle_i64x2::<0b10_00_10_00>(first, second);
        latest[part] = _mm512_shuffle_i64x2::<0b11_01_11_01>(first, second);
        set_quarter(schedule, part, before[part]);
        set_quarter(schedule, PARTS + part, latest[part]);
    }
    for round in 2..ROUND_KEYS {
        let even = round % 2 == 0;
        let word = if even { rotated } else { last };
        let constant = _mm512_set1_epi32(if even { 1 << (round / 2 - 1) } else { 0 });
        for part in 0..PARTS {
            let spread = _mm512_shuffle_epi8(latest[part], word);
            let mixed = _mm512_aesenclast_epi128(spread, constant);
            let mut sum = before[part];
            sum = _mm512_xor_si512(sum, _mm512_bslli_epi128::<4>(sum));
            sum = _mm512_xor_si512(sum, _mm512_bslli_epi128::<8>(sum));
            before[part] = latest[part];
            latest[part] = _mm512_xor_si512(sum, mixed);
            set_quarter(schedule, round * PARTS + part, latest[part]);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,vaes")]
fn encrypt(nonces: &[Block; LANES], schedule: &[Block], stream: &mut [Block]) {
    for (step, row) in stream.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let counter = _mm_set_epi32((step as u32).to_be() as i32, 0, 0, 0);
        let counter = _mm512_broadcast_i32x4(counter);
        let mut state = [_mm512_setzero_si512(); PARTS];
        for (part, state) in state.iter_mut().enumerate() {
            if step > 0 {
                *state = _mm512_or_si512(quarter(nonces, part), counter);
            }
            *state = _mm512_xor_si512(*state, quarter(schedule, part));
        }
        for round in 1..ROUND_KEYS - 1 {
            for (part, state) in state.iter_mut().enumerate() {
                let key = quarter(schedule, round * PARTS + part);
                *state = _mm512_aesenc_epi128(*state, key);
            }
        }
        for (part, state) in state.into_iter().enumerate() {
            let key = quarter(schedule, (ROUND_KEYS - 1) * PARTS + part);
            set_quarter(row, part, _mm512_aesenclast_epi128(state, key));
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq")]
fn hashes_here(keys: &[Block], hashed: &[Block]) -> [Block; LANES] {
    let mut key = [_mm512_setzero_si512(); PARTS];
    let mut state = [_mm512_setzero_si512(); PARTS];
    for (part, key) in key.iter_mut().enumerate() {
        *key = multiplied_by_x(reversed(quarter(keys, part)));
    }
    for row in hashed.as_chunks::<LANES>().0 {
        for (part, (state, key)) in state.iter_mut().zip(key).enumerate() {
            let block = reversed(quarter(row, part));
            *state = product(_mm512_xor_si512(*state, block), key);
        }
    }
    let mut hashes = [[0; BLOCK]; LANES];
    for (part, state) in state.into_iter().enumerate() {
        set_quarter(&mut hashes, part, reversed(state));
    }
    hashes
}

/// Each lane's number doubled, and reduced if that overflows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn multiplied_by_x(key: __m512i) -> __m512i {
    let carries = _mm512_srli_epi64::<63>(key);
    let doubled = _mm512_or_si512(_mm512_slli_epi64::<1>(key), _mm512_bslli_epi128::<8>(carries));
    let over = _mm512_shuffle_epi32::<0b11_10_11_10>(carries);
    let mask = _mm512_sub_epi64(_mm512_setzero_si512(), over);
    let polynomial = _mm512_broadcast_i32x4(_mm_set_epi64x(FOLD, 1));
    _mm512_xor_si512(doubled, _mm512_and_si512(mask, polynomial))
}

/// The product of each lane's numbers, divided by x^128: twice, what the lowest 64 bits stand for
/// is moved up.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,vpclmulqdq")]
fn product(left: __m512i, right: __m512i) -> __m512i {
    let cross = _mm512_xor_si512(
        _mm512_clmulepi64_epi128::<0x01>(left, right),
        _mm512_clmulepi64_epi128::<0x10>(left, right),
    );
    let low = _mm512_clmulepi64_epi128::<0x00>(left, right);
    let high = _mm512_clmulepi64_epi128::<0x11>(left, right);
    let low = _mm512_xor_si512(low, _mm512_bslli_epi128::<8>(cross));
    let high = _mm512_xor_si512(high, _mm512_bsrli_epi128::<8>(cross));
    _mm512_xor_si512(high, moved_up(moved_up(low)))
}

#[inline]
#[target_feature(enable = "avx512f,vpclmulqdq")]
fn moved_up(low: __m512i) -> __m512i {
    let fold = _mm512_broadcast_i32x4(_mm_set_epi64x(0, FOLD));
    let folded = _mm512_clmulepi64_epi128::<0x00>(low, fold);
    _mm512_xor_si512(_mm512_shuffle_epi32::<0x4E>(low), folded)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn reversed(vector: __m512i) -> __m512i {
    let from = _mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    _mm512_shuffle_epi8(vector, _mm512_broadcast_i32x4(from))
}

/// The lanes of a part.
#[inline]
#[target_feature(enable = "avx512f")]
fn quarter(blocks: &[Block], part: usize) -> __m512i {
    let blocks = &blocks[part * QUARTER..(part + 1) * QUARTER];
    // SAFETY: 64 bytes are read, and the slice has four blocks of 16.
    unsafe { _mm512_loadu_si512(blocks.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn set_quarter(blocks: &mut [Block], part: usize, vector: __m512i) {
    let blocks = &mut blocks[part * QUARTER..(part + 1) * QUARTER];
    // SAFETY: 64 bytes are written, and the slice has four blocks of 16.
    unsafe { _mm512_storeu_si512(blocks.as_mut_ptr().cast(), vector) }
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;
    use crate::test_support::Random;

    #[test]
    fn lanes_give_what_the_libraries_give() {
        if !is_here() {
            return;
        }
        let mut random = Random::new(21);
        let mut blocks = |count: usize| -> Vec<Block> {
            (0..count).map(|_| random.bytes(BLOCK).try_into().unwrap()).collect()
        };
        for steps in [0, 1, 2, 3, 5, 20] {
            let (keys, hashed) = (blocks(2 * LANES), blocks(steps * LANES));
            let mut nonces: [Block; LANES] = blocks(LANES).try_into().unwrap();
            nonces.iter_mut().for_each(|nonce| nonce[12..].fill(0));
            let (mut one, mut other) = (hashed.clone(), hashed.clone());
            let mut schedule = vec![[0; BLOCK]; ROUND_KEYS * LANES];
            keystream(&keys, &nonces, &mut schedule, &mut one);
            plain::keystream(&keys, &nonces, &mut other);
            assert_eq!(one, other);
            for hash_keys in [&keys[..LANES], &[[0xFF; BLOCK]; LANES], &[[0; BLOCK]; LANES]] {
                assert_eq!(hashes(hash_keys, &hashed), plain::hashes(hash_keys, &hashed));
            }
        }
    }
}
