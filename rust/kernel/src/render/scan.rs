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
    let mut seen = [Flags::default(); 2];
    let Some(first) = bytes.first() else { return Seen::default() };
    let look = |before: u8, byte: u8| {
        let sign = u8::from(may_be_sign(byte));
        let inside = u8::from(byte == b'"') | sign & u8::from(may_come_before(before));
        [inside, sign | u8::from(may_hide(byte))]
    };
    let [inside, beginnings] = look(b'a', *first);
    (seen[0].0[0], seen[1].0[0]) = (inside, beginnings);
    each_block(bytes, 1, |before, here| {
        for at in 0..BLOCK {
            let [inside, beginnings] = look(before[at], here[at]);
            seen[0].0[at] |= inside;
            seen[1].0[at] |= beginnings;
        }
    });
    Seen { inside: seen[0].any(), beginnings: seen[1].any() }
}

#[inline(always)]
fn escapes_plain(bytes: &[u8]) -> Seen {
    let mut seen = Flags::default();
    each_block(bytes, 0, |_, here| {
        for (seen, byte) in seen.0.iter_mut().zip(here) {
            *seen |= u8::from((*byte < b' ') | (*byte == b'"') | (*byte == b'\\'));
        }
    });
    Seen { inside: seen.any(), beginnings: false }
}

/// Bytes looked at together.
const BLOCK: usize = 64;

/// What was seen at each place of a block.
#[derive(Clone, Copy)]
struct Flags([u8; BLOCK]);

impl Default for Flags {
    fn default() -> Self {
        Self([0; BLOCK])
    }
}

impl Flags {
    #[inline(always)]
    fn any(&self) -> bool {
        self.0.iter().fold(0, |all, flag| all | flag) != 0
    }
}

/// Calls `look` on all bytes from `from` on, and on those `from` places before each. The last block
/// may overlap the one before; of few bytes one is made, with letters behind them.
#[inline(always)]
fn each_block(bytes: &[u8], from: usize, mut look: impl FnMut(&[u8; BLOCK], &[u8; BLOCK])) {
    let (Some(here), Some(before)) = (bytes.get(from..), bytes.get(..bytes.len() - from)) else {
        return;
    };
    let ((blocks, _), (earlier, _)) = (here.as_chunks::<BLOCK>(), before.as_chunks::<BLOCK>());
    for (before, here) in earlier.iter().zip(blocks) {
        look(before, here);
    }
    if let (Some(before), Some(here)) = (before.last_chunk(), here.last_chunk()) {
        look(before, here);
    } else {
        let (mut first, mut second) = ([b'a'; BLOCK], [b'a'; BLOCK]);
        first[..before.len()].copy_from_slice(before);
        second[..here.len()].copy_from_slice(here);
        look(&first, &second);
    }
}
