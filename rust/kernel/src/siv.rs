//! AES-256-SIV (RFC 5297): S2V over CMAC gives the tag, the tag starts the counter.

use zeroize::{Zeroize, Zeroizing};

use crate::cmac::{cmac, end_mark, subkeys};
use crate::fault::Outcome;
use crate::key::{Aes, BLOCK, Block, WIDE, doubled, load, sized, xor};
use crate::lanes::{Ends, Lanes, Slot};

/// Bytes of the key: one half for S2V, one for the counter.
pub(crate) const KEY_BYTES: usize = 64;

/// Bytes of the synthetic initialisation vector.
pub(crate) const TAG_BYTES: usize = BLOCK;

/// One key with its associated strings; what they add to S2V is computed once.
pub(crate) struct Siv {
    mac: Aes,
    stream: Aes,
    ends: Ends,
}

impl Siv {
    /// Splits the 64-byte key and takes the associated strings, in order.
    pub(crate) fn new(key: &[u8], associated: &[&[u8]]) -> Outcome<Self> {
        let (first, second) = sized::<KEY_BYTES>(key)?.split_at(KEY_BYTES / 2);
        let (mac, stream) = (Aes::new(sized(first)?), Aes::new(sized(second)?));
        let mut state = Zeroizing::new(cmac(&mac, &[0; BLOCK]));
        for string in associated {
            *state = xor(doubled(*state), cmac(&mac, string));
        }
        let ends = ends(&mac, &state);
        Ok(Self { mac, stream, ends })
    }

    /// The tag of every slot's bytes, to be read from `lanes`.
    pub(crate) fn tags(&self, lanes: &mut Lanes, bytes: &[u8], slots: &[Slot]) {
        lanes.run(&self.mac, &self.ends, bytes, slots);
    }

    /// Keystream of every slot, one after another in whole blocks. `tag` is by index of the slot.
    pub(crate) fn keystream(
        &self,
        slots: &[Slot],
        tag: impl Fn(usize) -> Block,
        stream: &mut Vec<Block>,
    ) {
        let total: usize = slots.iter().map(|slot| slot.blocks()).sum();
        // One more than is used, so that a block can be read where an empty value stands last.
        stream.resize((total + 1).next_multiple_of(WIDE), [0; BLOCK]);
        let mut at = 0;
        for (index, slot) in slots.iter().enumerate() {
            let first = first_counter(tag(index));
            let end = at + slot.blocks();
            for (block, step) in stream[at..end].iter_mut().zip(0_u128..) {
                *block = first.wrapping_add(step).to_be_bytes();
            }
            at = end;
        }
        self.stream.encrypt_first(total, stream);
    }
}

/// The tag with the two bits cleared that make counting cheap for some (RFC 5297, 2.5).
#[inline]
fn first_counter(tag: Block) -> u128 {
    u128::from_be_bytes(tag) & !(1 << 63 | 1 << 31)
}

/// How a chain ends that is the last string of S2V (RFC 5297, 2.4), after `state`.
fn ends(mac: &Aes, state: &Block) -> Ends {
    let keys = subkeys(mac);
    // The state goes over the last 16 bytes: `filled` of them stand in the last block.
    let shifted = |filled: usize| {
        let mut pair = Zeroizing::new([0; 2 * BLOCK]);
        pair[filled..filled + BLOCK].copy_from_slice(state);
        pair
    };
    let short = |len| xor(xor(doubled(*state), end_mark(len)), keys[0]);
    let last = |filled: usize| {
        let over = load(&*shifted(filled), BLOCK);
        xor(xor(over, end_mark(filled)), keys[usize::from(filled < BLOCK)])
    };
    Ends::new(short, last, |filled| load(&*shifted(filled), 0))
}

/// Scratch of sealing and opening.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Chains of S2V.
    pub lanes: Lanes,
    /// Keystream; where frames are opened, what is under it.
    pub stream: Vec<Block>,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.stream.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::FIRST;
    use crate::key::and;
    use crate::test_support::{Random, hex};

    /// Tag and ciphertext of every slot.
    fn sealed(siv: &Siv, bytes: &[u8], slots: &[Slot]) -> Vec<Vec<u8>> {
        let mut scratch = Scratch::default();
        siv.tags(&mut scratch.lanes, bytes, slots);
        let Scratch { lanes, stream } = &mut scratch;
        siv.keystream(slots, |index| lanes.end(index), stream);
        let mut blocks = stream.iter();
        let one = |(index, slot): (usize, &Slot)| {
            let mut out = lanes.end(index).to_vec();
            for (step, block) in blocks.by_ref().take(slot.blocks()).enumerate() {
                out.extend(xor(load(bytes, slot.start() + step * BLOCK), *block));
            }
            out.truncate(TAG_BYTES + slot.len());
            out
        };
        slots.iter().enumerate().map(one).collect()
    }

    /// RFC 5297, 2.4 to 2.6, as they are written: one block after another.
    fn plainly(key: &[u8], strings: &[&[u8]], plain: &[u8]) -> Vec<u8> {
        let mac = Aes::new(key[..32].try_into().unwrap());
        let mut state = cmac(&mac, &[0; BLOCK]);
        for string in strings {
            state = xor(doubled(state), cmac(&mac, string));
        }
        let tag = if plain.len() >= BLOCK {
            let mut over = plain.to_vec();
            let end = plain.len() - BLOCK;
            over[end..].iter_mut().zip(state).for_each(|(byte, with)| *byte ^= with);
            cmac(&mac, &over)
        } else {
            let mut block = end_mark(plain.len());
            block[..plain.len()].copy_from_slice(plain);
            cmac(&mac, &xor(doubled(state), block))
        };
        let stream = Aes::new(key[32..].try_into().unwrap());
        let mut counter = tag;
        counter[8] &= 0x7F;
        counter[12] &= 0x7F;
        let mut counter = u128::from_be_bytes(counter);
        let mut out = tag.to_vec();
        for piece in plain.chunks(BLOCK) {
            let hiding = stream.one(counter.to_be_bytes());
            out.extend(piece.iter().zip(hiding).map(|(byte, with)| byte ^ with));
            counter = counter.wrapping_add(1);
        }
        out
    }

    #[test]
    fn the_vector_of_rfc_5297_with_a_key_of_twice_the_length() {
        // A.1's strings under AES-256, as OpenSSL publishes them.
        let key = hex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\
                       f0f1f2f3f4f5f6f7f8f9fafbfcfdfefffffefdfcfbfaf9f8f7f6f5f4f3f2f1f0");
        let associated = hex("101112131415161718191a1b1c1d1e1f2021222324252627");
        let mut bytes = hex("112233445566778899aabbccddee");
        let slots = [Slot { len: bytes.len() as u32, ..Slot::default() }];
        bytes.resize(64, 0);
        let siv = Siv::new(&key, &[&associated]).unwrap();
        let wanted = hex("724dfb2eaf94dbb19b0ba3a299a0801ef3b05a55498ec2552690b89810e4");
        assert_eq!(sealed(&siv, &bytes, &slots), [wanted]);
    }

    #[test]
    fn lanes_give_what_one_at_a_time_gives() {
        let mut random = Random::new(3);
        let key = random.bytes(KEY_BYTES);
        let (first, second) = (random.bytes(33), random.bytes(4));
        let strings = [&first[..], &second[..]];
        let siv = Siv::new(&key, &strings).unwrap();
        let mut lengths: Vec<usize> = (0..400).map(|_| random.below(201)).collect();
        lengths.extend([0, 1, 15, 16, 17, 31, 32, 33, 1 << 20, 0]);
        let (bytes, slots) = random.slots(&lengths);
        let all = sealed(&siv, &bytes, &slots);
        for (slot, sealed) in slots.iter().zip(all) {
            let plain = &bytes[slot.start()..slot.start() + slot.len()];
            assert!(sealed == plainly(&key, &strings, plain), "{} bytes", slot.len());
        }
    }

    #[test]
    fn the_counter_carries_past_its_cleared_bits() {
        let highest = and([0xFF; BLOCK], FIRST[16]);
        let first = first_counter(highest);
        assert_eq!(first.to_be_bytes()[8], 0x7F);
        assert_eq!(first.wrapping_add(1).to_be_bytes()[12..], [0x80, 0, 0, 0]);
    }
}
