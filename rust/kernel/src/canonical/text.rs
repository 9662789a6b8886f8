//! Text under a normaliser: copied as it is, then rewritten where it lies.
//!
//! Texts beyond ASCII are brought to their form first (`wide`). What `ascii` does after that
//! leaves them alone, since their form holds nothing that it would change.

use std::ops::Range;

use crate::canonical::{Normaliser, ascii, plain, wide};
use crate::column::{Bytes, Column};
use crate::fault::Outcome;
use crate::varlen::Varlen;

/// See `Encoder::encode`.
pub fn encode(
    column: &Column<'_>,
    bytes: &Bytes<'_>,
    normaliser: Normaliser,
    rows: Range<usize>,
    into: &mut Varlen,
    refused: &mut Vec<usize>,
) -> Outcome<()> {
    let first = into.len();
    let start = into.data.len();
    let known = refused.len();
    let row = rows.start;
    plain::copied(column, bytes, rows, into)?;
    let by_bytes = matches!(normaliser, Normaliser::Exact | Normaliser::Digits);
    if !into.data[start..].is_ascii() {
        plain::check_utf8(into, first)?;
        if !by_bytes {
            wide::rewrite(normaliser, into, first, row, refused)?;
        }
    }
    ascii::rewrite(normaliser, into, first, row, refused);
    refused[known..].sort_unstable();
    Ok(())
}
