//! A whole address at a time, for processors with AVX-512 VBMI.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{Classes, DOMAIN, EmailGlance, LETTERS, LOCAL};
use crate::judge::{machine::Piece, rows::Block};

const IN_LOCAL: u8 = 1;
const IN_DOMAIN: u8 = 2;
const IS_LETTER: u8 = 4;
const IS_DOT: u8 = 8;
const IS_HYPHEN: u8 = 16;
const IS_AT: u8 = 32;

/// The classes of each ASCII character, a bit each.
const CLASSES: [u8; 128] = {
    let mut classes = [0; 128];
    set(&mut classes, LOCAL, IN_LOCAL);
    set(&mut classes, DOMAIN, IN_DOMAIN);
    set(&mut classes, LETTERS, IS_LETTER);
    set(&mut classes, b".", IS_DOT);
    set(&mut classes, b"-", IS_HYPHEN);
    set(&mut classes, b"@", IS_AT);
    classes
};

const fn set(classes: &mut [u8; 128], members: &[u8], class: u8) {
    let mut at = 0;
    while at < members.len() {
        classes[members[at] as usize] |= class;
        at += 1;
    }
}

/// Whether this processor has what the functions below use.
pub(super) fn is_here() -> bool {
    std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("avx512vbmi")
        && std::is_x86_feature_detected!("lzcnt")
}

/// See `EmailGlance::accepted_with`. Only where `is_here`.
pub(super) fn accepted(glance: &EmailGlance, rows: Block<'_>) -> u64 {
    // SAFETY: the caller has seen `is_here`, which names every feature of the function.
    unsafe { accepted_here(glance, rows) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,lzcnt")]
fn accepted_here(glance: &EmailGlance, rows: Block<'_>) -> u64 {
    let (low, high) = (load(&CLASSES, 0), load(&CLASSES, 64));
    glance.accepted_with(rows, |span, piece| classes(low, high, span, piece))
}

/// The classes of the bytes of a text, at most 63. The zeros behind it are in none.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn classes(low: __m512i, high: __m512i, span: &[u8], piece: Piece) -> Classes {
    let text = piece.of(span);
    // SAFETY: there is one bit for each byte of `text`; no other byte is read.
    let bytes = unsafe { _mm512_maskz_loadu_epi8((1 << text.len()) - 1, text.as_ptr().cast()) };
    let ascii = !_mm512_movepi8_mask(bytes);
    // The highest bit of a byte is not looked at.
    let found = _mm512_permutex2var_epi8(low, bytes, high);
    let of =
        |class: u8| ascii & _mm512_test_epi8_mask(found, _mm512_set1_epi8(class.cast_signed()));
    Classes {
        local: of(IN_LOCAL),
        domain: of(IN_DOMAIN),
        letters: of(IS_LETTER),
        dots: of(IS_DOT),
        hyphens: of(IS_HYPHEN),
        ats: of(IS_AT),
    }
}

#[target_feature(enable = "avx512f")]
fn load(table: &[u8; 128], start: usize) -> __m512i {
    let half = &table[start..start + 64];
    // SAFETY: `half` is 64 bytes, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(half.as_ptr().cast()) }
}
