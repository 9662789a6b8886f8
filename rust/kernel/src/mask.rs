//! Masks: what of a value's exact canonical text is kept, what becomes the fill.

#![forbid(unsafe_code)]

use std::ops::Range;

use crate::canonical::{CHUNK, Encoder, Normaliser, check_utf8, rows, unicode_14};
use crate::column::{Column, Values};
use crate::fault::{Fault, Outcome};
use crate::varlen::Varlen;

/// Which characters a mask hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// All.
    All,
    /// Decimal digits (general category Nd).
    Digits,
    /// Letters, marks and numbers (L, M, N).
    Alphanumeric,
}

impl Only {
    /// The choice of that name in a policy, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "all" => Self::All,
            "digits" => Self::Digits,
            "alphanumeric" => Self::Alphanumeric,
            _ => return None,
        })
    }

    /// What Unicode 14.0.0 does not assign is hidden: it may become a digit or a letter.
    fn hides(self, point: char) -> bool {
        match self {
            Self::All => true,
            Self::Digits => unicode_14::is_decimal_digit(point) || !unicode_14::is_assigned(point),
            Self::Alphanumeric => !unicode_14::is_separator(point),
        }
    }
}

/// What a mask keeps. Lengths are code points; what is not kept becomes `fill`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask {
    /// Characters kept at the beginning.
    pub first: usize,
    /// Characters kept at the end.
    pub last: usize,
    /// What is hidden of those between.
    pub only: Only,
    /// What stands for a hidden character.
    pub fill: char,
    /// Whether the text from the last `@` on is kept, and the rest is masked.
    pub keep_email_domain: bool,
}

impl Mask {
    /// Characters that are kept; a text no longer than that is masked whole.
    fn kept(&self) -> usize {
        self.first.saturating_add(self.last)
    }
}

/// Masked text of each value; null stays null.
pub fn mask(column: &Column<'_>, mask: &Mask) -> Outcome<Varlen> {
    let encoder = Encoder::new(column, Normaliser::Exact, false)?;
    let bytes = rows::expected_bytes(column);
    let mut masked = Varlen::with_capacity(column.len, bytes);
    let mut exact = Varlen::with_capacity(CHUNK, 0);
    let mut refused = Vec::new();
    for rows in rows::chunks(column.len, CHUNK) {
        exact.clear();
        encoder.encode(rows, &mut exact, &mut refused)?;
        if matches!(column.values, Values::Binary(_)) {
            check_utf8(&exact, 0)?;
        }
        match u8::try_from(mask.fill) {
            Ok(fill) if fill.is_ascii() && exact.data.is_ascii() => {
                by_bytes(&exact, mask, fill, &mut masked)?;
            }
            _ => by_characters(&exact, mask, &mut masked)?,
        }
    }
    match refused.len() {
        0 => Ok(masked),
        refused => Err(Fault::NotEncodable { refused }),
    }
}

/// ASCII: everything is hidden at once, then each row gets back what it keeps.
fn by_bytes(exact: &Varlen, mask: &Mask, fill: u8, masked: &mut Varlen) -> Outcome<()> {
    let text = exact.data.as_slice();
    let before = masked.data.len();
    let after = before + text.len();
    i32::try_from(after).map_err(|_| Fault::TooBig)?;
    match mask.only {
        Only::All => masked.data.resize(after, fill),
        Only::Digits => {
            let hidden = |byte: &u8| if byte.is_ascii_digit() { fill } else { *byte };
            masked.data.extend(text.iter().map(hidden));
        }
        Only::Alphanumeric => {
            let hidden = |byte: &u8| if byte.is_ascii_alphanumeric() { fill } else { *byte };
            masked.data.extend(text.iter().map(hidden));
        }
    }
    // The sum was checked to fit.
    masked.offsets.extend(exact.offsets[1..].iter().map(|end| end.wrapping_add(before as i32)));
    let out = &mut masked.data[before..];
    for ends in exact.offsets.windows(2) {
        let (start, mut end) = (ends[0] as usize, ends[1] as usize);
        if mask.keep_email_domain
            && let Some(at) = last_at(&text[start..end])
        {
            restore(text, start + at..end, out);
            end = start + at;
        }
        if end - start > mask.kept() {
            restore(text, start..start + mask.first, out);
            restore(text, end - mask.last..end, out);
        }
    }
    Ok(())
}

/// Copies a range back, eight bytes at a time from its end; those before it stay.
#[inline]
fn restore(text: &[u8], range: Range<usize>, out: &mut [u8]) {
    let mut end = range.end;
    while end > range.start {
        let words = (text[..end].last_chunk::<8>(), out[..end].last_chunk_mut::<8>());
        let (Some(from), Some(to)) = words else {
            return out[range.start..end].copy_from_slice(&text[range.start..end]);
        };
        let length = (end - range.start).min(8);
        let kept = u64::MAX << (64 - 8 * length);
        let word = u64::from_le_bytes(*from) & kept | u64::from_le_bytes(*to) & !kept;
        *to = word.to_le_bytes();
        end -= length;
    }
}

/// Where the last `@` of ASCII bytes is.
#[inline]
fn last_at(text: &[u8]) -> Option<usize> {
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    const LOW: u64 = u64::from_le_bytes([0x7f; 8]);
    const AT: u64 = u64::from_le_bytes([b'@'; 8]);
    let mut end = text.len();
    while let Some(word) = text[..end].last_chunk::<8>() {
        // A byte's high bit says that it is no `@`; without carries, since no byte has it yet.
        let others = (u64::from_le_bytes(*word) ^ AT).wrapping_add(LOW) & HIGH;
        if others != HIGH {
            return Some(end - 1 - (others ^ HIGH).leading_zeros() as usize / 8);
        }
        end -= 8;
    }
    text[..end].iter().rposition(|byte| *byte == b'@')
}

/// As many fills as are appended at once.
const WALL: usize = 64;

fn by_characters(exact: &Varlen, mask: &Mask, masked: &mut Varlen) -> Outcome<()> {
    let wall = [mask.fill; WALL].iter().collect::<String>();
    for row in 0..exact.len() {
        let text = std::str::from_utf8(exact.get(row)).map_err(|_| Fault::BrokenUtf8)?;
        let at = if mask.keep_email_domain { text.rfind('@') } else { None };
        let (local, domain) = text.split_at(at.unwrap_or(text.len()));
        let (head, rest, tail) = edges(local, mask);
        masked.data.extend_from_slice(head.as_bytes());
        hide(rest, mask, wall.as_bytes(), &mut masked.data);
        masked.data.extend_from_slice(tail.as_bytes());
        masked.data.extend_from_slice(domain.as_bytes());
        masked.close()?;
    }
    Ok(())
}

fn hide(text: &str, mask: &Mask, wall: &[u8], data: &mut Vec<u8>) {
    let width = mask.fill.len_utf8();
    if mask.only == Only::All {
        let mut left = text.chars().count();
        while left > 0 {
            let some = left.min(WALL);
            data.extend_from_slice(&wall[..some * width]);
            left -= some;
        }
        return;
    }
    for point in text.chars() {
        if mask.only.hides(point) {
            data.extend_from_slice(&wall[..width]);
        } else {
            data.extend_from_slice(point.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// What is kept at the beginning, what is not, what is kept at the end.
fn edges<'a>(text: &'a str, mask: &Mask) -> (&'a str, &'a str, &'a str) {
    if text.chars().count() <= mask.kept() {
        return ("", text, "");
    }
    let head = text.char_indices().nth(mask.first).map_or(0, |(at, _)| at);
    let tail = match mask.last.checked_sub(1) {
        None => text.len(),
        Some(before) => text.char_indices().nth_back(before).map_or(text.len(), |(at, _)| at),
    };
    (&text[..head], &text[head..tail], &text[tail..])
}
