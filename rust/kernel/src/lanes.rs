//! Many CBC-MAC chains at once. Within one value each block waits for the one before; so the same
//! step of many values is done together, and the AES units never wait.

use crate::key::{Aes, BLOCK, Block, FIRST, WIDE, and, load, xor};
use zeroize::Zeroize;

/// Where one row's bytes stand in a buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    /// The row, counted from the first of those worked on together.
    pub row: u32,
    /// First byte.
    pub start: u32,
    /// How many bytes.
    pub len: u32,
}

impl Slot {
    /// How many bytes, as an index.
    #[inline]
    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    /// First byte, as an index.
    #[inline]
    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    /// Blocks the bytes fill, the last one perhaps in part.
    #[inline]
    pub(crate) fn blocks(self) -> usize {
        self.len().div_ceil(BLOCK)
    }
}

/// What the last two blocks of a chain are xored with, by the value's length.
#[derive(Clone)]
pub(crate) struct Ends {
    /// By length below 16; then from 16 on by the bytes in the last block, less one.
    last: [Block; 2 * BLOCK],
    /// The block before the last, by the bytes in the last block, less one.
    before: [Block; BLOCK],
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.last.zeroize();
        self.before.zeroize();
    }
}

impl Ends {
    /// `short(len)` for values below one block, `last(filled)` and `before(filled)` for others.
    pub(crate) fn new(
        short: impl Fn(usize) -> Block,
        last: impl Fn(usize) -> Block,
        before: impl Fn(usize) -> Block,
    ) -> Self {
        Self {
            last: std::array::from_fn(
                |at| {
                    if at < BLOCK { short(at) } else { last(at - BLOCK + 1) }
                },
            ),
            before: std::array::from_fn(|at| before(at + 1)),
        }
    }

    /// The last block of a value as it enters the chain.
    #[inline]
    fn last(&self, bytes: &[u8], slot: Slot) -> Block {
        let len = slot.len();
        if len < BLOCK {
            return xor(and(load(bytes, slot.start()), FIRST[len]), self.last[len]);
        }
        let over = (len - 1) % BLOCK;
        let block = load(bytes, slot.start() + len - 1 - over);
        xor(and(block, FIRST[over + 1]), self.last[BLOCK + over])
    }

    /// The block that has `left` blocks from it to the end, itself counted.
    #[inline]
    fn block(&self, bytes: &[u8], slot: Slot, left: usize) -> Block {
        if left == 1 {
            return self.last(bytes, slot);
        }
        let block = load(bytes, slot.start() + (slot.blocks() - left) * BLOCK);
        if left == 2 { xor(block, self.before[(slot.len() - 1) % BLOCK]) } else { block }
    }
}

/// Scratch for chains, reused from one group of values to the next.
#[derive(Default)]
pub(crate) struct Lanes {
    /// How many values have so many blocks; then where the next of them goes.
    counts: Vec<u32>,
    /// The slots, longest first, so that those at work stand at the front.
    sorted: Vec<Slot>,
    /// Where each slot went.
    places: Vec<u32>,
    states: Vec<Block>,
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.states.zeroize();
    }
}

impl Lanes {
    /// Runs the chain of every slot. `bytes` goes on for a block after the last slot.
    ///
    /// Shorter values join later, so that all end in the same step.
    pub(crate) fn run(&mut self, aes: &Aes, ends: &Ends, bytes: &[u8], slots: &[Slot]) {
        let most = self.sort(slots);
        let mut active = 0;
        for left in (1..=most).rev() {
            let joined = active + self.joining(left);
            for (state, slot) in self.states[..active].iter_mut().zip(&self.sorted) {
                *state = xor(*state, ends.block(bytes, *slot, left));
            }
            let fresh = self.states[active..joined].iter_mut().zip(&self.sorted[active..joined]);
            for (state, slot) in fresh {
                *state = ends.block(bytes, *slot, left);
            }
            active = joined;
            aes.encrypt_first(active, &mut self.states);
        }
    }

    /// The end of the chain of the slot at this index.
    #[inline]
    pub(crate) fn end(&self, index: usize) -> Block {
        self.states[self.places[index] as usize]
    }

    /// How many slots have just so many blocks, once sorted.
    fn joining(&self, blocks: usize) -> usize {
        let longer = self.counts.get(blocks + 1).copied().unwrap_or(0);
        (self.counts[blocks] - longer) as usize
    }

    /// Sorts by blocks, longest first, and returns the most. The empty value has one.
    fn sort(&mut self, slots: &[Slot]) -> usize {
        let most = slots.iter().map(|slot| slot.blocks()).max().unwrap_or(0).max(1);
        self.counts.clear();
        self.counts.resize(most + 1, 0);
        for slot in slots {
            self.counts[slot.blocks().max(1)] += 1;
        }
        let mut next = 0;
        for count in self.counts.iter_mut().rev() {
            next += std::mem::replace(count, next);
        }
        self.sorted.resize(slots.len(), Slot::default());
        self.places.resize(slots.len(), 0);
        self.states.resize(slots.len().next_multiple_of(WIDE), [0; BLOCK]);
        for (slot, place) in slots.iter().zip(&mut self.places) {
            let at = &mut self.counts[slot.blocks().max(1)];
            *place = *at;
            self.sorted[*at as usize] = *slot;
            *at += 1;
        }
        most
    }
}
