//! Bits written in runs: which rows of a new column are there.

use std::ops::Range;

use crate::column::Bits;

/// A bit a row, the first one lowest, set if the row is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Present {
    bits: Vec<u8>,
    rows: usize,
    nulls: usize,
}

impl Present {
    /// The bits in bytes, unused ones zero, and how many of the rows are not there.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, usize) {
        (self.bits, self.nulls)
    }

    /// Whether a row is there.
    #[must_use]
    pub fn get(&self, row: usize) -> bool {
        debug_assert!(row < self.rows);
        self.bits[row >> 3] >> (row & 7) & 1 == 1
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The bits of these runs of rows; `None` if all are set.
    pub(crate) fn of_runs(bits: Bits<'_>, runs: &[Range<usize>]) -> Option<Self> {
        let rows = runs.iter().map(ExactSizeIterator::len).sum::<usize>();
        let mut words = Words { done: Vec::with_capacity(rows.div_ceil(64)), rows: 0 };
        for run in runs {
            for row in run.clone().step_by(64) {
                let count = (run.end - row).min(64);
                words.append(bits.word(row, count), count);
            }
        }
        let there: usize = words.done.iter().map(|word| word.count_ones() as usize).sum();
        if there == rows {
            return None;
        }
        let mut bits: Vec<u8> = words.done.iter().flat_map(|word| word.to_le_bytes()).collect();
        bits.truncate(rows.div_ceil(8));
        Some(Self { bits, rows, nulls: rows - there })
    }

    /// The same bits, but for one.
    pub(crate) fn set(&mut self, row: usize, there: bool) {
        self.nulls = self.nulls + usize::from(self.get(row)) - usize::from(there);
        let bit = 1 << (row & 7);
        if there { self.bits[row >> 3] |= bit } else { self.bits[row >> 3] &= !bit }
    }

    /// All of them set.
    pub(crate) fn all(rows: usize) -> Self {
        let mut bits = vec![u8::MAX; rows.div_ceil(8)];
        if let (Some(last), used @ 1..) = (bits.last_mut(), rows & 7) {
            *last = (1 << used) - 1;
        }
        Self { bits, rows, nulls: 0 }
    }

    pub(crate) fn has_nulls(&self) -> bool {
        self.nulls > 0
    }
}

struct Words {
    done: Vec<u64>,
    rows: usize,
}

impl Words {
    /// Up to 64 bits more; those above them are zero.
    fn append(&mut self, word: u64, count: usize) {
        let used = self.rows & 63;
        match self.done.last_mut().filter(|_| used > 0) {
            Some(last) => {
                *last |= word << used;
                if used + count > 64 {
                    self.done.push(word >> (64 - used));
                }
            }
            None => self.done.push(word),
        }
        self.rows += count;
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_joined_wherever_they_begin() {
        let bytes: Vec<u8> = (0..60_u8).map(|byte| byte.wrapping_mul(73) ^ 0x5a).collect();
        for offset in [0, 1, 7, 8, 13] {
            let bits = Bits::new(&bytes, offset, 400).unwrap();
            for runs in [
                vec![0..400],
                vec![],
                vec![0..1, 2..3, 5..5, 7..70],
                vec![1..65, 66..130, 131..400],
                vec![0..64, 64..128, 129..193, 399..400],
            ] {
                let expected: Vec<bool> =
                    runs.iter().cloned().flatten().map(|row| bits.get(row)).collect();
                let nulls = expected.iter().filter(|there| !**there).count();
                match Present::of_runs(bits, &runs) {
                    None => assert_eq!(nulls, 0),
                    Some(found) => {
                        assert_eq!(found.rows(), expected.len());
                        assert_eq!(found.nulls, nulls);
                        assert!((0..found.rows()).all(|row| found.get(row) == expected[row]));
                        assert_eq!(found.bits.len(), expected.len().div_ceil(8));
                        let used = expected.len() & 7;
                        assert!(used == 0 || found.bits.last().unwrap() >> used == 0);
                    }
                }
            }
        }
    }

    #[test]
    fn a_word_is_its_bits() {
        let bytes: Vec<u8> = (0..20_u8).map(|byte| byte.wrapping_mul(91) ^ 0xc3).collect();
        for offset in 0..9 {
            let bits = Bits::new(&bytes, offset, 150).unwrap();
            for row in 0..150 {
                for count in 0..=(150 - row).min(64) {
                    let word = bits.word(row, count);
                    for place in 0..64 {
                        let expected = place < count && bits.get(row + place);
                        assert_eq!(word >> place & 1 == 1, expected);
                    }
                }
            }
        }
    }

    #[test]
    fn one_is_set_and_taken_back() {
        for rows in [1, 8, 13] {
            let mut found = Present::all(rows);
            assert!(!found.has_nulls() && (0..rows).all(|row| found.get(row)));
            found.set(rows - 1, false);
            found.set(rows - 1, false);
            assert!(found.has_nulls() && !found.get(rows - 1));
            found.set(rows - 1, true);
            assert_eq!(found, Present::all(rows));
        }
    }
}
