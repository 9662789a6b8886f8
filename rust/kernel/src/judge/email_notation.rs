//! How an address can be written around its shape.

use std::borrow::Cow;

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

/// The address with `_` for each letter of Latin-1 and Latin Extended-A before the at-sign.
///
/// They are letters, and composed, in every version of Unicode, so they are taken as they are.
/// `None` if there are other characters beyond ASCII.
pub(crate) fn plain_letters(address: &[u8]) -> Option<Cow<'_, [u8]>> {
    if address.is_ascii() {
        return Some(Cow::Borrowed(address));
    }
    let (local, domain) = address.split_at(at_sign(address));
    let local = std::str::from_utf8(local).ok().filter(|_| domain.is_ascii())?;
    let plain = |letter: char| match letter {
        '\u{d7}' | '\u{f7}' | '\u{149}' => None,
        '\u{c0}'..='\u{17f}' => Some(b'_'),
        _ => u8::try_from(letter).ok().filter(u8::is_ascii),
    };
    let mut plain = local.chars().map(plain).collect::<Option<Vec<u8>>>()?;
    plain.extend_from_slice(domain);
    Some(Cow::Owned(plain))
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
