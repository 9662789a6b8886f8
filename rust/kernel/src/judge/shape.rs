//! Patterns of one length, a class of bytes a place: every place of a text compared at once.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::rows::{Block, Glance, bits};

/// Texts are read so many bytes at a time.
const WORD: usize = 16;
/// Longer patterns are left to the automaton.
const LONGEST: usize = 2 * WORD;

/// For each place, the bytes from `low` to as many more.
#[derive(Clone, Copy)]
struct Ranges {
    low: [u8; LONGEST],
    more: [u8; LONGEST],
}

impl Ranges {
    /// All bytes in every place.
    const ALL: Self = Self { low: [0; LONGEST], more: [u8::MAX; LONGEST] };

    fn set(&mut self, place: usize, (low, high): (u8, u8)) {
        (self.low[place], self.more[place]) = (low, high - low);
    }

    /// Whether a byte is in the range of its place, for the places from `start` on.
    #[inline]
    fn hold(&self, start: usize, text: &[u8; WORD]) -> [bool; WORD] {
        let mut held = [false; WORD];
        for place in 0..WORD {
            held[place] =
                text[place].wrapping_sub(self.low[start + place]) <= self.more[start + place];
        }
        held
    }
}

/// A pattern such as `^[A-Z]{2}-[0-9a-f]{4}$`.
pub(crate) struct Shape {
    length: usize,
    one: Ranges,
    /// The other range of each place, if any has two.
    other: Option<Ranges>,
}

impl Shape {
    /// The shape of a pattern's ASCII part; `None` if it has none.
    pub fn of(pattern: &Hir) -> Option<Self> {
        let mut places = Vec::new();
        let HirKind::Concat(parts) = pattern.kind() else { return None };
        let [first, middle @ .., last] = parts.as_slice() else { return None };
        if !is_look(first, Look::Start) || !is_look(last, Look::End) {
            return None;
        }
        for part in middle {
            append(&mut places, part)?;
        }
        let (mut one, mut other, mut two) = (Ranges::ALL, Ranges::ALL, false);
        for (place, ranges) in places.iter().enumerate() {
            let (first, second) = match ranges[..] {
                [only] => (only, only),
                [first, second] => (first, second),
                _ => return None,
            };
            one.set(place, first);
            other.set(place, second);
            two |= first != second;
        }
        let shape = Self { length: places.len(), one, other: two.then_some(other) };
        Some(shape)
    }

    /// Bytes of every text that has it.
    pub fn length(&self) -> usize {
        self.length
    }

    #[inline]
    fn holds<const WORDS: usize>(&self, text: &[u8; LONGEST]) -> bool {
        let mut all = true;
        for word in 0..WORDS {
            let start = word * WORD;
            let mut bytes = [0; WORD];
            bytes.copy_from_slice(&text[start..start + WORD]);
            let mut held = self.one.hold(start, &bytes);
            if let Some(other) = &self.other {
                for (held, other) in held.iter_mut().zip(other.hold(start, &bytes)) {
                    *held |= other;
                }
            }
            all &= held.iter().fold(true, |all, &held| all & held);
        }
        all
    }

    #[inline]
    fn accepted_with<const WORDS: usize>(&self, rows: Block<'_>) -> u64 {
        let mut pieces = rows.pieces();
        bits(rows.len(), |_| {
            let Some(piece) = pieces.next() else { return false };
            let rest = &rows.span[piece.at..];
            let mut text = [0; LONGEST];
            match rest.get(..WORDS * WORD) {
                Some(there) => text[..WORDS * WORD].copy_from_slice(there),
                None => text[..rest.len()].copy_from_slice(rest),
            }
            (piece.len == self.length) & self.holds::<WORDS>(&text)
        })
    }
}

impl Glance for Shape {
    fn accepted(&self, rows: Block<'_>) -> u64 {
        if self.length <= WORD {
            self.accepted_with::<1>(rows)
        } else {
            self.accepted_with::<2>(rows)
        }
    }
}

fn is_look(part: &Hir, wanted: Look) -> bool {
    matches!(part.kind(), HirKind::Look(look) if *look == wanted)
}

/// The ranges of bytes in each place of a part; `None` if it has no one length, or is too long.
fn append(places: &mut Vec<Vec<(u8, u8)>>, part: &Hir) -> Option<()> {
    match part.kind() {
        HirKind::Empty => {}
        HirKind::Literal(text) => places.extend(text.0.iter().map(|&byte| vec![(byte, byte)])),
        HirKind::Class(Class::Unicode(class)) => {
            let byte = |letter| u8::try_from(letter).ok().filter(u8::is_ascii);
            let ranges = class.ranges().iter();
            let ranges = ranges.map(|range| Some((byte(range.start())?, byte(range.end())?)));
            places.push(ranges.collect::<Option<_>>()?);
        }
        HirKind::Repetition(found) if found.max == Some(found.min) => {
            for _ in 0..found.min {
                append(places, &found.sub)?;
            }
        }
        HirKind::Concat(parts) => {
            for part in parts {
                append(places, part)?;
            }
        }
        _ => return None,
    }
    (places.len() <= LONGEST).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Ranges as Texts;
    use crate::judge::pattern::Pattern;

    const PATTERNS: [&str; 10] = [
        r"^[0-9]{3}-[0-9]{2}-[0-9]{4}$",
        r"^[A-Z]{2}$",
        r"\A\d{5}\z",
        r"^[A-Za-z][0-9A-F]{7}$",
        r"^(?:[a-c]x){2}(\.)$",
        r"^[^a-y]$",
        r"^[\x00-\x7f]{16}$",
        r"^[a-z]{17}$",
        r"^a[0-9a-f]{30}!$",
        r"^.$",
    ];

    fn accepted(shape: &Shape, texts: &[Vec<u8>]) -> Vec<bool> {
        let mut offsets = vec![0];
        let mut data = Vec::new();
        for text in texts {
            data.extend_from_slice(text);
            offsets.push(i32::try_from(data.len()).unwrap());
        }
        let column = Texts::new(&offsets, &data).unwrap();
        let mut found = Vec::new();
        for start in (0..texts.len()).step_by(64) {
            let block = Block::new(column, start, (start + 64).min(texts.len()));
            let mask = shape.accepted(block);
            found.extend((0..block.len()).map(|row| mask >> row & 1 == 1));
        }
        found
    }

    #[test]
    fn every_place_takes_the_bytes_that_the_pattern_takes() {
        for pattern in PATTERNS {
            let rule = Pattern::new(pattern).unwrap();
            let Some(shape) = rule.shape() else {
                panic!("{pattern}");
            };
            let good: Vec<u8> = shape.one.low[..shape.length].to_vec();
            let mut texts = vec![good.clone(), good[1..].to_vec(), [&good[..], b"\n"].concat()];
            texts.extend([[&good[..], &good[..1]].concat(), [b"\0", &good[..]].concat(), vec![]]);
            for place in 0..shape.length {
                for byte in 0..128 {
                    let mut text = good.clone();
                    text[place] = byte;
                    texts.push(text);
                }
            }
            let expected: Vec<bool> = texts
                .iter()
                .map(|text| rule.found_in(std::str::from_utf8(text).unwrap()).unwrap())
                .collect();
            assert_eq!(accepted(shape, &texts), expected, "{pattern}");
            let beyond: Vec<Vec<u8>> = (0..shape.length * 128)
                .map(|number| {
                    let mut text = good.clone();
                    text[number / 128] = 128 | u8::try_from(number % 128).unwrap();
                    text
                })
                .collect();
            assert!(!accepted(shape, &beyond).contains(&true), "{pattern}");
        }
    }

    #[test]
    fn other_patterns_have_no_shape() {
        for pattern in [
            "",
            "a",
            "^a",
            "a$",
            "^a?$",
            "^a+$",
            "^a|b$",
            "^(a|bc)$",
            "(?m)^a$",
            r"^a\b$",
            "^[ac-ex-z]$",
            "^[a-z]{33}$",
            "^[a-z]{1,2}$",
            "^é[0-9]$",
        ] {
            assert!(Pattern::new(pattern).unwrap().shape().is_none(), "{pattern}");
        }
    }
}
