//! Many CBC-MAC chains at once. Within one value each block waits for the one before; so the same
//! step of many values is done together, and the AES units never wait.

use crate::key::{Aes, BLOCK, Block, FIRST, WIDE, Wiped, and, load, xor};
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

/// Blocks after the keystream of some slots that may be read and written.
const SPARE: usize = 3;

/// Room for the keystream of the slots, with `more` blocks for each beside those of its bytes.
pub(crate) fn make_room(stream: &mut Vec<Block>, slots: &[Slot], more: usize) {
    let bytes: usize = slots.iter().map(|slot| slot.len()).sum();
    // Each slot's last block may be filled in part.
    let most = bytes / BLOCK + slots.len() * (more + 1) + SPARE;
    stream.resize(most.next_multiple_of(WIDE), [0; BLOCK]);
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
        self.last.as_flattened_mut().zeroize();
        self.before.as_flattened_mut().zeroize();
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

    /// The last block of a value as it enters the chain. Without a branch: lengths are random.
    #[inline(always)]
    fn last(&self, bytes: &[u8], slot: Slot) -> Block {
        let len = slot.len();
        let whole = len.saturating_sub(1) & !(BLOCK - 1);
        let filled = len - whole;
        let kind = filled + usize::from(len >= BLOCK) * (BLOCK - 1);
        let block = and(load(bytes, slot.start() + whole), FIRST[filled]);
        xor(block, self.last[kind])
    }

    /// The block before the last.
    #[inline(always)]
    fn before(&self, block: Block, slot: Slot) -> Block {
        xor(block, self.before[(slot.len() - 1) % BLOCK])
    }
}

/// Scratch for chains, reused from one group of values to the next.
#[derive(Default)]
pub(crate) struct Lanes {
    /// The slots of more than one block, in order; then sorted, longest first.
    long: Vec<Slot>,
    sorted: Vec<Slot>,
    /// Where each of them went.
    places: Vec<u32>,
    /// How many of them have so many blocks; then where the next such goes.
    counts: Vec<u32>,
    /// Zeros; then their chains up to the block before the last, in sorted order.
    leads: Wiped,
    ends: Wiped,
}

impl Lanes {
    /// Runs the chain of every slot and returns their ends, by slot.
    ///
    /// `bytes` goes on for a block after the last slot. Shorter values join later, so that all
    /// take their last block in the same step.
    pub(crate) fn run(&mut self, aes: &Aes, ends: &Ends, bytes: &[u8], slots: &[Slot]) -> &[Block] {
        let room = slots.len().next_multiple_of(WIDE);
        self.ends.0.resize(room, [0; BLOCK]);
        self.leads.0.resize(1 + room, [0; BLOCK]);
        match self.select(slots) {
            ..=1 => self.finish(ends, bytes, slots, |_| 0),
            2 => {
                let leads = &mut self.leads.0[1..];
                for (lead, slot) in leads.iter_mut().zip(&self.long) {
                    *lead = ends.before(load(bytes, slot.start()), *slot);
                }
                aes.encrypt_first(self.long.len(), leads);
                self.finish(ends, bytes, slots, |index| index);
            }
            most => {
                self.sort(most);
                self.lead(aes, ends, bytes, most);
                let places = std::mem::take(&mut self.places);
                self.finish(ends, bytes, slots, |index| places[index] as usize);
                self.places = places;
            }
        }
        aes.encrypt_first(slots.len(), &mut self.ends.0);
        &self.ends.0[..slots.len()]
    }

    /// Finds the slots of more than one block; returns the most blocks there are.
    fn select(&mut self, slots: &[Slot]) -> usize {
        self.long.resize(slots.len(), Slot::default());
        let (mut count, mut most) = (0, 0);
        for slot in slots {
            self.long[count] = *slot;
            count += usize::from(slot.len() > BLOCK);
            most = most.max(slot.len);
        }
        self.long.truncate(count);
        (most as usize).div_ceil(BLOCK)
    }

    /// The last block of every slot, after what `place` says stands before it.
    #[inline]
    fn finish(
        &mut self,
        ends: &Ends,
        bytes: &[u8],
        slots: &[Slot],
        place: impl Fn(usize) -> usize,
    ) {
        let mut next = 0;
        for (end, slot) in self.ends.0.iter_mut().zip(slots) {
            let long = usize::from(slot.len() > BLOCK);
            let lead = self.leads.0[(place(next) + 1) * long];
            *end = xor(lead, ends.last(bytes, *slot));
            next += long;
        }
    }

    /// All blocks of the long slots but the last ones.
    fn lead(&mut self, aes: &Aes, ends: &Ends, bytes: &[u8], most: usize) {
        let leads = &mut self.leads.0[1..];
        let mut active = 0;
        for left in (2..=most).rev() {
            let joined = active + joining(&self.counts, left);
            let block = |slot: &Slot| {
                let block = load(bytes, slot.start() + (slot.blocks() - left) * BLOCK);
                if left == 2 { ends.before(block, *slot) } else { block }
            };
            for (lead, slot) in leads[..active].iter_mut().zip(&self.sorted) {
                *lead = xor(*lead, block(slot));
            }
            let fresh = leads[active..joined].iter_mut().zip(&self.sorted[active..]);
            for (lead, slot) in fresh {
                *lead = block(slot);
            }
            active = joined;
            aes.encrypt_first(active, leads);
        }
    }

    /// Sorts the long slots by their blocks, of which there are at most so many.
    fn sort(&mut self, most: usize) {
        self.counts.clear();
        self.counts.resize(most + 1, 0);
        for slot in &self.long {
            self.counts[slot.blocks()] += 1;
        }
        let mut next = 0;
        for count in self.counts.iter_mut().rev() {
            next += std::mem::replace(count, next);
        }
        self.sorted.resize(self.long.len(), Slot::default());
        self.places.clear();
        for slot in &self.long {
            let at = &mut self.counts[slot.blocks()];
            self.places.push(*at);
            self.sorted[*at as usize] = *slot;
            *at += 1;
        }
        // What stands after the last long slot is looked at, and not used.
        self.places.push(0);
    }
}

/// How many slots have just so many blocks, once sorted.
fn joining(counts: &[u32], blocks: usize) -> usize {
    let longer = counts.get(blocks + 1).copied().unwrap_or(0);
    (counts[blocks] - longer) as usize
}
