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
    let (mut from, mut copied) = (0, 0);
    for (at, end) in ends.iter().enumerate() {
        let until = *end as usize - start;
        let bytes = &raw[from..until];
        if !bytes.is_ascii() {
            let text = std::str::from_utf8(bytes).map_err(|_| Fault::BrokenUtf8)?;
            let written = form.write(text, normaliser);
            if written.is_empty() {
                refused.push(row + at);
            }
            into.data.extend_from_slice(&raw[copied..from]);
            into.data.extend_from_slice(written.as_bytes());
            copied = until;
        }
        // What lies between `copied` and `until` is ASCII, and is copied together.
        let length = into.data.len() + (until - copied);
        into.offsets.push(i32::try_from(length).map_err(|_| Fault::TooBig)?);
        from = until;
    }
    into.data.extend_from_slice(&raw[copied..]);
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
pub fn is_latin(text: &str) -> bool {
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
pub fn is_white_space(point: char) -> bool {
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

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// SHA-256 over what becomes of each code point that Unicode 14.0.0 assigns, a line each. The
    /// expected digests are of Python 3.11's `unicodedata`, which is of that version.
    fn digest(write: impl Fn(char, &mut String)) -> String {
        let mut hash = Sha256::new();
        let mut lines = String::new();
        for point in ('\0'..=char::MAX).filter(|point| unicode_14::is_assigned(*point)) {
            lines.clear();
            write(point, &mut lines);
            hash.update(&lines);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn line(text: &str, lines: &mut String) {
        lines.push_str(nfc(text, &mut String::new()));
        lines.push('\n');
    }

    #[test]
    fn lower_case_is_that_of_unicode_14() {
        let digest = digest(|point, lines| lines.extend([lower(point), '\n']));
        assert_eq!(digest, "5b749577285494cc74273e806fe63e8ecf7cdeae7d14a2cd7b2db2cae10f6aef");
    }

    #[test]
    fn nfc_is_that_of_unicode_14() {
        let once = "9b9c3d36b463e54f932b5863b13373c7a4e5ae3fb5c983f42520046b85e15b1b";
        assert_eq!(digest(|point, lines| line(&point.to_string(), lines)), once);
        assert_eq!(digest(|point, lines| line(&point.nfd().collect::<String>(), lines)), once);
    }

    #[test]
    fn marks_are_put_in_the_order_of_unicode_14() {
        let digest = digest(|point, lines| {
            for mark in ['\u{323}', '\u{301}', '\u{345}'] {
                line(&format!("q{mark}{point}{mark}"), lines);
            }
        });
        assert_eq!(digest, "d19842dbd364bf8fa73a3c7dbc455f604139d2066441f93c4b414522301f5fa6");
    }

    #[test]
    fn white_space_is_what_the_standard_library_knows() {
        for point in '\0'..=char::MAX {
            assert_eq!(is_white_space(point), point.is_whitespace(), "{point:?}");
        }
    }

    /// The shortcut for text before U+0300: nothing in it is unassigned, and no two of its code
    /// points compose, before or after they are lower-cased.
    #[test]
    fn latin_needs_neither_a_table_nor_composing() {
        let latin: Vec<char> = ('\0'..'\u{300}').collect();
        for first in &latin {
            assert!(unicode_14::is_assigned(*first));
            assert!(is_latin(&first.to_string()));
            for second in &latin {
                let pair: String = [*first, *second].iter().collect();
                let small: String = [lower(*first), lower(*second)].iter().collect();
                assert!(pair.nfc().eq(pair.chars()) && small.nfc().eq(small.chars()));
            }
        }
        assert!(!is_latin("\u{300}"));
    }
}
