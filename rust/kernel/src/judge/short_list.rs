//! A closed list of a few short texts: one multiplication says which of them a text can be.

use super::{
    digits::{HEAD, Placed},
    machine::Piece,
    rows::{Block, Glance, bits},
};

const SLOTS: usize = 64;
const MOST: usize = 16;
const TRIES: u64 = 1_000;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Members of at most 15 bytes, each in a slot of its own.
pub(crate) struct ShortList {
    factor: u64,
    members: Box<[u128; SLOTS]>,
}

impl ShortList {
    /// `None` if there are too many, or none that is short enough. Longer ones are not in it.
    pub fn new(members: &[String]) -> Option<Self> {
        let short = members.iter().filter(|member| member.len() < HEAD);
        let mut words: Vec<u128> = short
            .map(|member| word(Placed::new(member.as_bytes(), Piece { at: 0, len: member.len() })))
            .collect();
        words.sort_unstable();
        words.dedup();
        if words.is_empty() || words.len() > MOST {
            return None;
        }
        (1..TRIES).find_map(|number| Self::with(number.wrapping_mul(FACTOR) | 1, &words))
    }

    /// The list with this factor; `None` if two members fall in one slot.
    fn with(factor: u64, words: &[u128]) -> Option<Self> {
        // No text has this word: the length in it is one that none has.
        let mut list = Self { factor, members: Box::new([u128::MAX; SLOTS]) };
        for &word in words {
            let slot = list.slot(word);
            if list.members[slot] != u128::MAX {
                return None;
            }
            list.members[slot] = word;
        }
        Some(list)
    }

    #[inline]
    fn slot(&self, word: u128) -> usize {
        #[allow(clippy::cast_possible_truncation)] // one half and the other
        let mixed = (word as u64 ^ ((word >> 64) as u64).rotate_left(29)).wrapping_mul(self.factor);
        (mixed >> 58) as usize
    }

    #[inline]
    fn holds(&self, text: Placed<'_>) -> bool {
        let word = word(text);
        text.len() < HEAD && self.members[self.slot(word)] == word
    }
}

/// A text of at most 15 bytes and its length; of a longer one, whatever.
#[inline]
fn word(text: Placed<'_>) -> u128 {
    let length = text.len() % HEAD;
    text.head() & ((1 << (8 * length)) - 1) | (length as u128) << 120
}

impl Glance for ShortList {
    fn accepted(&self, rows: Block<'_>) -> u64 {
        let mut pieces = rows.pieces();
        bits(rows.len(), |_| {
            pieces.next().is_some_and(|piece| self.holds(Placed::new(rows.span, piece)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(list: &ShortList, text: &str) -> bool {
        let behind = [text.as_bytes(), &[0xff; HEAD]].concat();
        let piece = Placed::alone(text.as_bytes());
        let found = list.holds(piece);
        assert_eq!(found, list.holds(Placed::new(&behind, Piece { at: 0, len: text.len() })));
        found
    }

    #[test]
    fn members_are_held_and_their_neighbours_are_not() {
        let members =
            ["", "a", "b", "gold", "\0", "standard", "fifteen letters", "sixteen letters!"];
        let list = ShortList::new(&members.map(String::from)).unwrap();
        for member in members {
            assert_eq!(holds(&list, member), member.len() < HEAD, "{member}");
            for other in [format!("{member}\0"), format!("{member}\n"), format!(" {member}")] {
                let expected = other.len() < HEAD && members.contains(&other.as_str());
                assert_eq!(holds(&list, &other), expected, "{other:?}");
            }
            for place in 0..member.len() {
                for byte in 0..128_u8 {
                    let mut other = member.as_bytes().to_vec();
                    other[place] = byte;
                    let other = String::from_utf8(other).unwrap();
                    let expected = other.len() < HEAD && members.contains(&other.as_str());
                    assert_eq!(holds(&list, &other), expected, "{other:?}");
                }
                assert_eq!(holds(&list, &member[..place]), members.contains(&&member[..place]));
            }
        }
    }

    #[test]
    fn other_lists_are_not_short() {
        let many: Vec<String> = (0..=MOST).map(|number| number.to_string()).collect();
        assert!(ShortList::new(&many).is_none());
        assert!(ShortList::new(&many[1..]).is_some());
        assert!(ShortList::new(&["a".repeat(HEAD)]).is_none());
        assert!(ShortList::new(&[]).is_none());
    }
}
