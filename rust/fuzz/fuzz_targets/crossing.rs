//! Arrays of another library imported, read and handed out again: refused or read, released once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_arrow::{Array, Export, Import, Schema};
use lockgate_fuzz::{Drawn, Unstructured, foreign};
use lockgate_kernel::canonical::{Normaliser, canonical, encodable};
use lockgate_kernel::column::Column;
use lockgate_kernel::mask::{Mask, Only, mask};
use lockgate_kernel::varlen::Varlen;

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

const PLAIN: Mask =
    Mask { first: 1, last: 1, only: Only::Digits, fill: '*', keep_email_domain: false };

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let normaliser = *u.choose(&[Normaliser::Exact, Normaliser::Text, Normaliser::Alphanumeric])?;
    let (schema, array, releases) = foreign::draw(u)?;
    // SAFETY: `foreign` makes buffers as long as it promises.
    if let Ok(import) = unsafe { Import::new(schema, array) } {
        assert_eq!(releases.array.get(), 0);
        if let Ok(column) = import.column() {
            assert_eq!(column.len, import.len());
            let _ = encodable(&column, normaliser, false);
            let _ = mask(&column, &PLAIN);
            if let Ok(values) = canonical(&column, normaliser, false) {
                hand_over(values, &column);
            }
        }
    }
    assert_eq!((releases.schema.get(), releases.array.get()), (1, 1));
    Ok(())
}

/// Out and in again, whoever lets go first.
fn hand_over(values: Varlen, column: &Column<'_>) {
    let rows: Vec<Vec<u8>> = (0..values.len()).map(|row| values.get(row).to_vec()).collect();
    let export = Export::varlen(values, false, column).expect("one value a row");
    let (schema, array): (Schema, Array) = (export.schema(), export.array());
    drop((export.schema(), export.array()));
    drop(export);
    // SAFETY: an export keeps what its array points into.
    let back = unsafe { Import::new(schema, array) }.expect("an export is well laid out");
    let there = back.column().expect("an export is well laid out");
    for (row, value) in rows.iter().enumerate() {
        assert_eq!(there.is_valid(row), column.is_valid(row));
        if let lockgate_kernel::column::Values::Binary(bytes) = there.values.clone() {
            use lockgate_kernel::column::Slots;
            lockgate_kernel::each_layout!(bytes, slots => assert_eq!(slots.get(row), value));
        }
    }
}
