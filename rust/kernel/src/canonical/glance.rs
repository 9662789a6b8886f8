//! Which rows of text surely have an encoding, seen without writing it.

use std::ops::Range;

use crate::canonical::{Normaliser, ascii, wide};
use crate::column::{Bytes, Offset, Ranges};

/// Whether every row of `rows` has an encoding. False says nothing: the rows may have one too.
///
/// Only texts before U+0300 are looked at: all their code points are assigned, so that nothing
/// refuses one but that it is emptied.
pub fn surely_fit(bytes: &Bytes<'_>, normaliser: Normaliser, rows: Range<usize>) -> bool {
    match bytes {
        Bytes::Small(texts) => fit(*texts, normaliser, rows),
        Bytes::Large(texts) => fit(*texts, normaliser, rows),
        Bytes::View(_) | Bytes::Fixed(_) => false,
    }
}

fn fit<O: Offset>(texts: Ranges<'_, O>, normaliser: Normaliser, rows: Range<usize>) -> bool {
    if !are_latin(texts, rows.clone()) {
        return false;
    }
    match normaliser {
        Normaliser::Exact | Normaliser::Nfc => true,
        Normaliser::Email | Normaliser::Text => all_keep(
            texts,
            rows,
            |byte| byte.is_ascii() && !ascii::is_space(byte),
            |point| !wide::is_white_space(point),
        ),
        Normaliser::Digits => {
            all_keep(texts, rows, |byte| byte.is_ascii_digit(), |point| point.is_ascii_digit())
        }
        Normaliser::Alphanumeric => all_keep(
            texts,
            rows,
            |byte| byte.is_ascii_alphanumeric(),
            |point| point.is_ascii_alphanumeric(),
        ),
    }
}

/// Whether each row is UTF-8 by itself, before U+0300.
fn are_latin<O: Offset>(texts: Ranges<'_, O>, rows: Range<usize>) -> bool {
    let bytes = texts.between(rows.clone());
    if bytes.is_ascii() {
        return true;
    }
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| wide::is_latin(text)) else {
        return false;
    };
    let offsets = &texts.offsets()[rows.start..=rows.end];
    let start = offsets[0].known();
    offsets.iter().all(|end| text.is_char_boundary(end.known() - start))
}

/// Whether something of every text that is not empty is kept: by most, the first byte.
fn all_keep<O: Offset>(
    texts: Ranges<'_, O>,
    rows: Range<usize>,
    first: impl Fn(u8) -> bool,
    kept: impl Fn(char) -> bool,
) -> bool {
    let offsets = &texts.offsets()[rows.start..=rows.end];
    offsets.windows(2).all(|ends| {
        let text = &texts.data()[ends[0].known()..ends[1].known()];
        let keeps = |text: &[u8]| std::str::from_utf8(text).is_ok_and(|text| text.contains(&kept));
        text.first().is_none_or(|byte| first(*byte) || keeps(text))
    })
}
