//! Closed lists of text, and UUIDs.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

use crate::{
    column::{Column, Slots},
    fault::Outcome,
};

use super::{
    decided::{Decided, Reason, Rewrite, Verdict, texts},
    machine::{Machine, Walk},
    rows::{Glance, Walked, for_others},
    short_list::ShortList,
};

/// A rule for text that has to be one of a list.
pub struct Listed {
    members: HashSet<Box<[u8]>, BuildHasherDefault<Mixed>>,
    machine: Option<Machine>,
    short: Option<ShortList>,
    /// Whether others are rejected, or left undecided.
    rejects: bool,
}

impl Listed {
    /// The list; `rejects` if Pydantic accepts nothing else.
    #[must_use]
    pub fn new(members: &[String], rejects: bool) -> Self {
        let machine = Tree::new(members).and_then(|tree| Machine::build(&tree));
        let short = ShortList::new(members);
        let members = members.iter().map(|member| member.as_bytes().into()).collect();
        Self { members, machine, short, rejects }
    }

    /// Whether no text is left undecided.
    #[must_use]
    pub fn decides_all(&self) -> bool {
        self.rejects
    }

    /// Pydantic's verdict on text values.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        let texts = texts(column)?;
        let mut decided = Decided::clean();
        let other =
            if self.rejects { Verdict::Rejected(Reason::NotListed) } else { Verdict::Undecided };
        let machine = self.machine.as_ref().map(|machine| (machine, 1));
        let fits = |text: &[u8]| machine.is_some() || self.members.contains(text);
        let short = self.short.as_ref().map(|short| short as &dyn Glance);
        for_others(column, texts, short, &Walked { machine, fits }, |row| {
            if !self.members.contains(texts.get(row)) {
                decided.note(row, other);
            }
            Ok(())
        })?;
        Ok(decided)
    }
}

/// The members as a walk: a place in the tree of their letters; `None` beside it.
struct Tree(Vec<(Vec<(u8, u32)>, u8)>);

impl Tree {
    fn new(members: &[String]) -> Option<Self> {
        let mut tree = Self(vec![(Vec::new(), 0)]);
        for member in members.iter().filter(|member| member.is_ascii()) {
            let mut at = 0_u32;
            for byte in member.bytes() {
                at = match tree.next(at, byte) {
                    Some(to) => to,
                    None => {
                        let to = u32::try_from(tree.0.len()).ok()?;
                        tree.0.push((Vec::new(), 0));
                        tree.0[at as usize].0.push((byte, to));
                        to
                    }
                };
            }
            tree.0[at as usize].1 = 1;
        }
        Some(tree)
    }

    fn next(&self, at: u32, byte: u8) -> Option<u32> {
        self.0[at as usize].0.iter().find(|&&(one, _)| one == byte).map(|&(_, to)| to)
    }
}

impl Walk for Tree {
    type State = Option<u32>;

    fn start(&self) -> Self::State {
        Some(0)
    }
    fn step(&self, state: &Self::State, byte: u8) -> Self::State {
        self.next((*state)?, byte)
    }
    fn label(&self, state: &Self::State) -> u8 {
        state.map_or(0, |at| self.0[at as usize].1)
    }
}

/// A quick hash for a table that no stranger fills: data is looked up in it, never added.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            let mixed = (self.0.rotate_left(23) ^ u64::from_le_bytes(word))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = mixed ^ (mixed >> 29);
        }
    }
}

/// A rule for UUIDs, of one version (RFC 9562) or any.
pub struct Uuid {
    /// The version, 1 to 8.
    pub version: Option<u8>,
}

impl Uuid {
    /// Pydantic's verdict on text values; accepted ones come out in lower case.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        let texts = texts(column)?;
        let mut decided = Decided::clean();
        let mut rewrite = Rewrite::new(texts);
        for row in (0..column.len).filter(|&row| column.is_valid(row)) {
            let text = texts.get(row);
            match self.shape(text) {
                Some(false) => {}
                Some(true) => rewrite.replace(row, &text.to_ascii_lowercase())?,
                None => decided.note(row, unusual_uuid(text)),
            }
        }
        decided.values = rewrite.finish()?;
        Ok(decided)
    }

    /// Whether an 8-4-4-4-12 UUID has upper-case letters; `None` if it is another.
    fn shape(&self, text: &[u8]) -> Option<bool> {
        let bytes = <&[u8; 36]>::try_from(text).ok()?;
        let (mut wrong, mut upper) = (false, false);
        for (place, &byte) in bytes.iter().enumerate() {
            if matches!(place, 8 | 13 | 18 | 23) {
                wrong |= byte != b'-';
            } else {
                wrong |= !byte.is_ascii_hexdigit();
                upper |= byte.is_ascii_uppercase();
            }
        }
        if let Some(version) = self.version {
            wrong |= bytes[14] != b'0' + version;
            wrong |= !matches!(bytes[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
        }
        (!wrong).then_some(upper)
    }
}

/// A byte that no notation of a UUID has decides.
fn unusual_uuid(text: &[u8]) -> Verdict {
    let foreign = |byte: &u8| {
        byte.is_ascii_graphic() && !byte.is_ascii_hexdigit() && !b"-{}:urnidURNID".contains(byte)
    };
    if text.is_ascii() && text.iter().any(foreign) {
        return Verdict::Rejected(Reason::UuidParsing);
    }
    Verdict::Undecided
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Bytes, Ranges, Values};

    fn column<'a>(offsets: &'a [i32], data: &'a str) -> Column<'a> {
        Column {
            len: offsets.len() - 1,
            validity: None,
            values: Values::Text(Bytes::Small(Ranges::new(offsets, data.as_bytes()).unwrap())),
        }
    }

    #[test]
    fn members_are_accepted_and_others_are_not() {
        let short = ["red", "", "blue", "bl\u{e9}"].map(String::from);
        let long: Vec<String> = (0..3000).map(|n| format!("{n}")).chain(short.clone()).collect();
        let text = column(&[0, 3, 3, 7, 10, 12, 15, 17], "redbluebluéeRedre");
        for list in [&short[..], &long] {
            let found = Listed::new(list, true).decide(&text).unwrap();
            assert_eq!(found.rejected, [(Reason::NotListed, vec![3, 4, 5, 6])]);
            assert_eq!(Listed::new(list, false).decide(&text).unwrap().undecided, [3, 4, 5, 6]);
        }
        assert!(Listed::new(&short, true).machine.is_some());
        assert!(Listed::new(&long, true).machine.is_none());
    }

    #[test]
    fn uuids_come_out_in_lower_case() {
        let rule = Uuid { version: Some(4) };
        assert_eq!(rule.shape(b"123e4567-e89b-42d3-a456-426614174000"), Some(false));
        assert_eq!(rule.shape(b"123E4567-e89b-42d3-A456-426614174000"), Some(true));
        for text in
            ["123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-42d3-c456-426614174000", ""]
        {
            assert_eq!(rule.shape(text.as_bytes()), None);
        }
        assert_eq!(unusual_uuid(b"{123}"), Verdict::Undecided);
        assert_eq!(unusual_uuid(b"12g"), Verdict::Rejected(Reason::UuidParsing));
    }
}
