//! Canonical encoding, version 1 (docs/reference/canonical-encoding.md): one value, one byte string.
//!
//! `Encoder` writes rows into a caller's scratch, so that a cipher can follow while the bytes are
//! still in the cache; `canonical` and `encodable` do whole columns.

#![forbid(unsafe_code)]

mod ascii;
mod decimal;
mod float;
mod glance;
mod number;
mod plain;
pub(crate) mod rows;
mod text;
pub(crate) mod time;
mod typed;
pub(crate) mod unicode_14;
mod wide;

use std::ops::Range;

use crate::column::{Column, Values};
use crate::fault::{Fault, Outcome};
use crate::varlen::Varlen;

pub(crate) use plain::check_utf8;

/// Rows that are encoded at a time: their bytes stay in the first cache.
pub(crate) const CHUNK: usize = 1024;

/// How a key domain brings text to its canonical form. Other types are not touched by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normaliser {
    /// The text as it is.
    Exact,
    /// Normalization Form C.
    Nfc,
    /// NFC, white space collapsed and trimmed, lower case.
    Text,
    /// NFC, white space trimmed, lower case.
    Email,
    /// `0` to `9` only.
    Digits,
    /// `0` to `9` and `A` to `Z` only, in upper case.
    Alphanumeric,
}

impl Normaliser {
    /// The normaliser of that name in a keyring, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "exact" => Self::Exact,
            "nfc" => Self::Nfc,
            "text" => Self::Text,
            "email" => Self::Email,
            "digits" => Self::Digits,
            "alphanumeric" => Self::Alphanumeric,
            _ => return None,
        })
    }
}

/// Writes canonical bytes of a column, some rows at a time.
#[derive(Clone, Copy, Debug)]
pub struct Encoder<'a> {
    column: &'a Column<'a>,
    normaliser: Normaliser,
}

impl<'a> Encoder<'a> {
    /// For one column. Refuses floats where `deterministic`: they are kept, never compared.
    pub fn new(
        column: &'a Column<'a>,
        normaliser: Normaliser,
        deterministic: bool,
    ) -> Outcome<Self> {
        let float =
            matches!(column.values, Values::Float16(_) | Values::Float32(_) | Values::Float64(_));
        if float && deterministic {
            return Err(Fault::FloatNotDeterministic);
        }
        rows::check(column)?;
        Ok(Self { column, normaliser })
    }

    /// Appends the canonical bytes of `rows`, one closed slot a row.
    ///
    /// A null row is an empty slot. So is a row without an encoding, and its index is pushed to
    /// `refused`; the caller goes on to the end to count them all. Bytes that are not UTF-8 in a
    /// text column are `BrokenUtf8`, found in the rows that hold them.
    pub fn encode(
        &self,
        rows: Range<usize>,
        into: &mut Varlen,
        refused: &mut Vec<usize>,
    ) -> Outcome<()> {
        if rows.start > rows.end || rows.end > self.column.len {
            return Err(Fault::Malformed);
        }
        typed::encode(self.column, self.normaliser, rows, into, refused)
    }

    /// The rows that are refused. Bytes are written only where a glance does not tell, and thrown
    /// away.
    fn refusals(&self) -> Outcome<Vec<usize>> {
        let mut scratch = Varlen::with_capacity(CHUNK, 0);
        let mut refused = Vec::new();
        for rows in rows::chunks(self.column.len, CHUNK) {
            if let Values::Text(bytes) = &self.column.values
                && glance::surely_fit(bytes, self.normaliser, rows.clone())
            {
                continue;
            }
            scratch.clear();
            self.encode(rows, &mut scratch, &mut refused)?;
        }
        Ok(refused)
    }
}

/// Canonical bytes of a whole column. `NotEncodable` with the count if any value has none.
pub fn canonical(
    column: &Column<'_>,
    normaliser: Normaliser,
    deterministic: bool,
) -> Outcome<Varlen> {
    let encoder = Encoder::new(column, normaliser, deterministic)?;
    let mut into = Varlen::with_capacity(column.len, rows::expected_bytes(column));
    let mut refused = Vec::new();
    for rows in rows::chunks(column.len, CHUNK) {
        encoder.encode(rows, &mut into, &mut refused)?;
    }
    if refused.is_empty() { Ok(into) } else { Err(Fault::NotEncodable { refused: refused.len() }) }
}

/// Which rows have a canonical encoding: true for null, `None` if all have one.
pub fn encodable(
    column: &Column<'_>,
    normaliser: Normaliser,
    deterministic: bool,
) -> Outcome<Option<Vec<bool>>> {
    let encoder = Encoder::new(column, normaliser, deterministic)?;
    let refused = match typed::refusals(column) {
        Some(refused) => refused,
        None => encoder.refusals()?,
    };
    if refused.is_empty() {
        return Ok(None);
    }
    let mut fits = vec![true; column.len];
    for row in refused {
        fits[row] = false;
    }
    Ok(Some(fits))
}
