//! CMAC over AES-256 (RFC 4493, SP 800-38B).

use zeroize::Zeroizing;

use crate::key::{Aes, BLOCK, Block, doubled, xor};
use crate::lanes::{Ends, Lanes, Slot};

/// The subkeys K1, for a last block that is full, and K2, for one that is not.
pub(crate) fn subkeys(aes: &Aes) -> Zeroizing<[Block; 2]> {
    let full = doubled(aes.one([0; BLOCK]));
    Zeroizing::new([full, doubled(full)])
}

/// The bit that ends a message of `filled` bytes in its last block; nothing if that is full.
pub(crate) fn end_mark(filled: usize) -> Block {
    let mut block = [0; BLOCK];
    if let Some(byte) = block.get_mut(filled) {
        *byte = 0x80;
    }
    block
}

/// How chains end that are CMACs.
pub(crate) fn ends(aes: &Aes) -> Ends {
    let keys = subkeys(aes);
    let last = |filled| xor(keys[usize::from(filled < BLOCK)], end_mark(filled));
    Ends::new(last, last, |_| [0; BLOCK])
}

/// One message's CMAC.
pub(crate) fn cmac(aes: &Aes, message: &[u8]) -> Block {
    let mut padded = Zeroizing::new(Vec::with_capacity(message.len() + BLOCK));
    padded.extend_from_slice(message);
    padded.resize(message.len() + BLOCK, 0);
    let mut lanes = Lanes::default();
    // Associated data and the like: far below the 32 bits of a length.
    let slot = Slot { len: message.len() as u32, ..Slot::default() };
    lanes.run(aes, &ends(aes), &padded, &[slot])[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{Random, hex};

    /// SP 800-38B (2005), D.3: AES-256.
    const KEY: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
    const MESSAGE: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
                           30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

    fn aes() -> Aes {
        Aes::new(&hex(KEY).try_into().unwrap())
    }

    #[test]
    fn published_vectors_of_aes_256() {
        let message = hex(MESSAGE);
        for (length, tag) in [
            (0, "028962f61b7bf89efc6b551f4667d983"),
            (16, "28a7023f452e8f82bd4bf28d8c37c35c"),
            (40, "aaf3d8f1de5640c232f5b169b9c911e6"),
            (64, "e1992190549f6ed5696a2c056c315410"),
        ] {
            assert_eq!(cmac(&aes(), &message[..length]).to_vec(), hex(tag), "{length} bytes");
        }
    }

    /// As RFC 4493, 2.4 is written: one block after another.
    fn plainly(aes: &Aes, message: &[u8]) -> Block {
        let keys = subkeys(aes);
        let whole = message.len().div_ceil(BLOCK).max(1) - 1;
        let mut state = [0; BLOCK];
        for block in message[..whole * BLOCK].as_chunks::<BLOCK>().0 {
            state = aes.one(xor(state, *block));
        }
        let rest = &message[whole * BLOCK..];
        let mut last = end_mark(rest.len());
        last[..rest.len()].copy_from_slice(rest);
        aes.one(xor(state, xor(last, keys[usize::from(rest.len() < BLOCK)])))
    }

    #[test]
    fn lanes_give_what_one_at_a_time_gives() {
        let aes = aes();
        let mut random = Random::new(1);
        let mut lanes = Lanes::default();
        for rows in [1, 2, 3, 63, 64, 65, 200, 517] {
            let lengths: Vec<usize> = (0..rows).map(|_| random.below(201)).collect();
            let (bytes, slots) = random.slots(&lengths);
            let tags = lanes.run(&aes, &ends(&aes), &bytes, &slots);
            for (tag, slot) in tags.iter().zip(&slots) {
                let message = &bytes[slot.start()..slot.start() + slot.len()];
                assert_eq!(*tag, plainly(&aes, message), "{} bytes", slot.len());
            }
        }
    }

    #[test]
    fn lanes_are_right_at_block_edges_and_for_one_megabyte() {
        let aes = aes();
        let mut random = Random::new(2);
        let lengths = [0, 1, 15, 16, 17, 31, 32, 33, 1 << 20, 47, 48, 49, 0, 1000];
        let (bytes, slots) = random.slots(&lengths);
        let mut lanes = Lanes::default();
        let tags = lanes.run(&aes, &ends(&aes), &bytes, &slots);
        for (tag, slot) in tags.iter().zip(&slots) {
            let message = &bytes[slot.start()..slot.start() + slot.len()];
            assert_eq!(*tag, plainly(&aes, message), "{} bytes", slot.len());
        }
    }
}
