//! Normalisers over text beyond ASCII, one code point at a time, by Unicode 14.0.0.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::canonical::{Normaliser, unicode_14};
use crate::fault::{Fault, Outcome};
use crate::varlen::Varlen;

/// The first byte of U+0300, the first combining mark.
const FIRST_COMBINING: u8 = 0xcc;

/// Puts the form of each text beyond ASCII in the place of the text; ASCII is left as it is.
///
/// The slots from `first` on, the first of them row `row`. Refused: a code point not assigned,
/// and what is emptied.
pub fn rewrite(
    normaliser: Normaliser,
    into: &mut Varlen,
    first: usize,
    row: usize,
    refused: &mut Vec<usize>,
) -> Outcome<()> {
    let ends = into.offsets.split_off(first + 1);
    let start = into.offsets[first] as usize;
    let raw = into.data.split_off(start);
    let mut form = Form::default();
    let mut from = 0;
    for (at, end) in ends.iter().enumerate() {
        let until = *end as usize - start;
        let bytes = &raw[from..until];
        if bytes.is_ascii() {
            into.data.extend_from_slice(bytes);
        } else {
            let text = std::str::from_utf8(bytes).map_err(|_| Fault::BrokenUtf8)?;
            let written = form.write(text, normaliser);
            into.data.extend_from_slice(written.as_bytes());
            if written.is_empty() {
                refused.push(row + at);
            }
        }
        into.close()?;
        from = until;
    }
    Ok(())
}

/// Room for the steps on the way to one text's form.
#[derive(Default)]
struct Form {
    composed: String,
    shaped: String,
    recomposed: String,
}

impl Form {
    /// The form; empty if there is none.
    fn write<'a>(&'a mut self, text: &'a str, normaliser: Normaliser) -> &'a str {
        if is_latin(text) {
            self.shaped.clear();
            shape(text, normaliser, &mut self.shaped);
            return &self.shaped;
        }
        if !text.chars().all(unicode_14::is_assigned) {
            return "";
        }
        let composed = nfc(text, &mut self.composed);
        if normaliser == Normaliser::Nfc {
            return composed;
        }
        self.shaped.clear();
        shape(composed, normaliser, &mut self.shaped);
        nfc(&self.shaped, &mut self.recomposed)
    }
}

/// Whether all code points are before U+0300: assigned, and NFC in any order and in lower case.
fn is_latin(text: &str) -> bool {
    text.bytes().fold(true, |latin, byte| latin & (byte < FIRST_COMBINING))
}

/// Normalization Form C, in `room` unless the text has it already.
fn nfc<'a>(text: &'a str, room: &'a mut String) -> &'a str {
    if is_latin(text) || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text;
    }
    room.clear();
    room.extend(text.nfc());
    room
}

fn shape(text: &str, normaliser: Normaliser, into: &mut String) {
    match normaliser {
        Normaliser::Exact | Normaliser::Nfc => into.push_str(text),
        Normaliser::Email => into.extend(text.trim_matches(is_white_space).chars().map(lower)),
        Normaliser::Text => {
            for word in text.split(is_white_space).filter(|word| !word.is_empty()) {
                if !into.is_empty() {
                    into.push(' ');
                }
                into.extend(word.chars().map(lower));
            }
        }
        Normaliser::Digits => into.extend(text.chars().filter(char::is_ascii_digit)),
        Normaliser::Alphanumeric => {
            let kept = text.chars().filter(char::is_ascii_alphanumeric);
            into.extend(kept.map(|point| point.to_ascii_uppercase()));
        }
    }
}

/// The property `White_Space`.
fn is_white_space(point: char) -> bool {
    matches!(
        point,
        '\t'..='\r'
            | ' '
            | '\u{85}'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
    )
}

/// `Simple_Lowercase_Mapping`. Of the full mapping only U+0130's is longer than one code point.
fn lower(point: char) -> char {
    if point.is_ascii() {
        return point.to_ascii_lowercase();
    }
    if point == '\u{130}' {
        return 'i';
    }
    point.to_lowercase().next().unwrap_or(point)
}
