//! 32 characters at a time, for processors with AVX2.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{Classes, DOMAIN, EmailGlance, LETTERS, LOCAL};
use crate::judge::{machine::Piece, rows::Block};

/// Bytes that are read of each text.
const READ: usize = 64;
const HALF: usize = 32;

/// Whether this processor has what the functions below use.
pub(super) fn is_here() -> bool {
    std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("lzcnt")
}

/// See `EmailGlance::accepted_with`. Only where `is_here`.
pub(super) fn accepted(glance: &EmailGlance, rows: Block<'_>) -> u64 {
    // SAFETY: there is a glance only where `is_here`, which names every feature of the function.
    unsafe { accepted_here(glance, rows) }
}

#[target_feature(enable = "avx2,lzcnt")]
fn accepted_here(glance: &EmailGlance, rows: Block<'_>) -> u64 {
    let sets = Sets::load();
    glance.accepted_with(rows, |span, piece| {
        let mut alone = [0; READ];
        let text = match span[piece.at..].first_chunk::<READ>() {
            Some(text) => text,
            None => {
                alone[..piece.len].copy_from_slice(piece.of(span));
                &alone
            }
        };
        sets.classes(text, piece)
    })
}

/// Sets of characters by the lower half of a byte; each of its bits is for one upper half.
struct Sets {
    local: __m256i,
    domain: __m256i,
    letters: __m256i,
    upper: __m256i,
}

impl Sets {
    #[target_feature(enable = "avx2")]
    fn load() -> Self {
        Self {
            local: twice(const { &by_lower_half(LOCAL) }),
            domain: twice(const { &by_lower_half(DOMAIN) }),
            letters: twice(const { &by_lower_half(LETTERS) }),
            // Bytes from 128 on are in no set.
            upper: twice(&[1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0]),
        }
    }

    /// The classes of the bytes of a text, at most 63; behind it stands anything.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn classes(&self, text: &[u8; READ], piece: Piece) -> Classes {
        let first = half(text, 0);
        let last = half(text, HALF);
        let there = (1 << piece.len) - 1;
        let both = |first: u32, last: u32| (u64::from(last) << HALF | u64::from(first)) & there;
        let (low, high) = (self.places(first), self.places(last));
        let among = |set| both(among(set, low), among(set, high));
        let are = |byte: u8| both(are(byte, first), are(byte, last));
        Classes {
            local: among(self.local),
            domain: among(self.domain),
            letters: among(self.letters),
            dots: are(b'.'),
            hyphens: are(b'-'),
            ats: are(b'@'),
        }
    }

    /// The lower halves of bytes, and the bits of their upper halves.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn places(&self, bytes: __m256i) -> (__m256i, __m256i) {
        let nibble = _mm256_set1_epi8(0x0f);
        let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
        (_mm256_and_si256(bytes, nibble), _mm256_shuffle_epi8(self.upper, upper))
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn among(set: __m256i, (lower, upper): (__m256i, __m256i)) -> u32 {
    let found = _mm256_and_si256(_mm256_shuffle_epi8(set, lower), upper);
    !mask(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()))
}

#[inline]
#[target_feature(enable = "avx2")]
fn are(byte: u8, bytes: __m256i) -> u32 {
    mask(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte.cast_signed())))
}

#[inline]
#[target_feature(enable = "avx2")]
fn mask(bytes: __m256i) -> u32 {
    _mm256_movemask_epi8(bytes).cast_unsigned()
}

#[inline]
#[target_feature(enable = "avx2")]
fn half(text: &[u8; READ], start: usize) -> __m256i {
    let bytes = &text[start..start + HALF];
    // SAFETY: `bytes` are 32, and the load asks for no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn twice(table: &[u8; 16]) -> __m256i {
    // SAFETY: the table is 16 bytes, and the load asks for no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
}

/// A set of ASCII characters: for each lower half of a byte a bit for each upper half.
const fn by_lower_half(set: &[u8]) -> [u8; 16] {
    let mut table = [0; 16];
    let mut at = 0;
    while at < set.len() {
        table[(set[at] & 15) as usize] |= 1 << (set[at] >> 4);
        at += 1;
    }
    table
}
