//! XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM (SP 800-38D) with a 24-byte nonce.
//!
//! The first half of the nonce and the key give a derived key by the SP 800-108 counter-mode KDF
//! over CMAC; the second half is the nonce of AES-GCM. Values written in one call share the first.

use zeroize::Zeroizing;

use crate::cmac::subkeys;
use crate::fault::Outcome;
use crate::key::{Aes, BLOCK, Block, sized, xor};
use crate::lanes::{Slot, make_room};
use crate::own_keys::lengths;
use crate::tags::Hash;

/// Bytes of the key.
pub(crate) const KEY_BYTES: usize = 32;

/// Bytes of the nonce.
pub(crate) const NONCE_BYTES: usize = 24;

/// Bytes of the nonce that choose the derived key; as many are AES-GCM's own nonce.
pub(crate) const HALF: usize = NONCE_BYTES / 2;

/// Bytes of the tag.
pub(crate) const TAG_BYTES: usize = BLOCK;

/// One key, ready to derive.
pub(crate) struct Xaes {
    aes: Aes,
    subkey: Zeroizing<Block>,
}

impl Xaes {
    /// Takes the 32-byte key.
    pub(crate) fn new(key: &[u8]) -> Outcome<Self> {
        let aes = Aes::new(sized::<KEY_BYTES>(key)?);
        let subkey = Zeroizing::new(subkeys(&aes)[0]);
        Ok(Self { aes, subkey })
    }

    /// The key derived from the first half of a nonce.
    fn derived_key(&self, half: &[u8; HALF]) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        for (counter, part) in (1..).zip(key.as_chunks_mut::<BLOCK>().0) {
            let mut block = [0; BLOCK];
            block[..4].copy_from_slice(&[0, counter, b'X', 0]);
            block[4..].copy_from_slice(half);
            *part = self.aes.one(xor(block, *self.subkey));
        }
        key
    }

    /// AES-256-GCM for all nonces that begin so, with their associated data.
    pub(crate) fn gcm(&self, half: &[u8; HALF], associated: &[u8]) -> Gcm {
        Gcm::new(&self.derived_key(half), associated)
    }
}

/// AES-256-GCM under one key; what the associated data adds is computed once.
pub(crate) struct Gcm {
    aes: Aes,
    hash: Hash,
}

impl Gcm {
    /// For a key and the associated data of all its values.
    pub(crate) fn new(key: &[u8; KEY_BYTES], associated: &[u8]) -> Self {
        let aes = Aes::new(key);
        let hash_key = Zeroizing::new(aes.one([0; BLOCK]));
        let hash = Hash::new(&hash_key, associated);
        Self { aes, hash }
    }

    /// For every slot, the block that hides its tag and then its keystream, in whole blocks.
    /// `nonce` gives a slot's second half.
    pub(crate) fn keystream(
        &self,
        slots: &[Slot],
        nonce: impl Fn(usize, Slot) -> [u8; HALF],
        stream: &mut Vec<Block>,
    ) {
        make_room(stream, slots, 1);
        let mut at = 0;
        for (index, slot) in slots.iter().enumerate() {
            let nonce = nonce(index, *slot);
            let counter = |step: u32| {
                let mut block = [0; BLOCK];
                block[..HALF].copy_from_slice(&nonce);
                block[HALF..].copy_from_slice(&step.to_be_bytes());
                block
            };
            // Three without asking, as a branch here would be taken at random.
            stream[at] = counter(1);
            stream[at + 1] = counter(2);
            stream[at + 2] = counter(3);
            let end = at + slot.blocks() + 1;
            if end > at + 3 {
                for (block, step) in stream[at + 3..end].iter_mut().zip(4..) {
                    *block = counter(step);
                }
            }
            at = end;
        }
        self.aes.encrypt_first(at, stream);
    }

    /// The tag of every slot's ciphertext bytes, each hidden under the first block of the slot's
    /// keystream. `bytes` goes on for a block after them.
    pub(crate) fn tags(
        &self,
        bytes: &[u8],
        slots: &[Slot],
        stream: &[Block],
        tags: &mut Vec<Block>,
    ) {
        self.hash.hashes(bytes, slots, tags);
        let mut at = 0;
        for (slot, tag) in slots.iter().zip(tags) {
            *tag = xor(*tag, stream[at]);
            at += slot.blocks() + 1;
        }
    }
}

impl Gcm {
    /// As `tags`, with associated data of each slot's own, which `write` appends.
    pub(crate) fn tags_beside(
        &self,
        bytes: &[u8],
        slots: &[Slot],
        stream: &[Block],
        mut write: impl FnMut(Slot, &mut Vec<u8>),
        tags: &mut Vec<Block>,
    ) {
        let (mut hashed, mut at) = (Vec::new(), 0);
        tags.clear();
        for slot in slots {
            hashed.clear();
            write(*slot, &mut hashed);
            let associated = hashed.len();
            hashed.resize(associated.next_multiple_of(BLOCK), 0);
            hashed.extend_from_slice(&bytes[slot.start()..slot.start() + slot.len()]);
            hashed.resize(hashed.len().next_multiple_of(BLOCK), 0);
            hashed.extend_from_slice(&lengths(associated, slot.len()));
            tags.push(xor(self.hash.of_blocks(&hashed), stream[at]));
            at += slot.blocks() + 1;
        }
    }
}

/// `associated` and a frame's header as the one additional data of GCM: a list with lengths.
pub(crate) fn bound(associated: &[u8], header: &[u8]) -> Vec<u8> {
    let mut list = 2_u32.to_be_bytes().to_vec();
    for part in [associated, header] {
        // Associated data names a contract and a column: its length has 32 bits.
        list.extend_from_slice(&(part.len() as u32).to_be_bytes());
        list.extend_from_slice(part);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::load;
    use crate::test_support::{Random, hex};

    /// Ciphertext and tag of one value.
    fn sealed(gcm: &Gcm, nonce: [u8; HALF], plain: &[u8]) -> Vec<u8> {
        let mut bytes = plain.to_vec();
        bytes.resize(plain.len() + BLOCK, 0);
        let slot = Slot { len: plain.len() as u32, ..Slot::default() };
        let mut stream = Vec::new();
        gcm.keystream(&[slot], |_, _| nonce, &mut stream);
        let mut out = Vec::new();
        for (step, block) in stream[1..=slot.blocks()].iter().enumerate() {
            out.extend(xor(load(&bytes, step * BLOCK), *block));
        }
        out.resize(plain.len() + BLOCK, 0x55);
        let mut tags = Vec::new();
        gcm.tags(&out, &[slot], &stream, &mut tags);
        out.truncate(plain.len());
        out.extend(tags[0]);
        out
    }

    fn xaes_sealed(key: &[u8], nonce: &[u8], plain: &[u8], associated: &[u8]) -> Vec<u8> {
        let gcm = Xaes::new(key).unwrap().gcm(nonce[..HALF].try_into().unwrap(), associated);
        sealed(&gcm, nonce[HALF..].try_into().unwrap(), plain)
    }

    #[test]
    fn published_vectors_of_xaes() {
        let nonce = b"ABCDEFGHIJKLMNOPQRSTUVWX";
        let first = xaes_sealed(&[1; 32], nonce, b"XAES-256-GCM", b"");
        assert_eq!(first, hex("ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"));
        let bound = b"c2sp.org/XAES-256-GCM";
        let second = xaes_sealed(&[3; 32], nonce, b"XAES-256-GCM", bound);
        assert_eq!(second, hex("986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"));
        let derived = Xaes::new(&[3; 32]).unwrap().derived_key(nonce.first_chunk().unwrap());
        let wanted = hex("e9c621d4cdd9b11b00a6427ad7e559aeedd66b3857646677748f8ca796cb3fd8");
        assert_eq!(derived.to_vec(), wanted);
    }

    /// AES-256-GCM itself: the key is not derived.
    fn gcm(key: &str, associated: &str) -> Gcm {
        let aes = Aes::new(&hex(key).try_into().unwrap());
        let hash = Hash::new(&aes.one([0; BLOCK]), &hex(associated));
        Gcm { aes, hash }
    }

    const KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    const PLAIN: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                         1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
    const CIPHER: &str = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                          8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";

    #[test]
    fn published_vectors_of_gcm_under_256_bits() {
        // McGrew and Viega's test cases 13 to 16, which SP 800-38D refers to.
        let zero = "0".repeat(64);
        let tag = hex("530f8afbc74536b9a963b4f1c4cb738b");
        assert_eq!(sealed(&gcm(&zero, ""), [0; HALF], &[]), tag);
        let one = hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
        assert_eq!(sealed(&gcm(&zero, ""), [0; HALF], &[0; 16]), one);
        let nonce = hex("cafebabefacedbaddecaf888").try_into().unwrap();
        let mut whole = hex(CIPHER);
        whole.extend(hex("b094dac5d93471bdec1a502270e3cc6c"));
        assert_eq!(sealed(&gcm(KEY, ""), nonce, &hex(PLAIN)), whole);
        let bound = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
        let mut part = hex(CIPHER)[..60].to_vec();
        part.extend(hex("76fc6ece0f4e1768cddf8853bb2d551b"));
        assert_eq!(sealed(&gcm(KEY, bound), nonce, &hex(PLAIN)[..60]), part);
    }

    #[test]
    fn lanes_give_what_one_at_a_time_gives() {
        let mut random = Random::new(4);
        let gcm = Xaes::new(&random.bytes(32)).unwrap().gcm(&[9; HALF], b"bound");
        let mut lengths: Vec<usize> = (0..300).map(|_| random.below(201)).collect();
        lengths.extend([0, 16, 111, 112, 113, 128, 1 << 20, 0]);
        let (bytes, slots) = random.slots(&lengths);
        let nonce = |index: usize, _: Slot| [index as u8; HALF];
        let mut stream = Vec::new();
        gcm.keystream(&slots, nonce, &mut stream);
        let (mut at, mut tags) = (0, Vec::new());
        for (index, slot) in slots.iter().enumerate() {
            let plain = &bytes[slot.start()..slot.start() + slot.len()];
            let one = sealed(&gcm, nonce(index, *slot), plain);
            let (cipher, tag) = one.split_at(slot.len());
            let blocks = &stream[at + 1..at + 1 + slot.blocks()];
            assert!(
                plain.iter().zip(blocks.as_flattened()).map(|(a, b)| a ^ b).eq(cipher.to_vec())
            );
            let mut room = cipher.to_vec();
            room.resize(slot.len() + BLOCK, 0xAA);
            let whole = Slot { start: 0, ..*slot };
            gcm.tags(&room, &[whole], &stream[at..], &mut tags);
            assert_eq!(tags[0].to_vec(), tag);
            at += slot.blocks() + 1;
        }
    }

    #[test]
    fn the_list_of_what_is_bound_has_lengths() {
        assert_eq!(bound(b"ab", b"c"), hex("00000002000000026162 0000000163"));
    }
}
