//! HMAC-SHA256 (RFC 2104, FIPS 180-4): the keyed states prepared once, then copied.

use sha2::block_api::compress256;
use zeroize::Zeroize;

use crate::lanes::Slot;

/// Bytes of a digest.
pub(crate) const DIGEST_BYTES: usize = 32;

const BLOCK_BYTES: usize = 64;

type State = [u32; 8];

/// One digest.
pub(crate) type Digest = [u8; DIGEST_BYTES];

/// FIPS 180-4, 5.3.3: the first bits of the square roots' fractions of the first eight primes.
const INITIAL: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// One key's two states, each after its padded key.
pub(crate) struct Hmac {
    inner: State,
    outer: State,
}

impl Drop for Hmac {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl Hmac {
    /// Takes a 32-byte key.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { inner: after(key, 0x36), outer: after(key, 0x5C) }
    }

    /// The digest of each slot's bytes, which go on for 64 bytes after the last slot.
    ///
    /// First all inner hashes, then all outer ones: each of them waits for its own rounds only,
    /// so the processor can begin the next one.
    pub(crate) fn digests(&self, bytes: &[u8], slots: &[Slot], digests: &mut Vec<Digest>) {
        digests.clear();
        digests.extend(slots.iter().map(|slot| {
            let mut state = self.inner;
            let message = &bytes[slot.start()..];
            let whole = slot.len() & !(BLOCK_BYTES - 1);
            if whole > 0 {
                compress256(&mut state, message[..whole].as_chunks().0);
            }
            finish(&mut state, &message[whole..], slot.len());
            bytes_of(&state)
        }));
        for digest in digests {
            let mut state = self.outer;
            let mut block = [0; BLOCK_BYTES];
            block[..DIGEST_BYTES].copy_from_slice(digest);
            finish(&mut state, &block, DIGEST_BYTES);
            *digest = bytes_of(&state);
        }
    }
}

/// The state after a padded key.
fn after(key: &[u8; 32], pad: u8) -> State {
    let mut block = [pad; BLOCK_BYTES];
    block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
    let mut state = INITIAL;
    compress256(&mut state, &[block]);
    block.zeroize();
    state
}

/// The last block or two of `len` bytes behind the padded key; `rest` begins with what of them
/// is not hashed yet, and goes on for 64 bytes.
#[inline]
fn finish(state: &mut State, rest: &[u8], len: usize) {
    let filled = len % BLOCK_BYTES;
    let ending = ENDING[BLOCK_BYTES - filled..].iter().zip(&KEEPING[BLOCK_BYTES - filled..]);
    let mut block = [0; BLOCK_BYTES];
    for ((byte, from), (end, keep)) in block.iter_mut().zip(rest).zip(ending) {
        *byte = from & keep | end;
    }
    if filled >= BLOCK_BYTES - 8 {
        compress256(state, &[block]);
        block = [0; BLOCK_BYTES];
    }
    let bits = (BLOCK_BYTES + len) as u64 * 8;
    block[BLOCK_BYTES - 8..].copy_from_slice(&bits.to_be_bytes());
    compress256(state, &[block]);
}

/// From the byte after a block of which so many bytes are a message's, backwards: what of the
/// block to keep, and the bit that ends the message.
const KEEPING: [u8; 2 * BLOCK_BYTES] = {
    let mut keep = [0; 2 * BLOCK_BYTES];
    let mut at = 0;
    while at < BLOCK_BYTES {
        keep[at] = 0xFF;
        at += 1;
    }
    keep
};
const ENDING: [u8; 2 * BLOCK_BYTES] = {
    let mut end = [0; 2 * BLOCK_BYTES];
    end[BLOCK_BYTES] = 0x80;
    end
};

#[inline]
fn bytes_of(state: &State) -> Digest {
    let mut bytes = [0; DIGEST_BYTES];
    for (four, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *four = word.to_be_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{Random, hex};
    use hmac::digest::KeyInit;
    use hmac::{Mac, SimpleHmac};
    use sha2::Sha256;

    #[test]
    fn the_same_as_the_library_at_every_length() {
        let mut random = Random::new(5);
        let key: [u8; 32] = random.bytes(32).try_into().unwrap();
        let own = Hmac::new(&key);
        let mut lengths: Vec<usize> = (0..=200).collect();
        lengths.push(1 << 20);
        let (mut bytes, slots) = random.slots(&lengths);
        bytes.resize(bytes.len() + 64, 0xCC);
        let mut digests = Vec::new();
        own.digests(&bytes, &slots, &mut digests);
        for (slot, digest) in slots.iter().zip(digests) {
            let message = &bytes[slot.start()..slot.start() + slot.len()];
            let mut library = SimpleHmac::<Sha256>::new_from_slice(&key).unwrap();
            library.update(message);
            let wanted = library.finalize().into_bytes();
            assert_eq!(digest[..], wanted[..], "{} bytes", slot.len());
        }
    }

    #[test]
    fn a_short_key_is_filled_with_zeros() {
        // RFC 4231, test case 2, whose key is "Jefe".
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mut text = b"what do ya want for nothing?".to_vec();
        let slot = Slot { len: text.len() as u32, ..Slot::default() };
        text.resize(text.len() + 64, 0);
        let mut digests = Vec::new();
        Hmac::new(&key).digests(&text, &[slot], &mut digests);
        let wanted = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(digests[0].to_vec(), wanted);
    }
}
