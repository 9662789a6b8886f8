//! One column's cells of some rows, as text.

use std::ops::Range;

use crate::column::{Bits, Bytes, Ranges, Slots, Values};
use crate::each_layout;
use crate::fault::Outcome;
use crate::varlen::Varlen;

use super::join::Cells;
use super::typed;
use super::{Given, Notation};

/// Rows whose texts are looked at together where some of those worked on do not stand as they are.
const GROUP: usize = 16;

/// What became of some rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    /// The column's own bytes will do.
    as_they_are: bool,
    /// Quotes have to be put around every cell.
    pub wants_quotes: bool,
}

/// Cells that are not the column's own bytes.
#[derive(Debug, Default)]
pub(super) struct Scratch(Varlen);

impl Scratch {
    /// Writes the cells of some rows; `None` if one is beyond what is written here.
    pub fn fill<N: Notation>(
        &mut self,
        given: &Given<'_>,
        rows: &Range<usize>,
    ) -> Outcome<Option<Made>> {
        self.0.clear();
        let there = given.column.validity.filter(|bits| !bits.all(rows.clone()));
        match &given.column.values {
            Values::Text(Bytes::Small(texts))
                if there.is_none() && (given.bare || stands::<N>(*texts, rows)) =>
            {
                return Ok(Some(Made { as_they_are: true, wants_quotes: !given.bare }));
            }
            Values::Text(bytes) => {
                for start in rows.clone().step_by(GROUP) {
                    let group = start..rows.end.min(start + GROUP);
                    let stand = given.bare
                        || matches!(bytes, Bytes::Small(texts) if stands::<N>(*texts, &group));
                    let pen = Pen::new(&mut self.0, group, there, N::NULL, !given.bare);
                    each_layout!(bytes, slots => write_texts::<N, _>(*slots, pen, stand))?;
                }
                return Ok(Some(Made { as_they_are: false, wants_quotes: false }));
            }
            _ => {}
        }
        let quoted = typed::is_quoted(&given.column.values)?;
        let mut pen =
            Pen::new(&mut self.0, rows.clone(), there, N::NULL, quoted && there.is_some());
        let all = typed::write::<N>(&given.column.values, &mut pen)?;
        Ok(all.then_some(Made { as_they_are: false, wants_quotes: quoted && there.is_none() }))
    }

    /// The cells that `made` tells of.
    pub fn cells<'a>(&'a self, given: &Given<'a>, rows: &Range<usize>, made: &Made) -> Cells<'a> {
        match &given.column.values {
            Values::Text(Bytes::Small(texts)) if made.as_they_are => {
                Cells { offsets: &texts.offsets()[rows.start..=rows.end], data: texts.data() }
            }
            _ => Cells { offsets: &self.0.offsets, data: &self.0.data },
        }
    }
}

/// Writes texts, which all `stand` as they are or have to be looked at.
fn write_texts<N: Notation, S: Slots>(texts: S, mut pen: Pen<'_>, stand: bool) -> Outcome<bool> {
    pen.each(|row, data| {
        let text = texts.get(row);
        if stand || stays::<N>(text) {
            data.extend_from_slice(text);
        } else {
            N::write(text, data);
        }
        true
    })
}

/// Whether none of the texts has to be altered. May say no of some that need not.
fn stands<N: Notation>(texts: Ranges<'_, i32>, rows: &Range<usize>) -> bool {
    let seen = N::may_change(texts.between(rows.clone()));
    if seen.inside {
        return false;
    }
    let begins = |row: &i32| {
        let first = usize::try_from(*row).ok().and_then(|at| texts.data().get(at));
        first.is_some_and(|first| N::may_begin(*first))
    };
    !seen.beginnings || !texts.offsets()[rows.clone()].iter().any(begins)
}

/// The same of one text.
fn stays<N: Notation>(text: &[u8]) -> bool {
    let seen = N::may_change(text);
    let begins = seen.beginnings && text.first().is_some_and(|first| N::may_begin(*first));
    !seen.inside && !begins
}

/// Writes one value a row.
pub(super) struct Pen<'a> {
    into: &'a mut Varlen,
    rows: Range<usize>,
    there: Option<Bits<'a>>,
    null: &'static [u8],
    quoted: bool,
}

impl<'a> Pen<'a> {
    /// For some rows; those not `there` are `null`, the others between quotes if `quoted`.
    pub fn new(
        into: &'a mut Varlen,
        rows: Range<usize>,
        there: Option<Bits<'a>>,
        null: &'static [u8],
        quoted: bool,
    ) -> Self {
        Self { into, rows, there, null, quoted }
    }

    /// Calls `write` for every row that is not null; false as soon as that is.
    #[inline]
    pub fn each(&mut self, mut write: impl FnMut(usize, &mut Vec<u8>) -> bool) -> Outcome<bool> {
        for row in self.rows.clone() {
            let data = &mut self.into.data;
            if self.there.is_some_and(|there| !there.get(row)) {
                data.extend_from_slice(self.null);
            } else if self.quoted {
                data.push(b'"');
                if !write(row, data) {
                    return Ok(false);
                }
                data.push(b'"');
            } else if !write(row, data) {
                return Ok(false);
            }
            self.into.close()?;
        }
        Ok(true)
    }

    /// A null in every row.
    pub fn nulls(&mut self) -> Outcome<bool> {
        for _ in self.rows.clone() {
            self.into.data.extend_from_slice(self.null);
            self.into.close()?;
        }
        Ok(true)
    }
}
