//! The shape of an address as one walk: what every email-validator 2.x accepts, what every one
//! refuses, and what it has to be asked about.

use super::machine::Walk;

/// Refused.
pub(crate) const REFUSED: u8 = 0;
/// Accepted, if it is not too long.
pub(crate) const ACCEPTED: u8 = 1;
/// Not known.
pub(crate) const UNKNOWN: u8 = 2;
/// Accepted, if it is not too long; it may come out in another case.
pub(crate) const CHANGED: u8 = 3;
/// No mailbox whose case goes has a longer name.
pub(crate) const LONGEST_FOLDED: u8 = 10;

/// Where a walk through an address stands.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// Before the first byte.
    Start,
    /// In the local part.
    Local(Local),
    /// After the at-sign.
    Domain(Domain),
    /// Refused unless white space or another notation follows; `space` if the last byte is one.
    Broken { space: bool },
    /// Another notation, white space around it, an international domain.
    Unknown,
}

/// Where a walk through a local part stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Local {
    /// Whether the last byte is a dot, so that a letter has to follow.
    dot: bool,
    /// Letters, if there is nothing else and they are few.
    letters: Option<u8>,
    /// Whether one of them is upper-case.
    upper: bool,
}

/// Where a walk through a domain stands.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Domain {
    /// Bytes of the label so far, 4 for more.
    label: u8,
    /// Whether there was a dot.
    dotted: bool,
    /// Whether the last byte is a hyphen.
    hyphen: bool,
    /// Whether the last byte is a letter.
    letter: bool,
    /// Whether the label's bytes are an `x`, then an `n`.
    xn: bool,
    /// How much of `xn--` the last bytes are.
    punycode: u8,
    /// Whether the domain has upper-case letters, or the mailbox might be one whose case goes.
    changes: bool,
    /// Ways into the tree of reserved names that end here, lowest first.
    reserved: Vec<u16>,
}

/// The walk; knows the reserved domains.
pub(crate) struct Address {
    tree: Vec<Branch>,
}

#[derive(Default)]
struct Branch {
    next: Vec<(u8, u16)>,
    ends: bool,
}

impl Address {
    /// `reserved` names and all below them are refused.
    pub fn new(reserved: &[String]) -> Option<Self> {
        let mut tree = vec![Branch::default()];
        for name in reserved {
            let mut at = 0_usize;
            for &byte in name.as_bytes() {
                if !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.') {
                    return None;
                }
                let known = tree[at].next.iter().find(|&&(one, _)| one == byte).map(|&(_, to)| to);
                at = match known {
                    Some(to) => usize::from(to),
                    None => {
                        let to = tree.len();
                        tree.push(Branch::default());
                        tree[at].next.push((byte, u16::try_from(to).ok()?));
                        to
                    }
                };
            }
            if at == 0 {
                return None;
            }
            tree[at].ends = true;
        }
        Some(Self { tree })
    }

    fn further(&self, ways: &[u16], byte: u8) -> Vec<u16> {
        let step = |&way: &u16| {
            let branch = &self.tree[usize::from(way)];
            branch.next.iter().find(|&&(one, _)| one == byte).map(|&(_, to)| to)
        };
        ways.iter().filter_map(step).collect()
    }

    fn after(&self, place: &Domain, byte: u8) -> Place {
        let changes = place.changes || byte.is_ascii_uppercase();
        let byte = byte.to_ascii_lowercase();
        let mut reserved = self.further(&place.reserved, byte);
        if byte == b'.' {
            if place.label == 0 || place.hyphen {
                return Place::Broken { space: false };
            }
            reserved.insert(0, 0);
            return Place::Domain(Domain { dotted: true, reserved, ..Domain::start(changes) });
        }
        let hyphen = byte == b'-';
        if hyphen && place.label == 0 {
            return Place::Broken { space: false };
        }
        let punycode = match (place.punycode, byte) {
            (_, b'x') => 1,
            (1, b'n') => 2,
            (2, b'-') => 3,
            (3, b'-') => return Place::Unknown,
            _ => 0,
        };
        if hyphen && place.hyphen && place.label == 3 && !place.xn {
            return Place::Broken { space: false };
        }
        Place::Domain(Domain {
            label: (place.label + 1).min(4),
            dotted: place.dotted,
            hyphen,
            letter: byte.is_ascii_lowercase(),
            xn: match place.label {
                0 => byte == b'x',
                1 => place.xn && byte == b'n',
                2 | 3 => place.xn,
                _ => false,
            },
            punycode,
            changes,
            reserved,
        })
    }
}

impl Local {
    /// As after a dot: a letter has to follow.
    fn start() -> Self {
        Self { dot: true, letters: Some(0), upper: false }
    }

    fn after(self, byte: u8) -> Option<Self> {
        let fine = if byte == b'.' { !self.dot } else { is_atext(byte) };
        let few =
            self.letters.filter(|&count| byte.is_ascii_alphabetic() && count < LONGEST_FOLDED);
        let upper = few.is_some() && (self.upper || byte.is_ascii_uppercase());
        fine.then_some(Self { dot: byte == b'.', letters: few.map(|count| count + 1), upper })
    }
}

impl Domain {
    fn start(changes: bool) -> Self {
        Self {
            label: 0,
            dotted: false,
            hyphen: false,
            letter: false,
            xn: false,
            punycode: 0,
            changes,
            reserved: vec![0],
        }
    }
}

impl Walk for Address {
    type State = Place;

    fn start(&self) -> Place {
        Place::Start
    }

    fn step(&self, place: &Place, byte: u8) -> Place {
        let broken = Place::Broken { space: byte == b' ' };
        match (place, byte) {
            // Line ends, other white space, quotes, display names, address literals.
            (Place::Unknown, _) | (_, 0..b' ' | b'"' | b'<' | b'>' | b'[' | b']' | 127..) => {
                Place::Unknown
            }
            (Place::Start, b' ') => Place::Unknown,
            (Place::Broken { .. }, _) => broken,
            (Place::Start, _) => Local::start().after(byte).map_or(broken, Place::Local),
            (Place::Local(local), b'@') if !local.dot => {
                Place::Domain(Domain::start(local.letters.is_some() && local.upper))
            }
            (Place::Local(local), _) => local.after(byte).map_or(broken, Place::Local),
            (Place::Domain(place), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.') => {
                self.after(place, byte)
            }
            (Place::Domain(_), _) => broken,
        }
    }

    fn label(&self, place: &Place) -> u8 {
        match place {
            Place::Unknown | Place::Broken { space: true } => UNKNOWN,
            Place::Domain(end) => {
                let reserved = end.reserved.iter().any(|&way| self.tree[usize::from(way)].ends);
                match (end.dotted && end.letter && !reserved, end.changes) {
                    (false, _) => REFUSED,
                    (true, false) => ACCEPTED,
                    (true, true) => CHANGED,
                }
            }
            _ => REFUSED,
        }
    }
}

/// RFC 5322 section 3.2.3.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}
