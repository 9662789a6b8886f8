//! 64 bytes in one register, for processors with AVX-512 VBMI2 and carry-less multiplication.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::cut::Cutting;
use super::measure::Measuring;
use super::signs::Signs;
use super::split::Split;
use super::splitting::Splitting;
use super::{FEED, QUOTE, RETURN};
use crate::fault::Outcome;

/// Whether this processor has what the functions below use.
pub(super) fn is_here() -> bool {
    std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512vl")
        && std::is_x86_feature_detected!("avx512vbmi2")
        && std::is_x86_feature_detected!("pclmulqdq")
        && std::is_x86_feature_detected!("bmi1")
        && std::is_x86_feature_detected!("bmi2")
        && std::is_x86_feature_detected!("popcnt")
}

/// See `Cutting::run`. Only where `is_here`.
pub(super) fn cut(cutting: &mut Cutting<'_>) {
    // SAFETY: the caller has seen `is_here`, which names every feature of the function.
    unsafe { cut_here(cutting) }
}

/// See `Measuring::run`. Only where `is_here`.
pub(super) fn measure(measuring: &mut Measuring<'_>) {
    // SAFETY: the caller has seen `is_here`, which names every feature of the function.
    unsafe { measure_here(measuring) }
}

/// See `Splitting::run`. Only where `is_here`.
pub(super) fn split(splitting: Splitting<'_>) -> Outcome<Option<Split>> {
    // SAFETY: the caller has seen `is_here`, which names every feature of the function.
    unsafe { split_here(splitting) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,pclmulqdq,bmi1,bmi2,popcnt")]
fn cut_here(cutting: &mut Cutting<'_>) {
    let delimiter = cutting.delimiter;
    cutting.run(|bytes| look(bytes, delimiter), |quotes| inside(quotes));
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,pclmulqdq,bmi1,bmi2,popcnt")]
fn measure_here(measuring: &mut Measuring<'_>) {
    let delimiter = measuring.delimiter;
    measuring.run(|bytes| look(bytes, delimiter), |quotes| inside(quotes));
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,pclmulqdq,bmi1,bmi2,popcnt")]
fn split_here(splitting: Splitting<'_>) -> Outcome<Option<Split>> {
    let delimiter = splitting.delimiter;
    splitting.run(
        |bytes| look(bytes, delimiter),
        |quotes| inside(quotes),
        |bits, base, into| spread(bits, base, into),
    )
}

/// See `signs::look`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn look(bytes: &[u8; 64], delimiter: u8) -> Signs {
    // SAFETY: 64 bytes are there to be read, and the load asks for no alignment.
    let bytes = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
    Signs {
        delimiters: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(delimiter as i8)),
        quotes: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(QUOTE as i8)),
        feeds: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(FEED as i8)),
        returns: _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(RETURN as i8)),
        high: _mm512_movepi8_mask(bytes),
        nuls: _mm512_testn_epi8_mask(bytes, bytes),
    }
}

/// See `signs::inside`: times all ones, without carries.
#[inline]
#[target_feature(enable = "pclmulqdq")]
fn inside(quotes: u64) -> u64 {
    let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, quotes as i64), _mm_set1_epi8(-1));
    _mm_cvtsi128_si64(product) as u64
}

/// See `signs::spread`: sixteen at a time, the numbers of the bits packed first.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn spread(bits: u64, base: u32, into: &mut [u32; 64]) {
    // SAFETY: 64 bytes are there to be read, and the load asks for no alignment.
    let numbers = unsafe { _mm512_loadu_si512(NUMBERS.as_ptr().cast()) };
    let packed = _mm512_maskz_compress_epi8(bits, numbers);
    let base = _mm512_set1_epi32(base as i32);
    let (sixteens, _) = into.as_chunks_mut::<16>();
    store(&mut sixteens[0], _mm512_castsi512_si128(packed), base);
    if bits.count_ones() > 16 {
        store(&mut sixteens[1], _mm512_extracti32x4_epi32::<1>(packed), base);
        store(&mut sixteens[2], _mm512_extracti32x4_epi32::<2>(packed), base);
        store(&mut sixteens[3], _mm512_extracti32x4_epi32::<3>(packed), base);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(into: &mut [u32; 16], numbers: __m128i, base: __m512i) {
    let places = _mm512_add_epi32(_mm512_cvtepu8_epi32(numbers), base);
    // SAFETY: 64 bytes are there to be written, and the store asks for no alignment.
    unsafe { _mm512_storeu_si512(into.as_mut_ptr().cast(), places) }
}

const NUMBERS: [u8; 64] = {
    let mut numbers = [0; 64];
    let mut at = 0;
    while at < 64 {
        numbers[at] = at as u8;
        at += 1;
    }
    numbers
};
