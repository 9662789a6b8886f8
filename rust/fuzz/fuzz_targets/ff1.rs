//! FF1 there and back: the same text, separators where they were, numerals of the alphabet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::laws::{KEY, assert_sound, values_of};
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::column::Column;
use lockgate_kernel::fault::Fault;
use lockgate_kernel::ff1::{Alphabet, Direction, Ff1, ff1, ff1_fits};

const ALPHABETS: [Alphabet; 6] = [
    Alphabet::Digits,
    Alphabet::Hex,
    Alphabet::HexUpper,
    Alphabet::Alphanumeric,
    Alphabet::AlphanumericLower,
    Alphabet::AlphanumericMixed,
];

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let alphabet = *u.choose(&ALPHABETS)?;
    let length = u.int_in_range(0..=20)?.min(u.len());
    let tweak = u.bytes(length)?;
    let spec = Ff1 { alphabet, tweak };
    let given = match u.int_in_range(0..=3)? {
        0 => Given::draw(u)?,
        1 => Given::text(u)?,
        _ => Given::of(&texts(u, alphabet)?, true),
    };
    let _ = given.with(|column| check(column, spec));
    Ok(())
}

/// Numerals with separators between them, of a length that fits most of the time.
fn texts(u: &mut Unstructured<'_>, alphabet: Alphabet) -> Drawn<Vec<Vec<u8>>> {
    let letters = [alphabet.characters(), b"- ./"].concat();
    let mut texts = Vec::new();
    while texts.len() < 90 && !u.is_empty() {
        let length = u.int_in_range(0..=60)?.min(u.len());
        let raw = u.bytes(length)?;
        texts.push(raw.iter().map(|byte| letters[usize::from(*byte) % letters.len()]).collect());
    }
    Ok(texts)
}

fn check(column: &Column<'_>, spec: Ff1<'_>) {
    let fits = ff1_fits(column, spec.alphabet);
    let made = match ff1(column, spec, &KEY, Direction::Encrypt) {
        Ok(made) => made,
        Err(Fault::NotFitting { refused }) => {
            let fits = fits.expect("a column of text").expect("some do not fit");
            assert_eq!(fits.iter().filter(|fit| !**fit).count(), refused);
            return;
        }
        Err(fault) => return assert_eq!(fits, Err(fault)),
    };
    assert_eq!(fits, Ok(None));
    assert_sound(&made, column, true);
    let texts: Vec<Vec<u8>> = (0..made.len()).map(|row| made.get(row).to_vec()).collect();
    let _ = Given::nullable(&values_of(&made, column), true).with(|there| {
        let back = ff1(there, spec, &KEY, Direction::Decrypt).expect("ciphertexts fit");
        for (row, text) in texts.iter().enumerate().filter(|(row, _)| column.is_valid(*row)) {
            assert_eq!(back.get(row).len(), text.len());
            let bytes = spec.alphabet.bytes();
            for (old, new) in back.get(row).iter().zip(text) {
                assert_eq!(bytes.is_numeral(*old), bytes.is_numeral(*new));
                assert!(bytes.is_numeral(*old) || old == new);
            }
        }
        let again = Given::nullable(&values_of(&back, column), true)
            .with(|column| ff1(column, spec, &KEY, Direction::Encrypt));
        assert_eq!(again.expect("text").expect("it fitted before").data, made.data);
    });
}
