//! One pass over a text column that finds the rows which are not plainly accepted.

use crate::{
    column::{Column, Ranges, Slots},
    fault::Outcome,
};

use super::machine::{Machine, Piece};

/// Rows that are walked through a machine together.
const LANES: usize = 4;
/// Rows that are looked at together.
pub(crate) const BLOCK: usize = 64;

/// A quick look at rows, before a machine walks through those it does not know.
pub(crate) trait Glance {
    /// Which rows are accepted as they are, a bit each. A null row says nothing.
    fn accepted(&self, rows: Block<'_>) -> u64;
}

/// Rows of a text column, at most [`BLOCK`].
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    /// The bytes of the whole column.
    pub span: &'a [u8],
    /// Where each row starts, and the last one ends, counted from `base`.
    offsets: &'a [i32],
    base: i32,
}

impl<'a> Block<'a> {
    /// The rows from `first` on, before `end`.
    pub fn new(texts: Ranges<'a, i32>, first: usize, end: usize) -> Self {
        let offsets = texts.offsets();
        Self { span: texts.span(), offsets: &offsets[first..=end], base: offsets[0] }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Each one's place, in order.
    #[inline]
    pub fn pieces(self) -> impl Iterator<Item = Piece> + 'a {
        self.offsets.windows(2).map(move |ends| between(self.base, ends[0], ends[1]))
    }

    #[inline]
    fn piece(&self, row: usize) -> Piece {
        between(self.base, self.offsets[row], self.offsets[row + 1])
    }

    /// The bytes of all of them.
    pub fn bytes(&self) -> &'a [u8] {
        between(self.base, self.offsets[0], self.offsets[self.len()]).of(self.span)
    }

    /// Whether each is UTF-8.
    pub fn are_utf8(&self) -> bool {
        let begins = |piece: Piece| {
            // A byte within a character is 10xxxxxx.
            piece.of(self.span).first().is_none_or(|first| first & 0xc0 != 0x80)
        };
        std::str::from_utf8(self.bytes()).is_ok() && self.pieces().all(begins)
    }

    /// Which of them are as long as from `least` to `most` bytes.
    pub fn as_long_as(&self, least: i32, most: i32) -> u64 {
        let mut ends = self.offsets.windows(2);
        bits(self.len(), |_| {
            ends.next().is_some_and(|ends| {
                let bytes = ends[1].wrapping_sub(ends[0]);
                (least <= bytes) & (bytes <= most)
            })
        })
    }

    /// Whether each is as long as from `least` to `most` bytes.
    pub fn are_as_long_as(&self, least: i32, most: i32) -> bool {
        let (mut shortest, mut longest) = (i32::MAX, 0);
        for ends in self.offsets.windows(2) {
            let bytes = ends[1].wrapping_sub(ends[0]);
            shortest = shortest.min(bytes);
            longest = longest.max(bytes);
        }
        least <= shortest && longest <= most
    }
}

#[inline]
#[allow(clippy::cast_sign_loss)] // offsets rise from the first
fn between(base: i32, start: i32, stop: i32) -> Piece {
    Piece { at: start.wrapping_sub(base) as usize, len: stop.wrapping_sub(start) as usize }
}

/// A machine's part in a pass: what it does not label so, and what does not fit, is another's.
pub(crate) struct Walked<'a, F> {
    /// The machine; without one, what fits is accepted.
    pub machine: Option<(&'a Machine, u8)>,
    /// Whether an ASCII text is accepted as it is, but for the machine.
    pub fits: F,
}

/// Calls `other` for every value that a glance does not accept and that is not ASCII, does not fit,
/// or is not labelled; and for some of its neighbours. Nulls are passed over.
pub(crate) fn for_others(
    column: &Column,
    texts: Ranges<'_, i32>,
    glance: Option<&dyn Glance>,
    walked: &Walked<'_, impl Fn(&[u8]) -> bool>,
    mut other: impl FnMut(usize) -> Outcome<()>,
) -> Outcome<()> {
    let rows = texts.len();
    for start in (0..rows).step_by(BLOCK) {
        let end = (start + BLOCK).min(rows);
        let block = Block::new(texts, start, end);
        let known = glance.map_or(0, |glance| glance.accepted(block));
        let mut left = !known & (u64::MAX >> (BLOCK - block.len()));
        if left == 0 {
            continue;
        }
        if let Some(there) = column.validity {
            left &= there.word(start, block.len());
        }
        let ascii = block.bytes().is_ascii();
        while left != 0 {
            let (mut places, mut count) = ([0; LANES], 0);
            while count < LANES && left != 0 {
                places[count] = left.trailing_zeros() as usize;
                left &= left - 1;
                count += 1;
            }
            if !walked.accepts(block, ascii, &places, count) {
                for place in &places[..count] {
                    other(start + place)?;
                }
            }
        }
    }
    Ok(())
}

impl<F: Fn(&[u8]) -> bool> Walked<'_, F> {
    /// Whether the first `count` of these rows are all accepted as they are.
    #[inline]
    fn accepts(&self, block: Block<'_>, ascii: bool, rows: &[usize; LANES], count: usize) -> bool {
        let mut pieces = [Piece::default(); LANES];
        let mut plain = true;
        for (piece, &row) in pieces.iter_mut().zip(&rows[..count]) {
            *piece = block.piece(row);
            let text = piece.of(block.span);
            plain &= (self.fits)(text) & (ascii || text.is_ascii());
        }
        let Some((machine, wanted)) = self.machine.filter(|_| plain) else { return plain };
        let labels = machine.labels(block.span, &pieces);
        labels[..count].iter().all(|&label| label == wanted)
    }
}

/// A bit a row, at most 64.
#[inline]
pub(crate) fn bits(rows: usize, mut is: impl FnMut(usize) -> bool) -> u64 {
    (0..rows).fold(0, |bits, row| bits | u64::from(is(row)) << row)
}

/// Where a row lies in the bytes of its column.
#[inline]
pub(crate) fn piece(texts: Ranges<'_, i32>, row: usize) -> Piece {
    let offsets = texts.offsets();
    between(offsets[0], offsets[row], offsets[row + 1])
}
