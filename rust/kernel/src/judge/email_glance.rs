//! Plain addresses known at a glance: a bit a byte for each class of bytes, and then a few words.
//!
//! What is accepted here the walk through an address accepts as it is, and most addresses are such:
//! at most 63 bytes, small letters, no two hyphens after each other behind the at-sign, and a last
//! label of at most eight letters that ends no reserved name. The others are for the walk.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use super::{
    machine::Piece,
    rows::{Block, Glance},
};

const LOCAL: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~";
const DOMAIN: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-.";
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// No part of an address of so many bytes is too long for any limit.
const SHORT: usize = 63;
/// Letters of a last label, and bytes of any address with one, that are looked at.
const WORD: usize = 8;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Which bytes of a text are of which class, a bit a byte, the first one lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Classes {
    /// Small letters, digits and signs that a local part has, without the dot.
    local: u64,
    /// Small letters, digits, the hyphen and the dot.
    domain: u64,
    /// Small letters.
    letters: u64,
    dots: u64,
    hyphens: u64,
    ats: u64,
}

/// Sees plain addresses.
pub(crate) struct EmailGlance {
    /// The last labels of reserved names, as words.
    tops: Vec<u64>,
    /// A bit for the slot of each of them.
    filter: u64,
}

impl EmailGlance {
    /// `None` if this processor, or the list, is not one that it is for.
    pub fn new(reserved: &[String]) -> Option<Self> {
        if !is_here() {
            return None;
        }
        let mut tops: Vec<u64> = Vec::new();
        for name in reserved {
            let top = name.rsplit('.').next()?.as_bytes();
            // Longer ones are not looked at.
            if top.len() <= WORD {
                tops.push(word(top));
            }
        }
        let filter = tops.iter().fold(0, |filter, &top| filter | 1 << slot(top));
        Some(Self { tops, filter })
    }

    /// Whether a text of these classes is an address that is accepted as it is.
    #[inline(always)]
    fn accepts(&self, text: &[u8], classes: Classes) -> bool {
        let Classes { local, domain, letters, dots, hyphens, ats } = classes;
        let Some(last) = text.last_chunk::<WORD>() else { return false };
        let end = 1_u64 << text.len();
        let before = ats.wrapping_sub(1) & !ats;
        let after = (end - 1) & !before & !ats;
        let edges = dots | ats | end;
        let labels = dots & after;
        // From the last dot on; without one there is no domain, which is seen below.
        let top = text.len() + labels.leading_zeros() as usize - 64;
        #[allow(clippy::cast_possible_truncation)] // eight bytes at most are not shifted out
        let name = match top {
            1..=WORD => u64::from_le_bytes(*last) >> (8 * (WORD - top)),
            _ => return false,
        };
        ats.is_power_of_two()
            & (before != 0)
            & ((local | dots) & before == before)
            & (domain & after == after)
            & (dots & (1 | ats << 1 | edges >> 1) == 0)
            & (hyphens & after & (edges << 1 | edges >> 1 | hyphens >> 1) == 0)
            & (labels != 0)
            & (letters & end >> 1 != 0)
            && !(self.filter >> slot(name) & 1 == 1 && self.tops.contains(&name))
    }

    // Inlined into functions for certain processors, to become code for these.
    #[inline(always)]
    fn accepted_with(&self, rows: Block<'_>, classes: impl Fn(&[u8], Piece) -> Classes) -> u64 {
        let mut accepted = 0;
        for (row, piece) in rows.pieces().enumerate() {
            if piece.len <= SHORT {
                let found = classes(rows.span, piece);
                accepted |= u64::from(self.accepts(piece.of(rows.span), found)) << row;
            }
        }
        accepted
    }
}

/// One of 64 for a word.
#[inline]
fn slot(word: u64) -> u64 {
    word.wrapping_mul(FACTOR) >> 58
}

/// A text of at most eight bytes as a word, the first one lowest.
fn word(text: &[u8]) -> u64 {
    text.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

impl Glance for EmailGlance {
    fn accepted(&self, rows: Block<'_>) -> u64 {
        #[cfg(target_arch = "x86_64")]
        return if avx512::is_here() {
            avx512::accepted(self, rows)
        } else {
            avx2::accepted(self, rows)
        };
        // Elsewhere the walk is as quick, and there is no glance.
        #[cfg(not(target_arch = "x86_64"))]
        return self.accepted_with(rows, |span, piece| classes(piece.of(span)));
    }
}

fn is_here() -> bool {
    #[cfg(target_arch = "x86_64")]
    return avx2::is_here();
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// The classes of a text of at most 63 bytes, one after another.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn classes(text: &[u8]) -> Classes {
    let among = |set: &[u8]| {
        let bit = |(place, byte): (usize, &u8)| u64::from(set.contains(byte)) << place;
        text.iter().enumerate().map(bit).sum()
    };
    Classes {
        local: among(LOCAL),
        domain: among(DOMAIN),
        letters: among(LETTERS),
        dots: among(b"."),
        hyphens: among(b"-"),
        ats: among(b"@"),
    }
}

#[cfg(test)]
mod tests;
