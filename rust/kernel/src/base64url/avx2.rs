//! 32 characters at a time, for processors with AVX2.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{Texts, read_with, write_with};
use crate::column::Slots;
use crate::lanes::Slot;

/// Whether this processor has what the functions below use.
pub(super) fn is_here() -> bool {
    std::is_x86_feature_detected!("avx2")
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

#[target_feature(enable = "avx2")]
fn write_here(frames: &[u8], slots: &[Slot], overhead: usize, out: &mut [u8]) {
    write_with::<24, 28, 32>(frames, slots, overhead, out, |bytes, out| {
        store(out, characters(sixes(bytes)));
    });
}

/// The six bits of each character, one a byte.
#[inline]
#[target_feature(enable = "avx2")]
fn sixes(bytes: &[u8; 28]) -> __m256i {
    // SAFETY: the loads end at bytes 16 and 28 of 28, and ask for no alignment.
    let (low, high) = unsafe {
        let first = bytes.as_ptr();
        (_mm_loadu_si128(first.cast()), _mm_loadu_si128(first.add(12).cast()))
    };
    let spread = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    let groups = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), both(spread));
    // In each four bytes: the first and third character move down, the others up.
    let odd = _mm256_and_si256(groups, _mm256_set1_epi32(0x0FC0_FC00));
    let odd = _mm256_mulhi_epu16(odd, _mm256_set1_epi32(0x0400_0040));
    let even = _mm256_and_si256(groups, _mm256_set1_epi32(0x003F_03F0));
    let even = _mm256_mullo_epi16(even, _mm256_set1_epi32(0x0100_0010));
    _mm256_or_si256(odd, even)
}

/// The characters of six bits each: from one range of the alphabet to the next, how much more is
/// to be added.
#[inline]
#[target_feature(enable = "avx2")]
fn characters(sixes: __m256i) -> __m256i {
    let from = |first: i8, more: i8| {
        let beyond = _mm256_cmpgt_epi8(sixes, _mm256_set1_epi8(first - 1));
        _mm256_and_si256(beyond, _mm256_set1_epi8(more))
    };
    let mut add = _mm256_set1_epi8(65);
    for (first, more) in [(26, 6), (52, -75), (62, -13), (63, 49)] {
        add = _mm256_add_epi8(add, from(first, more));
    }
    _mm256_add_epi8(sixes, add)
}

#[target_feature(enable = "avx2")]
fn read_here<S: Slots, V: Fn(usize) -> bool>(
    texts: Texts<S, V>,
    into: &mut Vec<u8>,
    frames: &mut Vec<Slot>,
) {
    read_with(texts, into, frames, |text, into| {
        let (whole, rest) = text.as_chunks::<32>();
        let mut last = [b'A'; 32];
        last[..rest.len()].copy_from_slice(rest);
        let mut right = -1;
        for (piece, at) in whole.iter().chain([&last]).zip((0..).step_by(24)) {
            let (values, known) = values(piece);
            right &= _mm256_movemask_epi8(known);
            if let Some(room) = into[at..].first_chunk_mut() {
                store(room, packed(values));
            }
        }
        right == -1
    });
}

/// What each character stands for, and all ones where it is of the alphabet.
#[inline]
#[target_feature(enable = "avx2")]
fn values(text: &[u8; 32]) -> (__m256i, __m256i) {
    // SAFETY: 32 bytes are there to be read, and the load asks for no alignment.
    let text = unsafe { _mm256_loadu_si256(text.as_ptr().cast()) };
    let (mut add, mut known) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    for (first, last, value) in
        [(b'A', b'Z', 0), (b'a', b'z', 26), (b'0', b'9', 52), (b'-', b'-', 62), (b'_', b'_', 63)]
    {
        // Bytes beyond ASCII are negative here, and in no range.
        let (first, last) = (first as i8, last as i8);
        let from = _mm256_cmpgt_epi8(text, _mm256_set1_epi8(first - 1));
        let to = _mm256_cmpgt_epi8(_mm256_set1_epi8(last + 1), text);
        let within = _mm256_and_si256(from, to);
        let shift = _mm256_set1_epi8(value - first);
        add = _mm256_or_si256(add, _mm256_and_si256(within, shift));
        known = _mm256_or_si256(known, within);
    }
    (_mm256_and_si256(_mm256_add_epi8(text, add), known), known)
}

/// 24 bytes of 32 times six bits, and zeros.
#[inline]
#[target_feature(enable = "avx2")]
fn packed(values: __m256i) -> __m256i {
    let twelves = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x0140_0140));
    let groups = _mm256_madd_epi16(twelves, _mm256_set1_epi32(0x0001_1000));
    let gather = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    let halves = _mm256_shuffle_epi8(groups, both(gather));
    _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7))
}

#[inline]
#[target_feature(enable = "avx2")]
fn both(half: __m128i) -> __m256i {
    _mm256_broadcastsi128_si256(half)
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(into: &mut [u8; 32], bytes: __m256i) {
    // SAFETY: 32 bytes are there to be written, and the store asks for no alignment.
    unsafe { _mm256_storeu_si256(into.as_mut_ptr().cast(), bytes) }
}
