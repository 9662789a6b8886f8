//! Column chunks of pages that lie: what is read is as long as was asked for, and sound.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::{Drawn, Unstructured};
use lockgate_kernel::parquet::{Chunk, Codec, Decoded, Limits, Values, Wanted, read_chunk};

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let width = u.int_in_range(0..=17)?;
    let kinds =
        [Wanted::Text, Wanted::Int32, Wanted::Int64, Wanted::Float64, Wanted::Decimal { width }];
    let (codec, wanted) = (*u.choose(&[Codec::None, Codec::Snappy])?, *u.choose(&kinds)?);
    let limits = Limits { rows: u.int_in_range(0..=40)?, bytes: u.int_in_range(0..=2_000)? };
    let optional = u.arbitrary()?;
    let mut pages = Vec::new();
    while pages.len() < 1_000 && u.arbitrary()? {
        page(u, &mut pages)?;
    }
    pages.extend(u.bytes(u.len())?);
    let chunk = Chunk { pages: &pages, codec, wanted, optional };
    let mut space = vec![0xA5; 7];
    let Some(made) = read_chunk(&chunk, limits, &mut space) else {
        return Ok(());
    };
    check(&made, limits);
    // What was unpacked before changes nothing.
    assert!(read_chunk(&chunk, limits, &mut space).is_some_and(|again| same(&again, &made)));
    Ok(())
}

/// A page whose header is one, mostly.
fn page(u: &mut Unstructured<'_>, made: &mut Vec<u8>) -> Drawn<()> {
    let size = u.int_in_range(0..=60)?;
    let stored = u.bytes(size.min(u.len()))?;
    let (kind, step, numbers) = *u.choose(&[(0, 2, 4), (2, 4, 2), (3, 5, 6)])?;
    let encoding = *u.choose(&[0, 0, 2, 3, 8])?;
    for number in [kind, stored.len() as u8, stored.len() as u8] {
        made.extend([0x15, number << 1]);
    }
    made.push(step << 4 | 12);
    for place in 0..numbers {
        let number = match (kind, place) {
            (0 | 2, 1) | (3, 3) => encoding,
            (0, 2 | 3) => 3,
            (3, 5) => 0,
            _ => u.int_in_range(0..=9)?,
        };
        made.extend([0x15, number << 1]);
    }
    made.extend([0, 0]);
    made.extend(stored);
    Ok(())
}

fn check(made: &Decoded, limits: Limits) {
    assert!(made.there.is_empty() || made.there.len() == limits.rows);
    let rows = match &made.values {
        Values::Text(texts) => {
            assert!(texts.data.len() <= limits.bytes);
            assert!((0..texts.len()).all(|row| std::str::from_utf8(texts.get(row)).is_ok()));
            texts.len()
        }
        Values::Int32(numbers) => numbers.len(),
        Values::Int64(numbers) => numbers.len(),
        Values::Float64(numbers) => numbers.len(),
        Values::Decimal(numbers) => numbers.len(),
    };
    assert_eq!(rows, limits.rows);
}

/// Whether two readings are the same; not a number is itself.
fn same(left: &Decoded, right: &Decoded) -> bool {
    match (&left.values, &right.values) {
        (Values::Float64(one), Values::Float64(two)) => {
            left.there == right.there
                && one.iter().map(|n| n.to_bits()).eq(two.iter().map(|n| n.to_bits()))
        }
        _ => left == right,
    }
}
