//! Canonical bytes of any column, and which rows have some.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::laws::assert_sound;
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::canonical::{Encoder, Normaliser, canonical, encodable};
use lockgate_kernel::column::Column;
use lockgate_kernel::fault::Fault;
use lockgate_kernel::varlen::Varlen;

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let normaliser = *u.choose(&[
        Normaliser::Exact,
        Normaliser::Nfc,
        Normaliser::Text,
        Normaliser::Email,
        Normaliser::Digits,
        Normaliser::Alphanumeric,
    ])?;
    let deterministic = u.arbitrary()?;
    let step = u.int_in_range(1..=1100)?;
    let given = Given::draw(u)?;
    let _ = given.with(|column| check(column, normaliser, deterministic, step));
    Ok(())
}

fn check(column: &Column<'_>, normaliser: Normaliser, deterministic: bool, step: usize) {
    let whole = canonical(column, normaliser, deterministic);
    let fits = encodable(column, normaliser, deterministic);
    match &whole {
        Ok(values) => {
            assert_sound(values, column, false);
            assert_eq!(fits, Ok(None));
            again(values, normaliser);
        }
        Err(Fault::NotEncodable { refused }) => {
            let fits = fits.expect("the type has an encoding").expect("some rows have none");
            assert_eq!(fits.len(), column.len);
            assert_eq!(fits.iter().filter(|fit| !**fit).count(), *refused);
            assert!((0..column.len).all(|row| fits[row] || column.is_valid(row)));
        }
        Err(fault) => assert_eq!(fits, Err(*fault)),
    }
    let Ok(encoder) = Encoder::new(column, normaliser, deterministic) else { return };
    let mut parts = Varlen::with_capacity(0, 0);
    let mut refused = Vec::new();
    for start in (0..column.len).step_by(step) {
        let rows = start..(start + step).min(column.len);
        if encoder.encode(rows, &mut parts, &mut refused).is_err() {
            assert!(whole.is_err());
            return;
        }
    }
    if let Ok(values) = whole {
        assert_eq!(values, parts);
    }
}

/// What is in its form stays as it is.
fn again(values: &Varlen, normaliser: Normaliser) {
    let rows: Vec<Vec<u8>> = (0..values.len()).map(|row| values.get(row).to_vec()).collect();
    if rows.iter().any(|row| std::str::from_utf8(row).is_err()) {
        return;
    }
    let _ = Given::of(&rows, true).with(|column| {
        // Bytes and numbers were not normalised: only what can be text again is compared.
        if let Ok(once) = canonical(column, normaliser, true) {
            let twice = (0..once.len()).map(|row| once.get(row).to_vec()).collect::<Vec<_>>();
            let _ = Given::of(&twice, true)
                .with(|column| assert_eq!(canonical(column, normaliser, true).as_ref(), Ok(&once)));
        }
    });
}
