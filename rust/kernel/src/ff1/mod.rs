//! FF1 (NIST SP 800-38G) over the numerals of each text of a column; separators stay.
//!
//! Texts with equally many numerals go together, 64 at a time, so that each of the ten rounds is one
//! call of AES over 64 blocks. What FF1 feeds its PRF before a round's own block is the same for
//! every string of one length: it is computed once a call and length.

mod alphabet;
mod cipher;
mod group;
mod half;
#[cfg(test)]
mod tests;

use aes::Aes256;
use aes::cipher::{Array, KeyInit};

pub use alphabet::Alphabet;
use cipher::BlockCipher;
pub use cipher::Direction;
use group::Groups;

use crate::column::{Column, Slots, Values};
use crate::each_layout;
use crate::fault::{Fault, Outcome};
use crate::varlen::Varlen;

/// The alphabet, and the tweak, which is no secret.
#[derive(Clone, Copy, Debug)]
pub struct Ff1<'a> {
    /// Which characters are numerals.
    pub alphabet: Alphabet,
    /// Bytes of any length.
    pub tweak: &'a [u8],
}

/// Each text's numerals through FF1 under a key of 32 bytes; a null is an empty slot.
///
/// `NotFitting` with the count if any text does not fit.
pub fn ff1(
    column: &Column<'_>,
    spec: Ff1<'_>,
    key: &[u8],
    direction: Direction,
) -> Outcome<Varlen> {
    let key = <&[u8; 32]>::try_from(key).map_err(|_| Fault::KeyLength { expected: 32 })?;
    let cipher = Aes256::new(Array::cast_from_core(key));
    enciphered(column, spec, &cipher, direction)
}

/// Which texts fit: true for null, `None` if all do.
pub fn ff1_fits(column: &Column<'_>, alphabet: Alphabet) -> Outcome<Option<Vec<bool>>> {
    let mut refused = Vec::new();
    each_text(column, |row, text| {
        if text.is_some_and(|text| alphabet.numerals(text).is_none()) {
            refused.push(row);
        }
        Ok(())
    })?;
    if refused.is_empty() {
        return Ok(None);
    }
    let mut fits = vec![true; column.len];
    for row in refused {
        fits[row] = false;
    }
    Ok(Some(fits))
}

fn enciphered<C: BlockCipher>(
    column: &Column<'_>,
    spec: Ff1<'_>,
    cipher: &C,
    direction: Direction,
) -> Outcome<Varlen> {
    let mut out = Varlen::with_capacity(column.len, 0);
    let mut groups = Groups::new(spec, cipher, direction);
    let mut refused = 0;
    each_text(column, |_, text| {
        if let Some(text) = text {
            let start = out.data.len();
            out.data.extend_from_slice(text);
            match spec.alphabet.numerals(text) {
                Some(numerals) => groups.add(numerals, start, &mut out.data),
                None => refused += 1,
            }
        }
        out.close()
    })?;
    if refused > 0 {
        return Err(Fault::NotFitting { refused });
    }
    groups.finish(&mut out.data);
    Ok(out)
}

/// Every row's text, `None` for a null one.
#[inline]
fn each_text(
    column: &Column<'_>,
    mut work: impl FnMut(usize, Option<&[u8]>) -> Outcome<()>,
) -> Outcome<()> {
    let Values::Text(bytes) = &column.values else {
        return Err(Fault::UnsupportedType);
    };
    if column.validity.is_some_and(|bits| bits.len() < column.len) {
        return Err(Fault::Malformed);
    }
    each_layout!(bytes, slots => {
        if slots.len() < column.len {
            return Err(Fault::Malformed);
        }
        match column.validity {
            None => (0..column.len).try_for_each(|row| work(row, Some(slots.get(row)))),
            Some(bits) => (0..column.len)
                .try_for_each(|row| work(row, bits.get(row).then(|| slots.get(row)))),
        }
    })
}
