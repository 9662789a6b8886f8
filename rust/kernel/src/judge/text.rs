//! Text: stripped, then its length in code points, then its pattern, then its case.

use crate::{
    column::{Column, Slots},
    fault::Outcome,
};

use super::{
    decided::{Decided, Reason, Rewrite, Verdict, texts},
    pattern::Pattern,
    rows::{Block, Glance, Walked, for_others},
};

/// What becomes of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// They stay.
    Keep,
    /// `str::to_lowercase`.
    Lower,
    /// `str::to_uppercase`.
    Upper,
}

/// What a pattern says.
pub enum Wanted {
    /// There is none.
    Anything,
    /// It is found in the text.
    Found(Box<Pattern>),
    /// There is one that only Pydantic can read.
    Unknown,
}

/// A rule for text.
pub struct Text {
    /// Whether white space around the text is taken off first.
    pub strip: bool,
    /// Least code points.
    pub least: usize,
    /// Most code points.
    pub most: usize,
    /// The pattern.
    pub pattern: Wanted,
    /// The case of the result.
    pub case: Case,
}

impl Text {
    /// Pydantic's verdict on text values.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        let texts = texts(column)?;
        let mut decided = Decided::clean();
        if self.accepts_all() {
            return Ok(decided);
        }
        let machine = match &self.pattern {
            Wanted::Found(pattern) => pattern.machine().map(|machine| (machine, 1)),
            _ => None,
        };
        let by_machine = machine.is_some() || matches!(self.pattern, Wanted::Anything);
        let fits = |text: &[u8]| by_machine && self.fits(text);
        let lengths = self.lengths();
        let mut rewrite = Rewrite::new(texts);
        for_others(
            column,
            texts,
            self.glance(lengths.as_ref()),
            &Walked { machine, fits },
            |row| {
                let (verdict, stripped) = self.one(texts.get(row));
                decided.note(row, verdict);
                if verdict == Verdict::Accepted {
                    self.rewrite(row, texts.get(row), stripped, &mut rewrite)?;
                }
                Ok(())
            },
        )?;
        decided.values = rewrite.finish()?;
        Ok(decided)
    }

    /// Whether no UTF-8 text is left undecided.
    #[must_use]
    pub fn decides_all(&self) -> bool {
        let pattern = match &self.pattern {
            Wanted::Anything => true,
            Wanted::Found(pattern) => pattern.decides_all(),
            Wanted::Unknown => false,
        };
        pattern && !self.strip && self.case == Case::Keep
    }

    fn accepts_all(&self) -> bool {
        let free = self.least == 0 && self.most == usize::MAX && !self.strip;
        free && self.case == Case::Keep && matches!(self.pattern, Wanted::Anything)
    }

    fn glance<'a>(&'a self, lengths: Option<&'a Lengths>) -> Option<&'a dyn Glance> {
        let lengths = lengths?;
        match &self.pattern {
            Wanted::Anything => Some(lengths),
            Wanted::Found(pattern) => {
                let shape = pattern.shape().filter(|shape| lengths.take(shape.length()))?;
                Some(shape)
            }
            Wanted::Unknown => None,
        }
    }

    /// How long a text may be that stays as it is.
    fn lengths(&self) -> Option<Lengths> {
        let least = i32::try_from(self.least).ok()?;
        let most = i32::try_from(self.most).unwrap_or(i32::MAX);
        (!self.strip && self.case == Case::Keep).then_some(Lengths { least, most })
    }

    /// Whether an ASCII text is accepted as it is, but for the pattern.
    #[inline]
    fn fits(&self, text: &[u8]) -> bool {
        let solid = |byte: Option<&u8>| byte.is_none_or(|&byte| byte > b' ');
        (self.least <= text.len())
            & (text.len() <= self.most)
            & (!self.strip || (solid(text.first()) & solid(text.last())))
            & match self.case {
                Case::Keep => true,
                Case::Lower => !text.iter().any(u8::is_ascii_uppercase),
                Case::Upper => !text.iter().any(u8::is_ascii_lowercase),
            }
    }

    /// The verdict on one value, and what is left of it once it is stripped.
    fn one<'t>(&self, bytes: &'t [u8]) -> (Verdict, &'t str) {
        let Ok(mut text) = std::str::from_utf8(bytes) else {
            return (Verdict::Undecided, "");
        };
        if self.strip {
            match stripped(text) {
                Some(left) => text = left,
                None => return (Verdict::Undecided, text),
            }
        }
        (self.verdict(text), text)
    }

    fn verdict(&self, text: &str) -> Verdict {
        let length = if text.is_ascii() { text.len() } else { text.chars().count() };
        if length > self.most {
            return Verdict::Rejected(Reason::TooLong);
        }
        if length < self.least {
            return Verdict::Rejected(Reason::TooShort);
        }
        let found = match &self.pattern {
            Wanted::Anything => Some(true),
            Wanted::Found(pattern) => pattern.found_in(text),
            Wanted::Unknown => None,
        };
        match found {
            None => Verdict::Undecided,
            Some(false) => Verdict::Rejected(Reason::PatternMismatch),
            // How other letters change case depends on the Unicode version.
            Some(true) if self.case != Case::Keep && !text.is_ascii() => Verdict::Undecided,
            Some(true) => Verdict::Accepted,
        }
    }

    fn rewrite(&self, row: usize, old: &[u8], text: &str, into: &mut Rewrite) -> Outcome<()> {
        let new = match self.case {
            Case::Keep => text.as_bytes().to_vec(),
            Case::Lower => text.as_bytes().to_ascii_lowercase(),
            Case::Upper => text.as_bytes().to_ascii_uppercase(),
        };
        if new == old { Ok(()) } else { into.replace(row, &new) }
    }
}

/// In characters.
struct Lengths {
    least: i32,
    most: i32,
}

impl Lengths {
    fn take(&self, length: usize) -> bool {
        i32::try_from(length).is_ok_and(|length| self.least <= length && length <= self.most)
    }
}

impl Glance for Lengths {
    /// A text has no more characters than bytes, and a character four bytes at most: so ASCII is told
    /// by its bytes, and other text if it has bytes enough for the least, but not for too many.
    fn accepted(&self, rows: Block<'_>) -> u64 {
        let ascii = rows.bytes().is_ascii();
        if ascii && rows.are_as_long_as(self.least, self.most) {
            return u64::MAX;
        }
        if !ascii && !rows.are_utf8() {
            return 0;
        }
        let enough = (self.least - i32::from(self.least > 0))
            .checked_mul(if ascii { 1 } else { LONGEST_CHARACTER })
            .and_then(|bytes| bytes.checked_add(i32::from(self.least > 0)));
        enough.map_or(0, |least| rows.as_long_as(least, self.most))
    }
}

/// Bytes of it in UTF-8.
const LONGEST_CHARACTER: i32 = 4;

/// The text without white space around it; `None` if a character at an end might be some.
///
/// A letter or a number is none in any Unicode version; of other characters beyond ASCII
/// only Pydantic's own engine says whether they are.
fn stripped(text: &str) -> Option<&str> {
    let left = text.trim_matches(|letter: char| matches!(letter, '\t'..='\r' | ' '));
    let sure = |letter: Option<char>| letter.is_none_or(|c| c.is_ascii() || c.is_alphanumeric());
    (sure(left.chars().next()) && sure(left.chars().next_back())).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Ranges;

    /// What is said of some texts, and what a walk through each says.
    fn check(texts: &[&[u8]], least: i32, most: i32) {
        let mut offsets = vec![0];
        offsets.extend(texts.iter().scan(0, |end, text| {
            *end += i32::try_from(text.len()).unwrap();
            Some(*end)
        }));
        let data = texts.concat();
        let block = Block::new(Ranges::new(&offsets, &data).unwrap(), 0, texts.len());
        let known = Lengths { least, most }.accepted(block);
        for (row, text) in texts.iter().enumerate() {
            let count = std::str::from_utf8(text).map(|text| text.chars().count());
            let fits = count.is_ok_and(|count| {
                i32::try_from(count).is_ok_and(|count| least <= count && count <= most)
            });
            assert!(fits || known >> row & 1 == 0, "{texts:?} {row} {least} {most}");
        }
    }

    #[test]
    fn lengths_accept_only_text_that_is_as_long() {
        let words: [&[u8]; 9] = [
            b"",
            b"a",
            "\u{e9}".as_bytes(),
            "\u{1f600}".as_bytes(),
            "n\u{e9}e".as_bytes(),
            b"abcd",
            b"\xc3",
            b"\xa9",
            b"\xf0\x9f",
        ];
        for least in 0..6 {
            for most in least..7 {
                for one in words {
                    for two in words {
                        for three in words {
                            check(&[one, two, three], least, most);
                        }
                    }
                }
            }
        }
        let known = |text: &str| {
            let offsets = [0, i32::try_from(text.len()).unwrap()];
            let texts = Ranges::new(&offsets, text.as_bytes()).unwrap();
            Lengths { least: 1, most: 8 }.accepted(Block::new(texts, 0, 1)) & 1
        };
        assert_eq!(["Zo\u{eb}", "Ada", "", "long enough"].map(known), [1, 1, 0, 0]);
    }
}
