//! Keyed hashes of any column: equal values, equal hashes, in hex and in bytes.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::laws::{KEY, assert_sound};
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::canonical::{Normaliser, canonical};
use lockgate_kernel::column::Column;
use lockgate_kernel::hash::{Algorithm, hash};

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let normaliser = *u.choose(&[Normaliser::Exact, Normaliser::Nfc, Normaliser::Digits])?;
    let algorithm = *u.choose(&[Algorithm::AesCmac, Algorithm::HmacSha256])?;
    let given = Given::draw(u)?;
    let _ = given.with(|column| check(column, normaliser, algorithm));
    Ok(())
}

fn check(column: &Column<'_>, normaliser: Normaliser, algorithm: Algorithm) {
    let [text, bytes] = [true, false].map(|text| hash(column, normaliser, &KEY, algorithm, text));
    let exact = canonical(column, normaliser, true);
    let (Ok(text), Ok(bytes), Ok(exact)) = (&text, &bytes, &exact) else {
        assert_eq!(text.as_ref().err(), exact.as_ref().err());
        assert_eq!(bytes.as_ref().err(), exact.as_ref().err());
        return;
    };
    assert_sound(text, column, true);
    assert_sound(bytes, column, false);
    let size = if algorithm == Algorithm::AesCmac { 16 } else { 32 };
    let (mut by_value, mut by_hash) = (HashMap::new(), HashMap::new());
    for row in (0..column.len).filter(|&row| column.is_valid(row)) {
        let (value, digest) = (exact.get(row), bytes.get(row));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text.get(row), hex.as_bytes());
        assert_eq!(digest.len(), size);
        assert_eq!(*by_value.entry(value).or_insert(digest), digest);
        assert_eq!(*by_hash.entry(digest).or_insert(value), value);
    }
}
