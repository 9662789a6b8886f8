//! CSV's cells: quotes doubled, formulas neutralised.
//!
//! What that is and why it can be undone is said in `formulas.py` beside the CSV writer.

use super::Notation;
use super::scan::{self, Seen};

/// CSV.
pub(super) struct Csv;

impl Notation for Csv {
    const NULL: &'static [u8] = b"";

    fn may_change(span: &[u8]) -> Seen {
        scan::formulas(span)
    }

    fn may_begin(first: u8) -> bool {
        scan::may_be_sign(first) || scan::may_hide(first)
    }

    fn write(text: &[u8], into: &mut Vec<u8>) {
        if is_number(text) {
            return into.extend_from_slice(text);
        }
        if begins_with_break(text) {
            into.push(b'\'');
        }
        let (mut at, mut written) = (0, 0);
        // Whether a sign here would begin a cell somewhere.
        let mut risky = true;
        while at < text.len() {
            let (class, len) = class(&text[at..]);
            if class == Class::Sign && risky {
                into.extend_from_slice(&text[written..at]);
                into.push(b'\'');
                written = at;
            } else if text[at] == b'"' {
                // The quote itself follows with the rest.
                into.extend_from_slice(&text[written..=at]);
                written = at;
            }
            risky = match class {
                Class::Separator => true,
                Class::Filler => risky,
                Class::Sign | Class::Other => false,
            };
            at += len;
        }
        into.extend_from_slice(&text[written..]);
    }
}

/// What a character is to a spreadsheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Sign,
    Separator,
    Filler,
    Other,
}

/// The first character's class, and its length; a byte that begins none of the named ones is of
/// its own length and `Other`.
#[inline]
fn class(text: &[u8]) -> (Class, usize) {
    use Class::{Filler, Other, Separator, Sign};
    match *text {
        [b'=' | b'+' | b'-' | b'@', ..] => (Sign, 1),
        [b',' | b';' | b'|' | b'\t'..=b'\r', ..] => (Separator, 1),
        [b'\'' | b'"' | 0..=b' ' | 0x7f, ..] => (Filler, 1),
        [0..0x80, ..] => (Other, 1),
        // U+0085; U+0080 to U+00A0 and U+00AD; U+034F; U+061C
        [0xc2, 0x85, ..] => (Separator, 2),
        [0xc2, 0x80..=0xa0 | 0xad, ..] | [0xcd, 0x8f, ..] | [0xd8, 0x9c, ..] => (Filler, 2),
        // U+2028, U+2029
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => (Separator, 3),
        // U+1680, U+180E; U+2000 to U+200F, U+202A to U+202F; U+205F to U+206F
        [0xe1, 0x9a, 0x80, ..]
        | [0xe1, 0xa0, 0x8e, ..]
        | [0xe2, 0x80, 0x80..=0x8f | 0xaa..=0xaf, ..]
        | [0xe2, 0x81, 0x9f..=0xaf, ..] => (Filler, 3),
        // U+3000, U+FEFF
        [0xe3, 0x80, 0x80, ..] | [0xef, 0xbb, 0xbf, ..] => (Filler, 3),
        // U+FF0B, U+FF0D, U+FF1D, U+FF20
        [0xef, 0xbc, 0x8b | 0x8d | 0x9d | 0xa0, ..] => (Sign, 3),
        _ => (Other, 1),
    }
}

/// Whether a text begins with a tab or a line end, whatever apostrophes are before it.
fn begins_with_break(text: &[u8]) -> bool {
    let first = text.iter().find(|byte| **byte != b'\'');
    matches!(first, Some(b'\t' | b'\r' | b'\n'))
}

/// `-12.5e+3`: a number in plain ASCII, which cannot do anything.
fn is_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    let Some(rest) = after_digits(text) else { return false };
    let rest = match rest {
        [b'.', fraction @ ..] => match after_digits(fraction) {
            Some(rest) => rest,
            None => return false,
        },
        _ => rest,
    };
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => {
            after_digits(exponent).is_some_and(<[u8]>::is_empty)
        }
        _ => false,
    }
}

/// What follows one digit or more.
fn after_digits(text: &[u8]) -> Option<&[u8]> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then(|| &text[digits..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut into = Vec::new();
        Csv::write(text.as_bytes(), &mut into);
        String::from_utf8(into).unwrap()
    }

    fn seen(text: &str) -> bool {
        let seen = Csv::may_change(text.as_bytes());
        let first = text.as_bytes().first().is_some_and(|first| Csv::may_begin(*first));
        seen.inside || seen.beginnings && first
    }

    #[test]
    fn signs_that_begin_a_cell_somewhere_get_an_apostrophe() {
        for (text, wanted) in [
            ("=1", "'=1"),
            ("==", "'=="),
            ("a=1", "a=1"),
            ("a,=1;-x", "a,'=1;'-x"),
            (" '\"=1", " '\"\"'=1"),
            ("\u{2028}\u{200b}\u{ff1d}1", "\u{2028}\u{200b}'\u{ff1d}1"),
            ("\u{85}@", "\u{85}'@"),
            ("-", "'-"),
            ("+-1", "'+-1"),
        ] {
            assert_eq!(written(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_not_touched() {
        for text in ["-1", "+49151234", "-1.5", "1e-5", "-0.5E+10", "12"] {
            assert_eq!(written(text), text);
        }
        for text in ["-1.", "-.5", "-1e", "-1e+", "-1 ", "-1,2", "-1.5.2", "-e5"] {
            assert_ne!(written(text), text);
        }
    }

    #[test]
    fn breaks_at_the_beginning_get_one_more() {
        assert_eq!(written("\tx"), "'\tx");
        assert_eq!(written("''\r"), "'''\r");
        assert_eq!(written("\n=1"), "'\n'=1");
        assert_eq!(written("'x\n"), "'x\n");
        assert_eq!(written("\u{b}x"), "\u{b}x");
    }

    #[test]
    fn the_scan_misses_nothing_that_is_altered() {
        let signs =
            ["=", "'", "\"", ",", ";", "\t", "\n", "a", "1", "-", " ", "\u{ff0b}", "\u{a0}"];
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            let longer: Vec<String> = texts
                .iter()
                .flat_map(|text| signs.iter().map(move |sign| format!("{text}{sign}")))
                .collect();
            for text in &longer {
                assert!(seen(text) || written(text) == *text, "{text:?}");
                let far = format!("{}{text}", "a".repeat(150));
                assert!(seen(&far) || written(&far) == far, "{far:?}");
            }
            texts = longer;
        }
    }
}
