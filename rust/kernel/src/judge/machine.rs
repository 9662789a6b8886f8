//! A finite automaton over ASCII text as one table, and several rows walked through it at once.

use std::collections::HashMap;
use std::hash::Hash;

/// Bytes above this are no symbols: a walk stays where it is on them.
const ASCII: usize = 128;
const TABLE: usize = 256 * 256;
/// States that are looked at before they are merged. Beyond, there is no machine.
const MOST_RAW: usize = 1_024;
/// States of a machine: each is one byte.
const MOST: usize = 256;
/// Longer rows are walked alone, so that a walk that is decided can stop.
const LONGEST_TOGETHER: usize = 128;
const STRIDE: usize = 32;
/// Bytes of a row that are read at once.
const WORD: usize = 8;
const NO_SYMBOLS: u64 = 0x8080_8080_8080_8080;

/// What a machine is built from: states of any kind, one step a byte, a label at the end.
pub(crate) trait Walk {
    /// Where a walk stands.
    type State: Clone + Eq + Hash;

    /// Where every walk begins.
    fn start(&self) -> Self::State;
    /// After one more byte, below 128.
    fn step(&self, state: &Self::State, byte: u8) -> Self::State;
    /// What a text that ends here is.
    fn label(&self, state: &Self::State) -> u8;
}

/// A text in a column's bytes. `at + len` is within them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Piece {
    /// Its first byte.
    pub at: usize,
    /// Its bytes.
    pub len: usize,
}

impl Piece {
    /// Behind its last byte.
    #[inline]
    pub fn end(&self) -> usize {
        self.at + self.len
    }

    /// Its bytes.
    #[inline]
    pub fn of<'a>(&self, span: &'a [u8]) -> &'a [u8] {
        &span[self.at..self.end()]
    }
}

/// The smallest automaton of a walk: ASCII text in, a label out.
pub(crate) struct Machine {
    next: Box<[u8; TABLE]>,
    start: u8,
    labels: [u8; MOST],
    /// States that no byte leaves.
    settled: [bool; MOST],
}

impl Machine {
    /// The machine of a walk; `None` if it has too many states.
    pub fn build<W: Walk>(walk: &W) -> Option<Self> {
        let raw = Raw::explore(walk)?;
        let columns = raw.distinct_columns();
        let (groups, count) = raw.merge(&columns);
        if count > MOST {
            return None;
        }
        let mut next: Box<[u8; TABLE]> = vec![0_u8; TABLE].into_boxed_slice().try_into().ok()?;
        let mut labels = [0_u8; MOST];
        let mut settled = [true; MOST];
        for (state, &group) in groups.iter().enumerate() {
            labels[group] = raw.labels[state];
            let own = u8::try_from(group).ok()?;
            for byte in 0..256 {
                let to = match byte {
                    0..ASCII => u8::try_from(groups[raw.next[state * ASCII + byte] as usize]),
                    _ => Ok(own),
                };
                next[group << 8 | byte] = to.ok()?;
                settled[group] &= next[group << 8 | byte] == own;
            }
        }
        Some(Self { next, start: u8::try_from(groups[0]).ok()?, labels, settled })
    }

    #[inline]
    fn step(&self, state: u8, byte: u8) -> u8 {
        self.next[usize::from(state) << 8 | usize::from(byte)]
    }

    /// The label of one ASCII text.
    pub fn label(&self, text: &[u8]) -> u8 {
        let mut state = self.start;
        for stride in text.chunks(STRIDE) {
            for &byte in stride {
                state = self.step(state, byte);
            }
            if self.settled[usize::from(state)] {
                break;
            }
        }
        self.labels[usize::from(state)]
    }

    /// The labels of several ASCII texts: their walks fill each other's waits.
    ///
    /// A row that ended stays where it is, so that no branch depends on a row's length.
    #[inline]
    pub fn labels<const N: usize>(&self, span: &[u8], rows: &[Piece; N]) -> [u8; N] {
        let longest = rows.iter().map(|row| row.len).max().unwrap_or(0);
        let read = longest.next_multiple_of(WORD);
        if longest > LONGEST_TOGETHER || rows.iter().any(|row| span.len() - row.at < read) {
            return rows.map(|row| self.label(row.of(span)));
        }
        let mut states = [self.start; N];
        for start in (0..longest).step_by(WORD) {
            let mut words = rows.map(|row| word(span, row, start));
            for _ in 0..WORD.min(longest - start) {
                for lane in 0..N {
                    states[lane] = self.step(states[lane], words[lane].to_le_bytes()[0]);
                    words[lane] >>= 8;
                }
            }
        }
        states.map(|state| self.labels[usize::from(state)])
    }
}

/// The bytes of a row from `start` on, the first one lowest; bytes behind its end are no symbols.
#[inline]
fn word(span: &[u8], row: Piece, start: usize) -> u64 {
    let mut bytes = [0; WORD];
    bytes.copy_from_slice(&span[row.at + start..row.at + start + WORD]);
    let left = row.len.saturating_sub(start).min(WORD);
    // In two shifts, since one by all 64 bits is none.
    let beyond = (NO_SYMBOLS << (4 * left)) << (4 * left);
    u64::from_le_bytes(bytes) | beyond
}

/// Every state that a walk can reach, numbered as found; 0 is the start.
struct Raw {
    next: Vec<u32>,
    labels: Vec<u8>,
}

impl Raw {
    fn explore<W: Walk>(walk: &W) -> Option<Self> {
        let mut states = vec![walk.start()];
        let mut numbers = HashMap::from([(walk.start(), 0_u32)]);
        let mut next = Vec::new();
        let mut at = 0;
        while at < states.len() {
            let state = states[at].clone();
            for byte in 0..ASCII {
                let to = walk.step(&state, u8::try_from(byte).ok()?);
                let number = match numbers.get(&to) {
                    Some(&number) => number,
                    None => {
                        let number = u32::try_from(states.len()).ok()?;
                        numbers.insert(to.clone(), number);
                        states.push(to);
                        number
                    }
                };
                next.push(number);
            }
            if states.len() > MOST_RAW {
                return None;
            }
            at += 1;
        }
        let labels = states.iter().map(|state| walk.label(state)).collect();
        Some(Self { next, labels })
    }

    /// One byte for each set of bytes that every state treats alike.
    fn distinct_columns(&self) -> Vec<usize> {
        let mut seen = HashMap::new();
        for byte in 0..ASCII {
            let column: Vec<u32> = self.next.iter().skip(byte).step_by(ASCII).copied().collect();
            seen.entry(column).or_insert(byte);
        }
        seen.into_values().collect()
    }

    /// Moore's algorithm: states apart as long as some text tells them apart. No more is told
    /// apart once there are more groups than a machine has states.
    fn merge(&self, columns: &[usize]) -> (Vec<usize>, usize) {
        let mut groups: Vec<usize> = self.labels.iter().map(|&label| usize::from(label)).collect();
        let mut count = 0;
        loop {
            let mut numbers = HashMap::new();
            let mut finer = Vec::with_capacity(groups.len());
            for (state, &group) in groups.iter().enumerate() {
                let to =
                    columns.iter().map(|byte| groups[self.next[state * ASCII + byte] as usize]);
                let signature: Vec<usize> = std::iter::once(group).chain(to).collect();
                let fresh = numbers.len();
                finer.push(*numbers.entry(signature).or_insert(fresh));
            }
            let found = numbers.len();
            groups = finer;
            if found == count || found > MOST {
                return (groups, found);
            }
            count = found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the `a`s are a multiple of three; an `!` decides for good.
    struct Threes;

    impl Walk for Threes {
        type State = (u8, bool, u8);
        fn start(&self) -> Self::State {
            (0, false, 0)
        }
        fn step(&self, &(count, over, noise): &Self::State, byte: u8) -> Self::State {
            (
                if byte == b'a' && !over { (count + 1) % 3 } else { count },
                over || byte == b'!',
                (noise + 1) % 5,
            )
        }
        fn label(&self, &(count, over, _): &Self::State) -> u8 {
            if over { 2 } else { u8::from(count == 0) }
        }
    }

    #[test]
    fn states_that_no_text_tells_apart_are_one() {
        let raw = Raw::explore(&Threes).unwrap();
        assert_eq!(raw.labels.len(), 30);
        assert_eq!(raw.merge(&raw.distinct_columns()).1, 4);
    }

    #[test]
    fn rows_walked_together_get_the_labels_they_get_alone() {
        let machine = Machine::build(&Threes).unwrap();
        let span = "aaabaaxa!aaaaab".repeat(20);
        for longest in [0, 1, 5, 40, 200] {
            for start in 0..span.len() - 4 {
                let piece = |lane: usize| {
                    let at = (start + lane).min(span.len());
                    Piece { at, len: (longest * (lane + 1) / 4).min(span.len() - at) }
                };
                let rows = [piece(0), piece(1), piece(2), piece(3)];
                let alone = rows.map(|row| machine.label(row.of(span.as_bytes())));
                assert_eq!(machine.labels(span.as_bytes(), &rows), alone);
            }
        }
        assert_eq!(machine.label(b""), 1);
        assert_eq!(machine.label(b"aa"), 0);
        assert_eq!(machine.label(b"a!aaa"), 2);
    }
}
