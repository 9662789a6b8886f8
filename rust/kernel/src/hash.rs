//! Keyed hashes of canonical values: equal values, equal hashes; no way back.

use crate::canonical::Normaliser;
use crate::chunk::{Chunk, close_rows, each_chunk};
use crate::cmac;
use crate::column::Column;
use crate::fault::Outcome;
use crate::hmac::{DIGEST_BYTES, Hmac};
use crate::key::{Aes, BLOCK, sized};
use crate::lanes::Lanes;
use crate::varlen::Varlen;

/// Which keyed hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// AES-256-CMAC (RFC 4493), 16 bytes.
    AesCmac,
    /// HMAC-SHA256 (RFC 2104), 32 bytes.
    HmacSha256,
}

impl Algorithm {
    /// The algorithm of that name in a policy, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "aes-cmac" => Some(Self::AesCmac),
            "hmac-sha256" => Some(Self::HmacSha256),
            _ => None,
        }
    }
}

/// A keyed hash of each value under a 32-byte key; a null is an empty slot.
///
/// Lower-case hex if `text`, else bytes. `KeyLength` comes before all other faults.
pub fn hash(
    column: &Column<'_>,
    normaliser: Normaliser,
    key: &[u8],
    algorithm: Algorithm,
    text: bool,
) -> Outcome<Varlen> {
    let key = sized::<32>(key)?;
    match algorithm {
        Algorithm::AesCmac => {
            let aes = Aes::new(key);
            let ends = cmac::ends(&aes);
            let mut lanes = Lanes::default();
            digests::<BLOCK>(column, normaliser, text, |chunk, digests| {
                digests.extend_from_slice(lanes.run(&aes, &ends, chunk.bytes, chunk.slots));
            })
        }
        Algorithm::HmacSha256 => {
            let hmac = Hmac::new(key);
            digests::<DIGEST_BYTES>(column, normaliser, text, |chunk, digests| {
                hmac.digests(chunk.bytes, chunk.slots, digests);
            })
        }
    }
}

fn digests<const N: usize>(
    column: &Column<'_>,
    normaliser: Normaliser,
    text: bool,
    mut work: impl FnMut(&Chunk<'_>, &mut Vec<[u8; N]>),
) -> Outcome<Varlen> {
    let size = if text { 2 * N } else { N };
    let expected = column.len.saturating_mul(size).min(i32::MAX as usize);
    let mut out = Varlen::with_capacity(column.len, expected);
    let mut digests = Vec::new();
    each_chunk(column, normaliser, true, |chunk| {
        digests.clear();
        work(chunk, &mut digests);
        close_rows(&mut out, chunk.rows.len(), chunk.slots, |_| size)?;
        let bytes = digests.as_flattened();
        if text {
            out.data.extend(bytes.iter().flat_map(|byte| [hex(byte >> 4), hex(byte & 15)]));
        } else {
            out.data.extend_from_slice(bytes);
        }
        Ok(())
    })?;
    Ok(out)
}

/// A digit, without a table: the compiler does many at once.
#[inline]
fn hex(nibble: u8) -> u8 {
    nibble + if nibble < 10 { b'0' } else { b'a' - 10 }
}
