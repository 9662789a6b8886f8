use super::*;
use crate::column::Ranges;
use crate::judge::{
    email_shape::{ACCEPTED, Address},
    machine::Machine,
};

const RESERVED: [&str; 6] = ["arpa", "local", "localhost", "onion", "test", "a.internal"];

struct Both {
    glance: EmailGlance,
    walk: Machine,
}

impl Both {
    /// `None` where there is no glance.
    fn new() -> Option<Self> {
        let reserved = RESERVED.map(String::from);
        let walk = Machine::build(&Address::new(&reserved)?)?;
        Some(Self { glance: EmailGlance::new(&reserved)?, walk })
    }

    /// What a glance accepts, however it is taken, the walk accepts; whether it did.
    fn check(&self, text: &[u8]) -> bool {
        let seen = self.seen(text, b"");
        assert_eq!(seen, self.seen(text, &[b'a'; 64]), "{text:?}");
        let plain = text.len() <= SHORT && self.glance.accepts(text, classes(text));
        assert_eq!(seen, plain, "{text:?}");
        assert!(!seen || self.walk.label(text) == ACCEPTED, "{text:?}");
        seen
    }

    fn seen(&self, text: &[u8], behind: &[u8]) -> bool {
        let data = [b"a@b.co", text, behind].concat();
        let end = i32::try_from(6 + text.len()).unwrap();
        let offsets = [6, end, i32::try_from(data.len()).unwrap()];
        let column = Ranges::new(&offsets, &data).unwrap();
        let found = self.glance.accepted(Block::new(column, 0, 2)) & 1 == 1;
        #[cfg(target_arch = "x86_64")]
        assert_eq!(found, avx2::accepted(&self.glance, Block::new(column, 0, 2)) & 1 == 1);
        found
    }
}

#[test]
fn plain_addresses_are_seen_at_a_glance() {
    let Some(both) = Both::new() else { return };
    for text in [
        "ada@b.com",
        "maria.lovelace.1@work.net",
        "!#$%&'*+-/=?^_`{|}~@x.de",
        "a@1.2.3.de",
        "a--b@x-y.z-9.museum",
        "a@mytest.latest",
        "a@internals.eightlet",
    ] {
        assert!(both.check(text.as_bytes()), "{text}");
        let text = format!("{}{text}", "a".repeat(SHORT - text.len()));
        assert!(both.check(text.as_bytes()), "{text}");
        assert!(!both.check(format!("a{text}").as_bytes()), "{text}");
    }
}

#[test]
fn a_broken_address_is_never_seen_as_a_plain_one() {
    let Some(both) = Both::new() else { return };
    for text in [
        "a@x.test",
        "adaada@local",
        "a@bb.a.internal",
        "adaada@localhost",
        "a@b.localhost",
        "adaada@b.ninelettr",
        "ada@b.d1",
        "ada@b.de.",
        "ada@bcde",
        ".ada@b.de",
        "ada.@b.de",
        "a..da@b.de",
        "ada@.b.de",
        "ada@b..de",
        "ada@-b.de",
        "ada@b-.de",
        "ada@b.-de",
        "ada@b.de-",
        "ada@x--y.de",
        "@bcdef.de",
        "ada@ada@b.de",
        "adaada.de",
        "Ada@b.de",
        "ada@B.de",
        "ada@b_c.de",
        "ada@b.de\n",
        " ada@b.de",
        "",
        "a@b.co",
        "ada@b.arpa",
    ] {
        assert!(!both.check(text.as_bytes()), "{text}");
    }
}

#[test]
fn every_byte_in_every_place_is_seen_as_the_walk_sees_it() {
    let Some(both) = Both::new() else { return };
    for good in ["ada.l@b-c.x.de", "maria.lovelace.123456789@subdomain.w-9.net"] {
        for place in 0..good.len() {
            for byte in 0..=255 {
                let mut text = good.as_bytes().to_vec();
                text[place] = byte;
                let seen = both.check(&text);
                // Nothing else is left to the walk but another case, and two hyphens.
                let left = byte.is_ascii_uppercase() || byte == b'-' || !byte.is_ascii();
                let accepted = byte.is_ascii() && both.walk.label(&text) == ACCEPTED;
                assert!(seen == accepted || left, "{place} {byte}");
            }
        }
    }
}

#[test]
fn random_texts_near_addresses_are_seen_as_the_walk_sees_them() {
    let Some(both) = Both::new() else { return };
    let parts = ["a", "x9", "-", ".", "@", "de", "test", "local", "A", "+", "\u{e9}", " ", "."];
    let mut state = 1_u64;
    let mut seen = 0;
    for _ in 0..200_000 {
        let mut text = String::new();
        for _ in 0..10 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(parts[usize::try_from(state >> 33).unwrap() % parts.len()]);
        }
        seen += usize::from(both.check(text.as_bytes()));
    }
    assert!(seen > 50, "{seen}");
}
