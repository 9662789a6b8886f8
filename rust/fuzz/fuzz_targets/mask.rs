//! Masks of any column: as many characters as before, and those that are kept.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::laws::assert_sound;
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::canonical::{Normaliser, canonical};
use lockgate_kernel::column::Column;
use lockgate_kernel::mask::{Mask, Only, mask};

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let edge = |u: &mut Unstructured<'_>| -> Drawn<usize> {
        if u.ratio(1, 8)? { u.arbitrary() } else { u.int_in_range(0..=9) }
    };
    let chosen = Mask {
        first: edge(u)?,
        last: edge(u)?,
        only: *u.choose(&[Only::All, Only::Digits, Only::Alphanumeric])?,
        fill: if u.arbitrary()? { '*' } else { u.arbitrary()? },
        keep_email_domain: u.arbitrary()?,
    };
    let given = if u.arbitrary()? { Given::text(u)? } else { Given::draw(u)? };
    let _ = given.with(|column| check(column, &chosen));
    Ok(())
}

fn check(column: &Column<'_>, chosen: &Mask) {
    let masked = mask(column, chosen);
    let exact = canonical(column, Normaliser::Exact, false);
    let (masked, exact) = match (masked, exact) {
        (Ok(masked), Ok(exact)) => (masked, exact),
        (Err(_), Ok(exact)) => {
            let text = std::str::from_utf8(&exact.data);
            return assert!(text.is_err() || exact.data.len() > 1 << 20);
        }
        (masked, exact) => return assert_eq!(masked, exact),
    };
    assert_sound(&masked, column, true);
    for row in (0..column.len).filter(|&row| column.is_valid(row)) {
        let before: Vec<char> = characters(exact.get(row));
        let after: Vec<char> = characters(masked.get(row));
        assert_eq!(before.len(), after.len());
        let kept = chosen.first.saturating_add(chosen.last);
        for (at, (old, new)) in before.iter().zip(&after).enumerate() {
            assert!(old == new || *new == chosen.fill);
            let domain = chosen.keep_email_domain && before.contains(&'@');
            if chosen.only == Only::All && kept == 0 && !domain {
                assert_eq!(*new, chosen.fill);
            }
            if !domain && before.len() > kept && at < chosen.first {
                assert_eq!(old, new);
            }
        }
    }
}

fn characters(bytes: &[u8]) -> Vec<char> {
    std::str::from_utf8(bytes).expect("masked values are text").chars().collect()
}
