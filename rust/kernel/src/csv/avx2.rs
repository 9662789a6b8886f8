//! 32 bytes in a register, for processors with AVX2 and carry-less multiplication.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::cut::Cutting;
use super::measure::Measuring;
use super::signs::{self, Signs};
use super::split::Split;
use super::splitting::Splitting;
use super::{FEED, QUOTE, RETURN};
use crate::fault::Outcome;

/// Whether this processor has what the functions below use.
pub(super) fn is_here() -> bool {
    std::is_x86_feature_detected!("avx2")
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

#[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt")]
fn cut_here(cutting: &mut Cutting<'_>) {
    let delimiter = cutting.delimiter;
    cutting.run(|bytes| look(bytes, delimiter), |quotes| inside(quotes));
}

#[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt")]
fn measure_here(measuring: &mut Measuring<'_>) {
    let delimiter = measuring.delimiter;
    measuring.run(|bytes| look(bytes, delimiter), |quotes| inside(quotes));
}

#[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt")]
fn split_here(splitting: Splitting<'_>) -> Outcome<Option<Split>> {
    let delimiter = splitting.delimiter;
    splitting.run(|bytes| look(bytes, delimiter), |quotes| inside(quotes), signs::spread)
}

/// See `signs::look`.
#[inline]
#[target_feature(enable = "avx2")]
fn look(bytes: &[u8; 64], delimiter: u8) -> Signs {
    let (halves, _) = bytes.as_chunks::<32>();
    // SAFETY: 32 bytes are there to be read each time, and the load asks for no alignment.
    let load = |half: &[u8; 32]| unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
    let (low, high) = (load(&halves[0]), load(&halves[1]));
    let joined = |low: __m256i, high: __m256i| {
        let (low, high) = (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high));
        u64::from(high as u32) << 32 | u64::from(low as u32)
    };
    let equal = |byte: u8| {
        let sought = _mm256_set1_epi8(byte as i8);
        joined(_mm256_cmpeq_epi8(low, sought), _mm256_cmpeq_epi8(high, sought))
    };
    Signs {
        delimiters: equal(delimiter),
        quotes: equal(QUOTE),
        feeds: equal(FEED),
        returns: equal(RETURN),
        high: joined(low, high),
        nuls: equal(0),
    }
}

/// See `signs::inside`: times all ones, without carries.
#[inline]
#[target_feature(enable = "pclmulqdq")]
fn inside(quotes: u64) -> u64 {
    let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, quotes as i64), _mm_set1_epi8(-1));
    _mm_cvtsi128_si64(product) as u64
}
