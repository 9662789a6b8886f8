//! Columns of anything at all, revealed: refused with a count, and no more than that.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::laws::{ASSOCIATED, KEY, NUMBER, TOKEN_KEY, keys};
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::column::Column;
use lockgate_kernel::fault::Fault;
use lockgate_kernel::headers::headers;
use lockgate_kernel::reveal::{RevealKey, reveal};

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let given = match u.int_in_range(0..=3)? {
        0 => Given::draw(u)?,
        1 => Given::bytes(u)?,
        2 => Given::of(&nearly(u)?, false),
        _ => Given::of(&texts(u)?, true),
    };
    let places: Vec<(u8, Vec<u8>)> = if u.ratio(1, 8)? {
        vec![(u.arbitrary()?, Vec::new())]
    } else {
        vec![(1, ASSOCIATED.to_vec()), (2, ASSOCIATED.to_vec())]
    };
    let keys = if u.ratio(1, 8)? { odd_keys(u)? } else { keys() };
    let _ = given.with(|column| check(column, &keys, &places));
    Ok(())
}

fn odd_keys(u: &mut Unstructured<'_>) -> Drawn<Vec<RevealKey>> {
    let one = |u: &mut Unstructured<'_>| {
        let length = u.len().min(70);
        let key = u.bytes(length)?.to_vec();
        Ok(RevealKey { algorithm: u.int_in_range(0..=3)?, number: u.arbitrary()?, key })
    };
    (0..u.int_in_range(0..=3)?).map(|_| one(u)).collect()
}

/// Bytes with a header that could be a frame's.
fn nearly(u: &mut Unstructured<'_>) -> Drawn<Vec<Vec<u8>>> {
    let mut frames = Vec::new();
    while frames.len() < 20 && !u.is_empty() {
        let first = *u.choose(&[0x11, 0x12, 0x10, 0x13, 0x21])?;
        let number: u32 = if u.ratio(1, 8)? { u.arbitrary()? } else { NUMBER };
        let length = u.int_in_range(0..=90)?;
        let mut frame = number.to_be_bytes().to_vec();
        frame[0] = first;
        let drawn = u.len().min(length);
        frame.extend_from_slice(u.bytes(drawn)?);
        frame.resize(frame.len().max(length), 0);
        frames.push(frame);
    }
    Ok(frames)
}

/// Texts that begin like a frame's, in characters of the alphabet most of the time.
fn texts(u: &mut Unstructured<'_>) -> Drawn<Vec<Vec<u8>>> {
    const LETTERS: &[u8] = b"ABEQRabgw019-_+/= \n.AAAA";
    let mut texts = Vec::new();
    while texts.len() < 20 && !u.is_empty() {
        let length = u.int_in_range(0..=90)?.min(u.len());
        let raw = u.bytes(length)?;
        let mut text = if u.ratio(1, 10)? { Vec::new() } else { b"lkg1_EQAAB".to_vec() };
        text.extend(raw.iter().map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()]));
        texts.push(text);
    }
    Ok(texts)
}

fn check(column: &Column<'_>, keys: &[RevealKey], places: &[(u8, Vec<u8>)]) {
    check_headers(column);
    let there = (0..column.len).filter(|&row| column.is_valid(row)).count();
    match reveal(column, keys, places) {
        // Only a fuzzer that found a key could make a frame that opens.
        Ok(values) => assert!(there == 0 && values.len() == column.len),
        Err(Fault::NotFrames { refused } | Fault::DoNotOpen { refused }) => {
            assert!(1 <= refused && refused <= there);
        }
        Err(
            Fault::NoKey { .. }
            | Fault::WrongKind
            | Fault::KeyLength { .. }
            | Fault::UnsupportedType,
        ) => {}
        Err(fault) => panic!("{fault}"),
    }
    assert_ne!(KEY[..], TOKEN_KEY[..32]);
}

/// Headers are read wherever frames could be opened, and nowhere else.
fn check_headers(column: &Column<'_>) {
    let nobody = reveal(column, &[], &[]);
    match headers(column) {
        Ok(pairs) if pairs.is_empty() => assert!(nobody.is_ok()),
        Ok(pairs) => {
            assert!(pairs.is_sorted_by(|one, next| one < next));
            assert_eq!(nobody, Err(Fault::NoKey { number: pairs[0].1 }));
        }
        Err(fault) => assert_eq!(nobody, Err(fault)),
    }
}
