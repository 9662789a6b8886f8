//! The keys of subjects' values in a column: the counter-mode KDF of SP 800-108r1 over CMAC.

use zeroize::Zeroizing;

use crate::beside::Salt;
use crate::cmac::subkeys;
use crate::fault::Outcome;
use crate::key::{Aes, BLOCK, Block, WIDE, Wiped, load, sized, xor};

/// Bytes of a column's key, and of a subject's key in it.
pub(crate) const KEY_BYTES: usize = 32;

/// The key of one subject's values, in two halves.
pub(crate) type ValueKey = [Block; 2];

/// The first block without counter and salt: the label, and the zero after it.
const LABELLED: u128 = u128::from_le_bytes(*b"\0\0\0\0subject\0\0\0\0\0");

/// Where the last byte of the counter is in it.
const COUNTER: u32 = 24;

/// The last block without the salt: how many bits a key has, in 32 bits.
const LENGTH: u128 = ((8 * KEY_BYTES as u32).to_be() as u128) << 96;

/// Subjects whose chains are run together; each has two, one for each half of its key.
const TOGETHER: usize = WIDE / 2;

/// Bytes of the salt that stand in the first block; the third has as many of something else.
const FIRST: usize = 4;

/// The keys of one column's subjects.
pub(crate) struct SubjectKeys<'a> {
    salts: &'a [Salt],
    aes: Aes,
    /// What ends a message whose last block is full.
    last: Zeroizing<Block>,
    /// All keys, if each may be wanted more than once.
    all: Option<Zeroizing<Vec<ValueKey>>>,
    /// The keys of the values at hand.
    some: Zeroizing<Vec<ValueKey>>,
    chains: Wiped,
}

impl<'a> SubjectKeys<'a> {
    /// For so many values under a column's 32-byte key.
    pub(crate) fn new(key: &[u8], salts: &'a [Salt], values: usize) -> Outcome<Self> {
        let aes = Aes::new(sized::<KEY_BYTES>(key)?);
        let last = Zeroizing::new(subkeys(&aes)[0]);
        let chains = Wiped(vec![[0; BLOCK]; WIDE]);
        let some = Zeroizing::default();
        let mut made = Self { salts, aes, last, all: None, some, chains };
        if salts.len() <= values / 2 {
            made.derive(0..salts.len());
            made.all = Some(std::mem::take(&mut made.some));
        }
        Ok(made)
    }

    /// Makes the keys of subjects, by their place, those that are loaded.
    pub(crate) fn load(&mut self, subjects: &[usize]) {
        self.some.clear();
        match &self.all {
            Some(all) => self.some.extend(subjects.iter().map(|subject| all[*subject])),
            None => self.derive(subjects.iter().copied()),
        }
    }

    /// The keys that were asked for last, in that order.
    pub(crate) fn loaded(&self) -> &[ValueKey] {
        &self.some
    }

    /// Appends keys. A message fills three blocks: counter, label, a zero, salt, length.
    fn derive(&mut self, subjects: impl ExactSizeIterator<Item = usize>) {
        self.some.reserve_exact(subjects.len());
        let (salts, mut count) = (self.salts, 0);
        let mut group: [&Salt; TOGETHER] = [&[0; _]; TOGETHER];
        for subject in subjects {
            group[count] = &salts[subject];
            count += 1;
            if count == TOGETHER {
                self.run(&group);
                count = 0;
            }
        }
        self.run(&group[..count]);
    }

    /// Numbers rather than bytes: a block put together in parts would have to be waited for.
    fn run(&mut self, salts: &[&Salt]) {
        let Self { aes, last, some, chains, .. } = self;
        let (chains, used) = (&mut chains.0, 2 * salts.len());
        for (pair, salt) in chains.as_chunks_mut::<2>().0.iter_mut().zip(salts) {
            let start = number(salt, 0) << (8 * (BLOCK - FIRST)) | LABELLED;
            *pair = [start | 1 << COUNTER, start | 2 << COUNTER].map(u128::to_le_bytes);
        }
        aes.encrypt_first(used, chains);
        for (pair, salt) in chains.as_chunks_mut::<2>().0.iter_mut().zip(salts) {
            let block = load(*salt, FIRST);
            *pair = pair.map(|chain| xor(chain, block));
        }
        aes.encrypt_first(used, chains);
        for (pair, salt) in chains.as_chunks_mut::<2>().0.iter_mut().zip(salts) {
            let block = number(salt, BLOCK) >> (8 * FIRST) | LENGTH;
            let block = xor(block.to_le_bytes(), **last);
            *pair = pair.map(|chain| xor(chain, block));
        }
        aes.encrypt_first(used, chains);
        some.extend_from_slice(chains[..used].as_chunks().0);
    }
}

/// Both halves of a key.
pub(crate) fn whole(key: &ValueKey) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut whole = Zeroizing::new([0; KEY_BYTES]);
    whole.copy_from_slice(key.as_flattened());
    whole
}

#[inline(always)]
fn number(salt: &Salt, at: usize) -> u128 {
    u128::from_le_bytes(load(salt, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmac::cmac;
    use crate::test_support::Random;

    /// SP 800-108r1, 4.1, as it is written.
    fn plainly(key: &[u8], salt: &Salt) -> Vec<u8> {
        let aes = Aes::new(key.try_into().unwrap());
        let half = |counter: u32| {
            let parts = [&counter.to_be_bytes()[..], b"subject", &[0], salt, &[0, 0, 1, 0]];
            cmac(&aes, &parts.concat())
        };
        [half(1), half(2)].concat()
    }

    #[test]
    fn chains_together_give_what_each_gives_alone() {
        let mut random = Random::new(11);
        let key = random.bytes(KEY_BYTES);
        for count in [0, 1, 2, 31, 32, 33, 64, 100] {
            let salts: Vec<Salt> =
                (0..count).map(|_| random.bytes(32).try_into().unwrap()).collect();
            let asked: Vec<usize> = (0..count).rev().chain(0..count).collect();
            for values in [0, 2 * count] {
                let mut keys = SubjectKeys::new(&key, &salts, values).unwrap();
                assert_eq!(keys.all.is_some(), count <= values / 2);
                keys.load(&asked);
                let found = keys.loaded();
                assert_eq!(found.len(), asked.len());
                for (subject, key_of) in asked.iter().zip(found) {
                    assert_eq!(key_of.as_flattened(), plainly(&key, &salts[*subject]));
                }
            }
        }
    }
}
