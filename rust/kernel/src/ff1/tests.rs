//! Published samples, the bounds between widths, and laws over columns.

use aes::cipher::KeyInit;
use aes::{Aes128, Aes192, Aes256};

use super::cipher::BlockCipher;
use super::{Alphabet, Direction, Ff1, enciphered, ff1, ff1_fits};
use crate::column::{Bits, Bytes, Column, Ranges, Values};
use crate::fault::{Fault, Outcome};
use crate::varlen::Varlen;

const KEY: [u8; 32] = [
    0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c,
    0xef, 0x43, 0x59, 0xd8, 0xd5, 0x80, 0xaa, 0x4f, 0x7f, 0x03, 0x6d, 0x6f, 0x04, 0xfc, 0x6a, 0x94,
];

fn with_column<T>(texts: &[&str], work: impl FnOnce(&Column<'_>) -> T) -> T {
    let mut joined = Varlen::with_capacity(texts.len(), 0);
    for text in texts {
        joined.data.extend_from_slice(text.as_bytes());
        joined.close().unwrap();
    }
    let ranges = Ranges::new(&joined.offsets, &joined.data).unwrap();
    let values = Values::Text(Bytes::Small(ranges));
    work(&Column { len: texts.len(), validity: None, values })
}

fn strings(made: &Varlen) -> Vec<String> {
    (0..made.len()).map(|row| String::from_utf8(made.get(row).to_vec()).unwrap()).collect()
}

fn through(texts: &[&str], spec: Ff1<'_>, direction: Direction) -> Outcome<Vec<String>> {
    with_column(texts, |column| ff1(column, spec, &KEY, direction)).map(|made| strings(&made))
}

fn check_sample<C: BlockCipher>(cipher: &C, sample: u8, ciphertext: &str) {
    let (alphabet, tweak, plaintext): (_, &[u8], _) = match sample % 3 {
        1 => (Alphabet::Digits, b"", "0123456789"),
        2 => (Alphabet::Digits, b"9876543210", "0123456789"),
        _ => (Alphabet::AlphanumericLower, b"7777pqrs777", "0123456789abcdefghi"),
    };
    let spec = Ff1 { alphabet, tweak };
    let one = |text: &str, direction| {
        let made = with_column(&[text], |column| enciphered(column, spec, cipher, direction));
        strings(&made.unwrap()).remove(0)
    };
    assert_eq!(one(plaintext, Direction::Encrypt), ciphertext, "sample {sample}");
    assert_eq!(one(ciphertext, Direction::Decrypt), plaintext, "sample {sample}");
}

#[test]
fn the_samples_of_sp_800_38g() {
    let aes128 = Aes128::new_from_slice(&KEY[..16]).unwrap();
    check_sample(&aes128, 1, "2433477484");
    check_sample(&aes128, 2, "6124200773");
    check_sample(&aes128, 3, "a9tv40mll9kdu509eum");
    let aes192 = Aes192::new_from_slice(&KEY[..24]).unwrap();
    check_sample(&aes192, 4, "2830668132");
    check_sample(&aes192, 5, "2496655549");
    check_sample(&aes192, 6, "xbj3kv35jrawxv32ysr");
    let aes256 = Aes256::new_from_slice(&KEY).unwrap();
    check_sample(&aes256, 7, "6657667009");
    check_sample(&aes256, 8, "1001623463");
    check_sample(&aes256, 9, "xs8a0azh2avyalyzuwd");
}

fn unhexed(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

/// The file's values of that name, in its order; none has an escape.
fn fields(name: &str) -> impl Iterator<Item = &'static str> {
    let start = format!("\"{name}\": \"");
    let lines = include_str!("../../../../tests/vectors/acvp_ff1.json").lines();
    lines.filter_map(move |line| line.trim().strip_prefix(&start)?.split('"').next())
}

#[test]
fn the_vectors_of_acvp() {
    let keys = fields("key").map(unhexed).zip(fields("tweak").map(unhexed));
    let texts: Vec<_> = fields("plaintext").zip(fields("ciphertext")).collect();
    assert_eq!(texts.len(), 48);
    for ((key, tweak), (plaintext, ciphertext)) in keys.zip(texts) {
        let spec = Ff1 { alphabet: Alphabet::Digits, tweak: &tweak };
        for (from, to, direction) in [
            (plaintext, ciphertext, Direction::Encrypt),
            (ciphertext, plaintext, Direction::Decrypt),
        ] {
            let made = with_column(&[from], |column| ff1(column, spec, &key, direction));
            assert_eq!(strings(&made.unwrap()), [to]);
        }
    }
}

const ALPHABETS: [Alphabet; 6] = [
    Alphabet::Digits,
    Alphabet::Hex,
    Alphabet::HexUpper,
    Alphabet::Alphanumeric,
    Alphabet::AlphanumericLower,
    Alphabet::AlphanumericMixed,
];

/// Texts of every length that fits, several of each, with separators here and there.
fn every_length(alphabet: Alphabet) -> Vec<String> {
    let characters = alphabet.characters();
    let mut texts = Vec::new();
    for length in alphabet.lengths() {
        for seed in 0..5usize {
            let mut text = String::new();
            for at in 0..length {
                let value = match seed {
                    0 => 0,
                    1 => characters.len() - 1,
                    _ => (seed * 131 + at * at * 17 + length) % characters.len(),
                };
                text.push(char::from(characters[value]));
                if seed > 2 && (at + seed) % 4 == 3 {
                    text.push(if seed == 3 { ' ' } else { '-' });
                }
            }
            texts.push(text);
        }
    }
    texts
}

#[test]
fn decrypt_after_encrypt_is_identity_at_every_length() {
    for alphabet in ALPHABETS {
        let texts = every_length(alphabet);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for tweak in [&b""[..], &[7; 10], &[7; 15], &[7; 16], &[7; 40]] {
            let spec = Ff1 { alphabet, tweak };
            let made = through(&texts, spec, Direction::Encrypt).unwrap();
            let made: Vec<&str> = made.iter().map(String::as_str).collect();
            assert_ne!(made, texts);
            assert_eq!(through(&made, spec, Direction::Decrypt).unwrap(), texts);
            let separators = |text: &str| text.replace(|c: char| c.is_ascii_alphanumeric(), "#");
            assert!(made.iter().zip(&texts).all(|(a, b)| separators(a) == separators(b)));
        }
    }
}

#[test]
fn company_changes_nothing() {
    let spec = Ff1 { alphabet: Alphabet::Digits, tweak: b"tweak" };
    let texts: Vec<String> = (0..700u64)
        .map(|row| format!("{:0width$}", row * 7919, width = 6 + row as usize % 7))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = through(&texts, spec, Direction::Encrypt).unwrap();
    for (text, made) in texts.iter().zip(together) {
        assert_eq!(through(&[text], spec, Direction::Encrypt).unwrap(), [made]);
    }
}

#[test]
fn bounds_follow_from_the_radix() {
    for alphabet in ALPHABETS {
        let radix = u128::from(alphabet.radix());
        let (least, most) = (*alphabet.lengths().start() as u32, *alphabet.lengths().end() as u32);
        assert!(radix.pow(least) >= 1_000_000 && radix.pow(least - 1) < 1_000_000);
        assert!(radix.pow(most / 2) <= 1 << 96 && radix.pow(most / 2 + 1) > 1 << 96);
        assert_eq!(most % 2, 0);
    }
}

#[test]
fn what_would_stay_clear_does_not_fit() {
    let texts = [
        "",
        "12345",
        "123456",
        "A123456",
        "٠١٢٣٤٥٦",
        "12\u{0}34567",
        "1-2-3-4-5-6",
        "123456\u{7f}",
    ];
    let fits = with_column(&texts, |column| ff1_fits(column, Alphabet::Digits)).unwrap();
    let wanted = vec![false, false, true, false, false, false, true, false];
    assert_eq!(fits, Some(wanted));
    let spec = Ff1 { alphabet: Alphabet::Digits, tweak: b"" };
    let refused = Fault::NotFitting { refused: 6 };
    assert_eq!(through(&texts, spec, Direction::Encrypt), Err(refused));
    assert_eq!(through(&texts, spec, Direction::Decrypt), Err(refused));
}

#[test]
fn a_null_row_is_empty_whatever_its_slot_holds() {
    let spec = Ff1 { alphabet: Alphabet::Digits, tweak: b"" };
    let made = with_column(&["canary", "123456"], |column| {
        let validity = Some(Bits::new(&[0b10], 0, 2).unwrap());
        let column = Column { validity, ..column.clone() };
        assert_eq!(ff1_fits(&column, Alphabet::Digits), Ok(None));
        ff1(&column, spec, &KEY, Direction::Encrypt).unwrap()
    });
    assert_eq!(made.get(0), b"");
    assert_eq!(made.get(1).len(), 6);
}

#[test]
fn other_columns_and_keys_are_refused() {
    let spec = Ff1 { alphabet: Alphabet::Digits, tweak: b"" };
    let column = Column { len: 1, validity: None, values: Values::Int64(&[1]) };
    assert_eq!(ff1(&column, spec, &KEY, Direction::Encrypt), Err(Fault::UnsupportedType));
    assert_eq!(ff1_fits(&column, Alphabet::Digits), Err(Fault::UnsupportedType));
    let short = with_column(&["123456"], |column| ff1(column, spec, &[0; 16], Direction::Encrypt));
    assert_eq!(short, Err(Fault::KeyLength { expected: 32 }));
    let longer = with_column(&["123456"], |column| {
        ff1_fits(&Column { len: 2, ..column.clone() }, Alphabet::Digits)
    });
    assert_eq!(longer, Err(Fault::Malformed));
}
