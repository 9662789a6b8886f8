//! JSON's strings (RFC 8259): quotes, backslashes and control characters escaped.

use super::Notation;
use super::scan::{self, Seen};

/// JSON Lines.
pub(super) struct Json;

const HEX: &[u8; 16] = b"0123456789abcdef";

impl Notation for Json {
    const NULL: &'static [u8] = b"null";

    fn may_change(span: &[u8]) -> Seen {
        scan::escapes(span)
    }

    fn may_begin(_: u8) -> bool {
        false
    }

    fn write(text: &[u8], into: &mut Vec<u8>) {
        let mut written = 0;
        for (at, byte) in text.iter().enumerate() {
            let short = match byte {
                b'"' | b'\\' => *byte,
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                0x08 => b'b',
                0x0c => b'f',
                0..b' ' => b'u',
                _ => continue,
            };
            into.extend_from_slice(&text[written..at]);
            into.extend_from_slice(&[b'\\', short]);
            if short == b'u' {
                into.extend_from_slice(&[
                    b'0',
                    b'0',
                    b'0' + (byte >> 4),
                    HEX[usize::from(byte & 15)],
                ]);
            }
            written = at + 1;
        }
        into.extend_from_slice(&text[written..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_forbids_is_escaped() {
        let mut into = Vec::new();
        Json::write("a\"b\\c\n\u{1f}\u{7f}\u{0}é".as_bytes(), &mut into);
        assert_eq!(into, "a\\\"b\\\\c\\n\\u001f\u{7f}\\u0000é".as_bytes());
    }
}
