//! What holds of every result, and the keys that the targets use.

use lockgate_kernel::column::Column;
use lockgate_kernel::fault::Outcome;
use lockgate_kernel::reveal::{RevealKey, reveal};
use lockgate_kernel::varlen::Varlen;

use crate::Given;

/// The key of ciphertexts and hashes.
pub const KEY: [u8; 32] = [0x5a; 32];
/// The key of tokens.
pub const TOKEN_KEY: [u8; 64] = [0xa5; 64];
/// The key number of both.
pub const NUMBER: u32 = 0x00_0001;
/// What both are bound to.
pub const ASSOCIATED: &[u8] = b"a place";

/// Both keys.
#[must_use]
pub fn keys() -> Vec<RevealKey> {
    vec![
        RevealKey { algorithm: 1, number: NUMBER, key: TOKEN_KEY.to_vec() },
        RevealKey { algorithm: 2, number: NUMBER, key: KEY.to_vec() },
    ]
}

/// What these frames hold.
pub fn opened(frames: &[Option<Vec<u8>>], text: bool) -> Outcome<Vec<Option<Vec<u8>>>> {
    let places = [(1, ASSOCIATED.to_vec()), (2, ASSOCIATED.to_vec())];
    Given::nullable(frames, text)
        .with(|column| reveal(column, &keys(), &places).map(|values| values_of(&values, column)))?
}

/// The values of a result, none where the column has none.
#[must_use]
pub fn values_of(values: &Varlen, column: &Column<'_>) -> Vec<Option<Vec<u8>>> {
    (0..column.len).map(|row| column.is_valid(row).then(|| values.get(row).to_vec())).collect()
}

/// As many values as rows, offsets that rise to the end of the data, nulls empty.
///
/// # Panics
/// If that is not so: that is what the fuzzer looks for.
pub fn assert_sound(values: &Varlen, column: &Column<'_>, text: bool) {
    assert_eq!(values.offsets.first(), Some(&0));
    assert_eq!(values.len(), column.len);
    assert!(values.offsets.is_sorted());
    assert_eq!(values.offsets.last().map(|&end| end as usize), Some(values.data.len()));
    for row in 0..column.len {
        assert!(column.is_valid(row) || values.get(row).is_empty());
        assert!(!text || std::str::from_utf8(values.get(row)).is_ok());
    }
}
