//! Whether bytes may have to be altered, many at a time.
//!
//! Plain loops without branches, which the compiler turns into vectors of the width it may use:
//! compiled once for each, the widest chosen when the program runs.

// A function for other processors is called where this one is such.
#![allow(unsafe_code)]

/// What was seen in some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Something that may have to be altered wherever it stands.
    pub inside: bool,
    /// Something that may have to be altered if a text begins with it.
    pub beginnings: bool,
}

macro_rules! scans {
    ($(#[$doc:meta])* $name:ident, $wide:ident, $widest:ident, $plain:ident) => {
        $(#[$doc])*
        pub(super) fn $name(bytes: &[u8]) -> Seen {
            #[cfg(target_arch = "x86_64")]
            if bytes.len() >= 64 {
                if std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512bw")
                    && std::is_x86_feature_detected!("avx512vl")
                {
                    // SAFETY: every feature of the function was just seen.
                    return unsafe { $widest(bytes) };
                }
                if std::is_x86_feature_detected!("avx2") {
                    // SAFETY: the feature of the function was just seen.
                    return unsafe { $wide(bytes) };
                }
            }
            $plain(bytes)
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn $widest(bytes: &[u8]) -> Seen {
            $plain(bytes)
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        fn $wide(bytes: &[u8]) -> Seen {
            $plain(bytes)
        }
    };
}

scans!(
    /// For CSV: a quote, or a sign after what may be a separator or a filler; signs, and what a
    /// break may hide behind, at beginnings. Some are seen that turn out harmless, none is missed.
    formulas, formulas_wide, formulas_widest, formulas_plain
);
scans!(
    /// For JSON: what has to be escaped.
    escapes, escapes_wide, escapes_widest, escapes_plain
);

/// Whether a byte is a sign, or the first one of a full-width sign.
#[inline(always)]
pub(super) const fn may_be_sign(byte: u8) -> bool {
    // + and - differ in two bits.
    (byte.wrapping_sub(b'+') & !2 == 0) | (byte == b'=') | (byte == b'@') | (byte == 0xef)
}

/// Whether a byte may be the last one of a separator or a filler.
#[inline(always)]
const fn may_come_before(byte: u8) -> bool {
    (byte <= b'"') | (byte == b'\'') | (byte == b',') | (byte == b';') | (byte >= b'|')
}

/// Whether a cell's first byte may make more of a break or of an apostrophe.
#[inline(always)]
pub(super) const fn may_hide(byte: u8) -> bool {
    (byte == b'\'') | (byte.wrapping_sub(b'\t') <= b'\r' - b'\t')
}

#[inline(always)]
fn formulas_plain(bytes: &[u8]) -> Seen {
    let (mut inside, mut beginnings) = (0, 0);
    let mut look = |before: u8, byte: u8| {
        let sign = u8::from(may_be_sign(byte));
        inside |= u8::from(byte == b'"') | sign & u8::from(may_come_before(before));
        beginnings |= sign | u8::from(may_hide(byte));
    };
    if let Some(first) = bytes.first() {
        look(b'a', *first);
    }
    for (before, byte) in bytes.iter().zip(bytes.get(1..).unwrap_or_default()) {
        look(*before, *byte);
    }
    Seen { inside: inside != 0, beginnings: beginnings != 0 }
}

#[inline(always)]
fn escapes_plain(bytes: &[u8]) -> Seen {
    let mut found = 0;
    for byte in bytes {
        found |= u8::from((*byte < b' ') | (*byte == b'"') | (*byte == b'\\'));
    }
    Seen { inside: found != 0, beginnings: false }
}
