//! E-mail addresses as Pydantic's `EmailStr` reads them: plain ASCII ones decided here.

use crate::{
    column::{Column, Slots},
    fault::Outcome,
};

use super::{
    decided::{Decided, Reason, Rewrite, Verdict, texts},
    email_shape::{ACCEPTED, Address, CHANGED, LONGEST_FOLDED, REFUSED},
    machine::Machine,
    rows::for_others,
};

/// No part of an address of so many bytes is too long for any limit.
const SHORT: usize = 63;
/// RFC 5321 section 4.5.3.1, with the errata of RFC 3696.
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;
/// RFC 1035 section 2.3.1.
const LONGEST_LABEL: usize = 63;

/// A rule for e-mail addresses.
pub struct Email {
    shape: Machine,
    folded: Vec<String>,
    least: usize,
    most: usize,
}

impl Email {
    /// `reserved`: domains that are refused. `folded`: mailboxes whose case goes, in lower case.
    ///
    /// What is accepted has between `least` and `most` code points, or is left undecided.
    /// `None` if the lists are not of the plain form that is understood here.
    #[must_use]
    pub fn new(
        reserved: &[String],
        folded: Vec<String>,
        least: usize,
        most: usize,
    ) -> Option<Self> {
        let plain = folded.iter().all(|name| {
            name.len() <= usize::from(LONGEST_FOLDED)
                && name.bytes().all(|byte| byte.is_ascii_lowercase())
        });
        let shape = Machine::build(&Address::new(reserved)?)?;
        plain.then_some(Self { shape, folded, least, most })
    }

    /// Pydantic's verdict on text values.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        let texts = texts(column)?;
        let mut decided = Decided::clean();
        let mut rewrite = Rewrite::new(texts);
        let most = self.most.min(SHORT);
        let fits = |text: &[u8]| (self.least <= text.len()) & (text.len() <= most);
        for_others(column, texts, Some((&self.shape, ACCEPTED)), fits, |row| {
            let text = texts.get(row);
            let verdict = self.verdict(text);
            decided.note(row, verdict);
            if verdict == Verdict::Accepted && text.iter().any(u8::is_ascii_uppercase) {
                let new = self.normalised(text);
                if new != text {
                    rewrite.replace(row, &new)?;
                }
            }
            Ok(())
        })?;
        decided.values = rewrite.finish()?;
        Ok(decided)
    }

    fn verdict(&self, text: &[u8]) -> Verdict {
        if !text.is_ascii() || text.len() > LONGEST {
            return Verdict::Undecided;
        }
        match self.shape.label(text) {
            REFUSED => Verdict::Rejected(Reason::BadValue),
            ACCEPTED | CHANGED if self.short_enough(text) => Verdict::Accepted,
            _ => Verdict::Undecided,
        }
    }

    /// Within every limit on the whole and its parts.
    fn short_enough(&self, text: &[u8]) -> bool {
        let local = at_sign(text);
        (self.least..=self.most).contains(&text.len())
            && local <= LONGEST_LOCAL
            && text[local..]
                .split(|&byte| byte == b'.' || byte == b'@')
                .all(|label| label.len() <= LONGEST_LABEL)
    }

    /// The domain in lower case; the mailbox too, if its name is one of those.
    fn normalised(&self, text: &[u8]) -> Vec<u8> {
        let local = at_sign(text);
        let mut new = text.to_vec();
        new[local..].make_ascii_lowercase();
        if self.folded.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(&text[..local])) {
            new.make_ascii_lowercase();
        }
        new
    }
}

fn at_sign(text: &[u8]) -> usize {
    text.iter().position(|&byte| byte == b'@').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Bytes, Ranges, Values};
    use crate::judge::decided::Accepted;

    fn rule(least: usize, most: usize) -> Email {
        let names = ["arpa", "invalid", "local", "localhost", "onion", "test", "a.internal"];
        Email::new(&names.map(String::from), vec!["info".into()], least, most).unwrap()
    }

    fn verdict(text: &str) -> Verdict {
        rule(0, usize::MAX).verdict(text.as_bytes())
    }

    #[test]
    fn plain_addresses_are_accepted() {
        for text in [
            "a@b.co",
            "A.b-c_d+e@x-y.z9.museum",
            "o'neill@x.de",
            "!#$%&'*+-/=?^_`{|}~@x.de",
            "a@test.de",
            "a@mylocal.latest",
            "a@1.2.de",
            "a@x.xn",
            "a@x-n.de",
            "a@internal",
            "a@b.internal",
        ] {
            let expected = if text == "a@internal" {
                Verdict::Rejected(Reason::BadValue)
            } else {
                Verdict::Accepted
            };
            assert_eq!(verdict(text), expected, "{text}");
        }
    }

    #[test]
    fn shapes_that_no_version_accepts_are_rejected() {
        for text in [
            "",
            "a",
            "a@",
            "@b.de",
            "a@b",
            "a@b.d1",
            "a@.de",
            "a@b..de",
            "a@b.de.",
            "a@-b.de",
            "a@b-.de",
            "a@b.-de",
            ".a@b.de",
            "a.@b.de",
            "a..b@c.de",
            "a@b@c.de",
            "a b@c.de",
            "a@b c.de",
            "a,b@c.de",
            "a@b_c.de",
            "a@ab--c.de",
            "a@x.test",
            "a@X.TEST",
            "a@test",
            "a@localhost",
            "a@y.a.internal",
            "a@a.internal",
            "a(b)@c.de",
            "a\\b@c.de",
            "a@b.de-",
        ] {
            assert_eq!(verdict(text), Verdict::Rejected(Reason::BadValue), "{text}");
        }
    }

    #[test]
    fn other_notations_are_left_to_pydantic() {
        for text in [
            " a@b.de",
            "a@b.de ",
            "a@b.de\n",
            "a@\tb.de",
            "<a@b.de>",
            "A <a@b.de>",
            "\"a\"@b.de",
            "a@[1.2.3.4]",
            "a@xn--bcher-kva.de",
            "a@axn--b.de",
            "ä@b.de",
            "a@bü.de",
            "a\x7f@b.de",
            "no at ",
        ] {
            assert_eq!(verdict(text), Verdict::Undecided, "{text}");
        }
        for (local, label) in [(65, 3), (3, 64), (64, 63)] {
            let text = format!("{}@{}.de", "a".repeat(local), "b".repeat(label));
            let fits = local <= 64 && label <= 63;
            assert_eq!(verdict(&text) == Verdict::Accepted, fits);
            assert_eq!(verdict(&text) == Verdict::Undecided, !fits);
        }
        assert_eq!(verdict(&format!("a@{}de", "b.".repeat(126))), Verdict::Undecided);
        assert_eq!(rule(7, 9).verdict(b"a@b.de"), Verdict::Undecided);
        assert_eq!(rule(7, 9).verdict(b"aa@bbb.com"), Verdict::Undecided);
        assert_eq!(rule(7, 9).verdict(b"a@bb.de"), Verdict::Accepted);
    }

    #[test]
    fn accepted_domains_come_out_in_lower_case() {
        let data = b"Jo@X.deINFO@x.dea@b.deInfos@x.COM";
        let offsets = [0, 7, 16, 22, 33];
        let column = Column {
            len: 4,
            validity: None,
            values: Values::Text(Bytes::Small(Ranges::new(&offsets, data).unwrap())),
        };
        let found = rule(0, usize::MAX).decide(&column).unwrap();
        assert!(found.undecided.is_empty() && found.rejected.is_empty());
        let Accepted::Text(values) = found.values else { panic!() };
        assert_eq!(values.data, b"Jo@x.deinfo@x.dea@b.deInfos@x.com");
        assert_eq!(values.offsets, offsets);
    }
}
