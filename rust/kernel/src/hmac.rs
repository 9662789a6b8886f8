//! HMAC-SHA256 (RFC 2104, FIPS 180-4): the keyed states prepared once, then copied.

use sha2::block_api::compress256;
use zeroize::Zeroize;

use crate::lanes::Slot;

/// Bytes of a digest.
pub(crate) const DIGEST_BYTES: usize = 32;

const BLOCK_BYTES: usize = 64;

type State = [u32; 8];

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

    /// The digest of a slot's bytes, which go on for 64 bytes after it.
    #[inline]
    pub(crate) fn digest(&self, bytes: &[u8], slot: Slot) -> [u8; DIGEST_BYTES] {
        let message = &bytes[slot.start()..slot.start() + slot.len()];
        let mut state = self.inner;
        let (whole, rest) = message.as_chunks::<BLOCK_BYTES>();
        if !whole.is_empty() {
            compress256(&mut state, whole);
        }
        finish(&mut state, rest, message.len());
        let inner = bytes_of(&state);
        let mut state = self.outer;
        finish(&mut state, &inner, DIGEST_BYTES);
        bytes_of(&state)
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

/// The last block or two, after `len` bytes behind the padded key.
#[inline]
fn finish(state: &mut State, rest: &[u8], len: usize) {
    let mut blocks = [[0; BLOCK_BYTES]; 2];
    let flat = blocks.as_flattened_mut();
    flat[..rest.len()].copy_from_slice(rest);
    flat[rest.len()] = 0x80;
    let end = if rest.len() < BLOCK_BYTES - 8 { BLOCK_BYTES } else { 2 * BLOCK_BYTES };
    let bits = (BLOCK_BYTES + len) as u64 * 8;
    flat[end - 8..end].copy_from_slice(&bits.to_be_bytes());
    compress256(state, &blocks[..end / BLOCK_BYTES]);
}

#[inline]
fn bytes_of(state: &State) -> [u8; DIGEST_BYTES] {
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
        let (bytes, slots) = random.slots(&lengths);
        for slot in slots {
            let message = &bytes[slot.start()..slot.start() + slot.len()];
            let mut library = SimpleHmac::<Sha256>::new_from_slice(&key).unwrap();
            library.update(message);
            let wanted = library.finalize().into_bytes();
            assert_eq!(own.digest(&bytes, slot)[..], wanted[..], "{} bytes", slot.len());
        }
    }

    #[test]
    fn a_short_key_is_filled_with_zeros() {
        // RFC 4231, test case 2, whose key is "Jefe".
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let text = b"what do ya want for nothing?";
        let slot = Slot { len: text.len() as u32, ..Slot::default() };
        let wanted = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(Hmac::new(&key).digest(text, slot).to_vec(), wanted);
    }
}
