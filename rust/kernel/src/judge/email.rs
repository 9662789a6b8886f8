//! E-mail addresses as Pydantic's `EmailStr` reads them: plain ASCII ones decided here.

use crate::{
    column::{Column, Slots},
    fault::Outcome,
};

use super::{
    decided::{Decided, Reason, Rewrite, Verdict, texts},
    email_glance::EmailGlance,
    email_notation::{IN_DOMAINS, at_sign, bare, plain_letters},
    email_shape::{ACCEPTED, Address, CHANGED, LONGEST_FOLDED, REFUSED},
    machine::Machine,
    rows::{Glance, Walked, for_others},
};

/// No part of an address of so many bytes is too long for any limit.
const SHORT: usize = 63;
/// Longer text is left to Pydantic, which takes 2048 code points.
const READ: usize = 1_024;
/// RFC 5321 section 4.5.3.1, with the errata of RFC 3696.
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;
/// RFC 1035 section 2.3.1.
const LONGEST_LABEL: usize = 63;

/// A rule for e-mail addresses.
pub struct Email {
    shape: Machine,
    glance: Option<EmailGlance>,
    folded: Vec<String>,
    long_locals: bool,
}

impl Email {
    /// `reserved`: domains that are refused. `folded`: mailboxes whose case goes, in lower case.
    /// `long_locals`: whether more than 64 letters are accepted before the at-sign.
    ///
    /// `None` if the lists are not of the plain form that is understood here.
    #[must_use]
    pub fn new(reserved: &[String], folded: Vec<String>, long_locals: bool) -> Option<Self> {
        let plain = folded.iter().all(|name| {
            name.len() <= usize::from(LONGEST_FOLDED)
                && name.bytes().all(|byte| byte.is_ascii_lowercase())
        });
        let plain = plain && reserved.iter().all(|name| !name.as_bytes().contains(&IN_DOMAINS));
        let shape = Machine::build(&Address::new(reserved)?)?;
        plain.then_some(Self { shape, glance: EmailGlance::new(reserved), folded, long_locals })
    }

    /// Pydantic's verdict on text values.
    pub fn decide(&self, column: &Column) -> Outcome<Decided> {
        let texts = texts(column)?;
        let mut decided = Decided::clean();
        let mut rewrite = Rewrite::new(texts);
        let fits = |text: &[u8]| text.len() <= SHORT;
        let walked = Walked { machine: Some((&self.shape, ACCEPTED)), fits };
        let glance = self.glance.as_ref().map(|glance| glance as &dyn Glance);
        for_others(column, texts, glance, &walked, |row| {
            let text = texts.get(row);
            let address = bare(text);
            let verdict = self.verdict_within(text, address);
            decided.note(row, verdict);
            if verdict == Verdict::Accepted {
                let new = self.normalised(address);
                if new != text {
                    rewrite.replace(row, &new)?;
                }
            }
            Ok(())
        })?;
        decided.values = rewrite.finish()?;
        Ok(decided)
    }

    /// The verdict on a text that is an address, and what stands around it.
    fn verdict_within(&self, text: &[u8], address: &[u8]) -> Verdict {
        if text.len() > READ { Verdict::Undecided } else { self.verdict(address) }
    }

    fn verdict(&self, address: &[u8]) -> Verdict {
        let Some(plain) = plain_letters(address) else { return Verdict::Undecided };
        match self.shape.label(&plain) {
            REFUSED => Verdict::Rejected(Reason::BadValue),
            ACCEPTED | CHANGED if address.len() <= LONGEST && self.short_parts(&plain) => {
                Verdict::Accepted
            }
            ACCEPTED | CHANGED => Verdict::Rejected(Reason::BadValue),
            _ => Verdict::Undecided,
        }
    }

    fn short_parts(&self, plain: &[u8]) -> bool {
        let local = at_sign(plain);
        let mut labels = plain[local..].split(|&byte| byte == b'.' || byte == b'@');
        (self.long_locals || local <= LONGEST_LOCAL)
            && labels.all(|label| label.len() <= LONGEST_LABEL)
    }

    /// The domain in lower case; the mailbox too, if its name is one of those.
    fn normalised(&self, address: &[u8]) -> Vec<u8> {
        let local = at_sign(address);
        let mut new = address.to_vec();
        new[local..].make_ascii_lowercase();
        if self.folded.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(&address[..local])) {
            new.make_ascii_lowercase();
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Bytes, Ranges, Values};
    use crate::judge::decided::Accepted;

    fn rule() -> Email {
        let names = ["arpa", "invalid", "local", "localhost", "onion", "test", "a.internal"];
        Email::new(&names.map(String::from), vec!["info".into()], false).unwrap()
    }

    fn verdict(text: &str) -> Verdict {
        rule().verdict_within(text.as_bytes(), bare(text.as_bytes()))
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
    fn composed_latin_letters_are_letters() {
        assert_eq!(verdict("jos\u{e9}.\u{141}@b.de"), Verdict::Accepted);
        assert_eq!(verdict("jos\u{e9}.@b.de"), Verdict::Rejected(Reason::BadValue));
        assert_eq!(verdict("inf\u{f6}"), Verdict::Rejected(Reason::BadValue));
        assert_eq!(verdict("a@b\u{fc}.X.de"), Verdict::Accepted);
        for text in ["a@b\u{fc}-.de", "a@b\u{fc}--x.de", "a@b\u{fc}.test"] {
            assert_eq!(verdict(text), Verdict::Rejected(Reason::BadValue), "{text}");
        }
        for text in [
            "jose\u{301}@b.de",
            "\u{d7}@b.de",
            "a@b\u{dc}.de",
            "a\u{180}@b.de",
            "\u{80}@b.de",
            "a@b.d\u{e9}",
            "a@\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}.de",
            "a@\u{f7}.de",
            "a@xn--\u{e9}.de",
        ] {
            assert_eq!(verdict(text), Verdict::Undecided, "{text}");
        }
    }

    #[test]
    fn other_notations_are_left_to_pydantic() {
        for text in [
            "a@b.de\n",
            "a@\tb.de",
            "O'Neill <a@b.de>",
            "\"a\"@b.de",
            "A <a@b.de> b",
            "a@b.de\x1f",
            "a@[1.2.3.4]",
            "a@xn--bcher-kva.de",
            "a@axn--b.de",
            "a\x7f@b.de",
            "<<a@b.de>>",
        ] {
            assert_eq!(verdict(text), Verdict::Undecided, "{text}");
        }
        assert_eq!(verdict(&format!("{}@b.de", "a".repeat(READ))), Verdict::Undecided);
        // What stands around an address counts towards its length.
        assert_eq!(verdict(&format!("{}a@b.de", " ".repeat(READ))), Verdict::Undecided);
        assert_eq!(verdict(&format!("{} <a@b.de>", "A".repeat(READ))), Verdict::Undecided);
    }

    #[test]
    fn no_part_is_too_long() {
        let wide = Email::new(&[], Vec::new(), true).unwrap();
        for (local, label, narrow, broad) in [
            (64, 63, true, true),
            (65, 3, false, true),
            (3, 64, false, false),
            (191, 60, false, true),
            (192, 60, false, false),
        ] {
            let text = format!("{}@{}.d", "a".repeat(local), "b".repeat(label));
            for (rule, fits) in [(&rule(), narrow), (&wide, broad)] {
                let expected =
                    if fits { Verdict::Accepted } else { Verdict::Rejected(Reason::BadValue) };
                assert_eq!(rule.verdict(text.as_bytes()), expected, "{local} {label}");
            }
        }
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
        let found = rule().decide(&column).unwrap();
        assert!(found.undecided.is_empty() && found.rejected.is_empty());
        let Accepted::Text(values) = found.values else { panic!() };
        assert_eq!(values.data, b"Jo@x.deinfo@x.dea@b.deInfos@x.com");
        assert_eq!(values.offsets, offsets);
    }
}
