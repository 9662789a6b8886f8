//! AES-256-SIV (RFC 5297): S2V over CMAC gives the tag, the tag starts the counter.

use zeroize::Zeroizing;

use crate::cmac::{cmac, end_mark, subkeys};
use crate::fault::Outcome;
use crate::key::{Aes, BLOCK, Block, doubled, load, sized, xor};
use crate::lanes::{Ends, Lanes, Slot, make_room};

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

    /// The tag of every slot's bytes.
    pub(crate) fn tags<'l>(
        &self,
        lanes: &'l mut Lanes,
        bytes: &[u8],
        slots: &[Slot],
    ) -> &'l [Block] {
        lanes.run(&self.mac, &self.ends, bytes, slots)
    }

    /// Keystream of every slot under its tag, one after another in whole blocks; `SPARE` more.
    pub(crate) fn keystream(&self, slots: &[Slot], tags: &[Block], stream: &mut Vec<Block>) {
        make_room(stream, slots, 0);
        let mut at = 0;
        for (slot, tag) in slots.iter().zip(tags) {
            let (high, low) = first_counter(*tag);
            let counter = |step: u64| counter(high, low + step);
            // Two without asking, as a branch here would be taken at random.
            stream[at] = counter(0);
            stream[at + 1] = counter(1);
            let end = at + slot.blocks();
            if end > at + 2 {
                for (block, step) in stream[at + 2..end].iter_mut().zip(2..) {
                    *block = counter(step);
                }
            }
            at = end;
        }
        self.stream.encrypt_first(at, stream);
    }
}

/// The tag with the two bits cleared that make counting cheap (RFC 5297, 2.5), in two halves:
/// the second one counts as far as a value can be long without a carry.
#[inline]
fn first_counter(tag: Block) -> (u64, u64) {
    let number = u128::from_be_bytes(tag);
    ((number >> 64) as u64, number as u64 & !(1 << 63 | 1 << 31))
}

#[inline]
fn counter(high: u64, low: u64) -> Block {
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{Random, hex};

    /// Tag and ciphertext of every slot.
    fn sealed(siv: &Siv, bytes: &[u8], slots: &[Slot]) -> Vec<Vec<u8>> {
        let (mut lanes, mut stream) = (Lanes::default(), Vec::new());
        let tags = siv.tags(&mut lanes, bytes, slots);
        siv.keystream(slots, tags, &mut stream);
        let mut blocks = stream.iter();
        let one = |(tag, slot): (&Block, &Slot)| {
            let mut out = tag.to_vec();
            for (step, block) in blocks.by_ref().take(slot.blocks()).enumerate() {
                out.extend(xor(load(bytes, slot.start() + step * BLOCK), *block));
            }
            out.truncate(TAG_BYTES + slot.len());
            out
        };
        tags.iter().zip(slots).map(one).collect()
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
        let (high, low) = first_counter([0xFF; BLOCK]);
        assert_eq!(counter(high, low)[8..], [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
        assert_eq!(counter(high, low + 1)[8..], [0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0, 0, 0]);
    }
}
