//! 64 characters at a time, for processors with AVX-512 VBMI.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{ALPHABET, NONE, Texts, VALUES, read_with, write_with};
use crate::column::Slots;
use crate::lanes::Slot;

/// Whether this processor has what the functions below use.
pub(super) fn is_here() -> bool {
    std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512vbmi")
}

/// See `super::write`. Only where `is_here`.
pub(super) fn write(frames: &[u8], slots: &[Slot], overhead: usize, out: &mut [u8]) {
    // SAFETY: the caller has seen `is_here`, which names every feature of the function.
    unsafe { write_here(frames, slots, overhead, out) }
}

/// See `super::read`. Only where `is_here`.
pub(super) fn read<S: Slots, V: Fn(usize) -> bool>(
    texts: Texts<S, V>,
    into: &mut Vec<u8>,
    frames: &mut Vec<Slot>,
) {
    // SAFETY: the caller has seen `is_here`, which names every feature of the function.
    unsafe { read_here(texts, into, frames) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn write_here(frames: &[u8], slots: &[Slot], overhead: usize, out: &mut [u8]) {
    let alphabet = load(ALPHABET);
    let spread = load(&SPREAD);
    // Where each character's six bits begin in a group of eight bytes as spread.
    let shifts = _mm512_set1_epi64(0x3036_242A_1016_040A);
    write_with::<48, 64, 64>(frames, slots, overhead, out, |bytes, out| {
        let groups = _mm512_permutexvar_epi8(spread, load(bytes));
        let sixes = _mm512_multishift_epi64_epi8(shifts, groups);
        store(out, _mm512_permutexvar_epi8(sixes, alphabet));
    });
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn read_here<S: Slots, V: Fn(usize) -> bool>(
    texts: Texts<S, V>,
    into: &mut Vec<u8>,
    frames: &mut Vec<Slot>,
) {
    let (low, high) = (load(&half(0)), load(&half(64)));
    let gather = load(&GATHER);
    let fill = _mm512_set1_epi8(b'A' as i8);
    read_with(texts, into, frames, |text, into| {
        let mut wrong = 0;
        for (piece, at) in text.chunks(64).zip((0..).step_by(48)) {
            let there = u64::MAX >> (64 - piece.len());
            // SAFETY: `there` has one bit for each byte of `piece`; no other byte is read.
            let text = unsafe { _mm512_mask_loadu_epi8(fill, there, piece.as_ptr().cast()) };
            let values = _mm512_permutex2var_epi8(low, text, high);
            wrong |= _mm512_movepi8_mask(_mm512_or_si512(text, values));
            let twelves = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x0140_0140));
            let groups = _mm512_madd_epi16(twelves, _mm512_set1_epi32(0x0001_1000));
            let bytes = _mm512_maskz_permutexvar_epi8((1 << 48) - 1, gather, groups);
            if let Some(room) = into[at..].first_chunk_mut() {
                store(room, bytes);
            }
        }
        wrong == 0
    });
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: 64 bytes are there to be read, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(into: &mut [u8; 64], bytes: __m512i) {
    // SAFETY: 64 bytes are there to be written, and the store asks for no alignment.
    unsafe { _mm512_storeu_si512(into.as_mut_ptr().cast(), bytes) }
}

/// Three bytes to four: second, first, third, second.
const SPREAD: [u8; 64] = {
    let mut from = [0; 64];
    let mut at = 0;
    while at < 64 {
        from[at] = (at / 4 * 3) as u8 + [1, 0, 2, 1][at % 4];
        at += 1;
    }
    from
};

/// Of each four bytes the lower three, highest first.
const GATHER: [u8; 64] = {
    let mut from = [0; 64];
    let mut at = 0;
    while at < 48 {
        from[at] = (at / 3 * 4 + 2 - at % 3) as u8;
        at += 1;
    }
    from
};

/// The values of 64 characters; `NONE` shows beyond ASCII by itself.
const fn half(first: usize) -> [u8; 64] {
    let mut values = [NONE; 64];
    let mut at = 0;
    while at < 64 {
        values[at] = VALUES[first + at];
        at += 1;
    }
    values
}
