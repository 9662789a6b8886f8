//! How an address can be written around its shape.

use std::borrow::Cow;

/// Stands for a letter in a domain. No reserved name has it, which the rule's maker sees to.
pub(crate) const IN_DOMAINS: u8 = b'0';
const SHORT_LOCAL: usize = 64;
const SHORT_DOMAIN: usize = 40;
const MOST_MARKED: usize = 4;

/// The address without space around it, and without a plain name as in `Ada L <ada@x.de>`.
///
/// Of any other notation enough is left that the shape is not known.
pub(crate) fn bare(text: &[u8]) -> &[u8] {
    let text = trimmed(text);
    let Some(rest) = text.strip_suffix(b">") else { return text };
    let Some(start) = rest.iter().position(|&byte| byte == b'<') else { return text };
    let plain = |&byte: &u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b' ';
    if rest[..start].iter().all(plain) { trimmed(&rest[start + 1..]) } else { text }
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The address in ASCII, other characters for letters that every version takes as they are.
///
/// Before the at-sign `_` for letters of Latin-1 and Latin Extended-A: letters, and composed, in
/// every version of Unicode. After it [`IN_DOMAINS`] for the small letters of Latin-1, which
/// RFC 5892 lets stand in a domain. `None` if there are other characters, or too many.
pub(crate) fn plain_letters(address: &[u8]) -> Option<Cow<'_, [u8]>> {
    if address.is_ascii() {
        return Some(Cow::Borrowed(address));
    }
    let address = std::str::from_utf8(address).ok()?;
    let (local, domain) = address.split_at(at_sign(address.as_bytes()));
    let plain = |letter: char| match letter {
        '\u{d7}' | '\u{f7}' | '\u{149}' => None,
        '\u{c0}'..='\u{17f}' => Some(b'_'),
        _ => u8::try_from(letter).ok().filter(u8::is_ascii),
    };
    let mut plain = local.chars().map(plain).collect::<Option<Vec<u8>>>()?;
    if domain.is_ascii() {
        plain.extend_from_slice(domain.as_bytes());
    } else if local.len() <= SHORT_LOCAL {
        plain.extend(plain_domain(domain)?);
    } else {
        return None;
    }
    Some(Cow::Owned(plain))
}

/// A domain with few letters beyond ASCII, none in its last label, so that no limit on its
/// Punycode form (RFC 3492) comes near: that takes at most four letters for one of Latin-1.
fn plain_domain(domain: &str) -> Option<Vec<u8>> {
    let few =
        |label: &str| label.chars().filter(|letter| !letter.is_ascii()).count() <= MOST_MARKED;
    let last = domain.rsplit('.').next()?;
    if domain.len() > SHORT_DOMAIN || !last.is_ascii() || !domain.split('.').all(few) {
        return None;
    }
    let plain = |letter: char| match letter {
        '\u{f7}' => None,
        '\u{df}'..='\u{ff}' => Some(IN_DOMAINS),
        _ => u8::try_from(letter).ok().filter(u8::is_ascii),
    };
    domain.chars().map(plain).collect()
}

/// Where the at-sign stands, or the end.
pub(crate) fn at_sign(text: &[u8]) -> usize {
    text.iter().position(|&byte| byte == b'@').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_and_a_plain_name_are_taken_off() {
        for (text, address) in [
            ("  a@b.de\t", "a@b.de"),
            ("<a@b.de>", "a@b.de"),
            ("Ada L_1 < a@b.de > ", "a@b.de"),
            ("O'Neill <a@b.de>", "O'Neill <a@b.de>"),
            ("a@b.de>", "a@b.de>"),
            ("<<a@b.de>", "<a@b.de"),
            ("\"A\" <a@b.de>", "\"A\" <a@b.de>"),
            (" \t ", ""),
            ("<>", ""),
        ] {
            assert_eq!(bare(text.as_bytes()), address.as_bytes(), "{text}");
        }
    }
}
