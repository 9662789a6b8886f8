//! One pass over a text column that finds the rows which are not plainly accepted.

use crate::{
    column::{Column, Ranges, Slots},
    fault::Outcome,
};

use super::machine::{Machine, Piece};

/// Rows that are walked through a machine together.
const LANES: usize = 4;
/// Rows that are looked at together for text beyond ASCII.
const BLOCK: usize = 64;

/// Calls `other` for every value that is not ASCII, that does not fit, or that the machine
/// gives another label than `plain`; and for some of their neighbours. Nulls are passed over.
pub(crate) fn for_others(
    column: &Column,
    texts: Ranges<'_, i32>,
    machine: Option<(&Machine, u8)>,
    fits: impl Fn(&[u8]) -> bool,
    mut other: impl FnMut(usize) -> Outcome<()>,
) -> Outcome<()> {
    let span = texts.span();
    let rows = texts.len();
    for block in (0..rows).step_by(BLOCK) {
        let end = (block + BLOCK).min(rows);
        let ascii = span[piece(texts, block).at..piece(texts, end - 1).end()].is_ascii();
        for first in (block..end).step_by(LANES) {
            let mut pieces = [Piece::default(); LANES];
            let mut there = [false; LANES];
            let mut plain = true;
            for lane in 0..LANES {
                let row = first + lane;
                if row < end && column.validity.is_none_or(|bits| bits.get(row)) {
                    there[lane] = true;
                    pieces[lane] = piece(texts, row);
                    let text = pieces[lane].of(span);
                    plain &= fits(text) & (ascii || text.is_ascii());
                }
            }
            if plain && let Some((machine, wanted)) = machine {
                let labels = machine.labels(span, &pieces);
                for lane in 0..LANES {
                    plain &= !there[lane] | (labels[lane] == wanted);
                }
            }
            if !plain {
                for lane in (0..LANES).filter(|&lane| there[lane]) {
                    other(first + lane)?;
                }
            }
        }
    }
    Ok(())
}

#[allow(clippy::cast_sign_loss)] // offsets rise from the first
fn piece(texts: Ranges<'_, i32>, row: usize) -> Piece {
    let offsets = texts.offsets();
    let (base, start, stop) = (offsets[0], offsets[row], offsets[row + 1]);
    Piece { at: (start - base) as usize, len: (stop - start) as usize }
}
