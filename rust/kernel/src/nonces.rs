//! A fresh nonce for every value of a call: 32 bytes of the operating system's, expanded.

use zeroize::Zeroizing;

use crate::fault::{Fault, Outcome};
use crate::key::{Aes, BLOCK, Block, FIRST, WIDE, and};

/// Bytes of a nonce (SP 800-38D, 8.2.2: as many are random).
pub(crate) const NONCE_BYTES: usize = 12;

/// AES-256 in counter mode under a key that no other call has; of each block the first 12 bytes.
pub(crate) struct Nonces {
    aes: Aes,
    next: u64,
}

impl Nonces {
    /// Under a key fresh from the operating system. `NoRandom` if it has none.
    pub(crate) fn fresh() -> Outcome<Self> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *key).map_err(|_| Fault::NoRandom)?;
        Ok(Self::under(&key))
    }

    /// Under a key that the caller says: for vectors, and nothing else.
    pub(crate) fn under(key: &[u8; 32]) -> Self {
        Self { aes: Aes::new(key), next: 0 }
    }

    /// So many nonces that no call before gave, each with four zeros after it.
    pub(crate) fn take(&mut self, count: usize, into: &mut Vec<Block>) {
        into.clear();
        into.resize(count.next_multiple_of(WIDE), [0; BLOCK]);
        for block in into.iter_mut().take(count) {
            *block = u128::from(self.next).to_le_bytes();
            self.next += 1;
        }
        self.aes.encrypt_first(count, into);
        into.truncate(count);
        for block in into {
            *block = and(*block, FIRST[NONCE_BYTES]);
        }
    }
}

/// The nonce of a block.
pub(crate) fn first_bytes(block: Block) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    nonce.copy_from_slice(&block[..NONCE_BYTES]);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_nonce_comes_twice_in_a_call_nor_in_two() {
        let (mut seen, mut some, mut taken) = (HashSet::new(), Vec::new(), 0);
        for _ in 0..3 {
            let mut nonces = Nonces::fresh().unwrap();
            for count in [0, 1, 63, 64, 65, 512, 512] {
                nonces.take(count, &mut some);
                assert_eq!(some.len(), count);
                assert!(some.iter().all(|block| block[NONCE_BYTES..] == [0; 4]));
                seen.extend(some.iter().copied());
                taken += count;
            }
        }
        assert_eq!(seen.len(), taken);
    }
}
