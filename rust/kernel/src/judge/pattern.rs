//! Patterns as `regex::Regex::new(pattern).is_match(text)` reads them, which is how Pydantic does.
//!
//! ASCII text goes through an automaton of the pattern's ASCII part, other text through the
//! `regex` engine itself. What a pattern says of other text can depend on the tables of one
//! Unicode version, which may not be Pydantic's: that is left undecided.

use regex_automata::{
    Anchored, MatchKind,
    dfa::{Automaton, StartKind, dense},
    meta,
    nfa::thompson,
    util::{primitives::StateID, start, syntax},
};
use regex_syntax::{
    Parser, ast,
    hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition},
};

use super::{
    machine::{Machine, Walk},
    shape::Shape,
    tables::Tables,
};

/// As `regex::Regex` has them.
const NFA_SIZE: usize = 10 * (1 << 20);
const CACHE_SIZE: usize = 2 * (1 << 20);
/// Of the automaton while it is built. Beyond, the engine itself reads ASCII text too.
const DFA_SIZE: usize = 4 * (1 << 20);

/// A compiled pattern.
pub struct Pattern {
    ascii: Option<Machine>,
    shape: Option<Shape>,
    any: meta::Regex,
    tables: Tables,
    /// Whether the tables it takes its meaning from are known to be Pydantic's.
    trusted: bool,
}

impl Pattern {
    /// Compile; `None` if `regex::Regex::new` would refuse it.
    #[must_use]
    pub fn new(pattern: &str) -> Option<Self> {
        let ast = ast::parse::Parser::new().parse(pattern).ok()?;
        let config = meta::Config::new()
            .nfa_size_limit(Some(NFA_SIZE))
            .hybrid_cache_capacity(CACHE_SIZE)
            .match_kind(MatchKind::LeftmostFirst)
            .utf8_empty(true);
        let any = meta::Builder::new()
            .configure(config)
            .syntax(syntax::Config::new().utf8(true))
            .build(pattern)
            .ok()?;
        let tables = Tables::of(pattern, &ast);
        let plain = ascii_part(&Parser::new().parse(pattern).ok()?);
        let (ascii, shape) = (automaton(&plain), Shape::of(&plain));
        Some(Self { ascii, shape, any, tables, trusted: false })
    }

    /// Classes whose Unicode tables decide what it says of text beyond ASCII.
    ///
    /// `None` if more than classes does: case is folded by tables too.
    #[must_use]
    pub fn tables(&self) -> Option<&[String]> {
        (!self.tables.folds).then_some(&self.tables.classes)
    }

    /// The same pattern, once those tables are known to be Pydantic's own.
    #[must_use]
    pub fn trusting(self) -> Self {
        Self { trusted: true, ..self }
    }

    /// Whether the pattern has a small automaton for ASCII text.
    #[must_use]
    pub fn is_automaton(&self) -> bool {
        self.ascii.is_some()
    }

    /// Whether the verdict on text beyond ASCII is the same under every Unicode version.
    #[must_use]
    pub fn decides_all(&self) -> bool {
        self.trusted || (!self.tables.folds && self.tables.classes.is_empty())
    }

    pub(crate) fn machine(&self) -> Option<&Machine> {
        self.ascii.as_ref()
    }

    /// What all ASCII text that it is found in looks like, if that is one length.
    pub(crate) fn shape(&self) -> Option<&Shape> {
        self.shape.as_ref()
    }

    /// Whether it is found in the text; `None` if that depends on a Unicode version.
    #[must_use]
    pub fn found_in(&self, text: &str) -> Option<bool> {
        let ascii = text.is_ascii();
        if ascii && let Some(machine) = &self.ascii {
            return Some(machine.label(text.as_bytes()) == 1);
        }
        (ascii || self.decides_all()).then(|| self.any.is_match(text))
    }
}

/// The automaton of what the pattern says of ASCII text.
fn automaton(pattern: &Hir) -> Option<Machine> {
    let nfa = thompson::Compiler::new()
        .configure(thompson::Config::new().utf8(false).nfa_size_limit(Some(NFA_SIZE)))
        .build_from_hir(pattern)
        .ok()?;
    let config = dense::Config::new()
        .start_kind(StartKind::Unanchored)
        .match_kind(MatchKind::LeftmostFirst)
        .dfa_size_limit(Some(DFA_SIZE))
        .determinize_size_limit(Some(DFA_SIZE));
    let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()?;
    let start = dfa.start_state(&start::Config::new().anchored(Anchored::No)).ok()?;
    Machine::build(&Search { dfa, start })
}

/// The pattern without what no ASCII text can match.
fn ascii_part(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(text) if text.0.is_ascii() => Hir::literal(text.0.clone()),
        HirKind::Literal(_) => Hir::fail(),
        HirKind::Class(Class::Unicode(class)) => {
            let mut kept = class.clone();
            kept.intersect(&ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')]));
            Hir::class(Class::Unicode(kept))
        }
        HirKind::Class(Class::Bytes(class)) => Hir::class(Class::Bytes(class.clone())),
        HirKind::Look(look) => Hir::look(ascii_look(*look)),
        HirKind::Repetition(found) => {
            let sub = Box::new(ascii_part(&found.sub));
            Hir::repetition(Repetition { sub, ..found.clone() })
        }
        HirKind::Capture(found) => ascii_part(&found.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(ascii_part).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(ascii_part).collect()),
    }
}

/// A word in ASCII text is the same whichever table says so.
fn ascii_look(look: Look) -> Look {
    match look {
        Look::WordUnicode => Look::WordAscii,
        Look::WordUnicodeNegate => Look::WordAsciiNegate,
        Look::WordStartUnicode => Look::WordStartAscii,
        Look::WordEndUnicode => Look::WordEndAscii,
        Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
        Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
        other => other,
    }
}

/// A search through text as a walk: label 1 if the pattern was found anywhere.
struct Search {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
}

/// Where a search stands; `None` once it has found.
type Place = Option<StateID>;

impl Walk for Search {
    type State = Place;

    fn start(&self) -> Place {
        Some(self.start).filter(|&state| !self.dfa.is_match_state(state))
    }

    fn step(&self, state: &Place, byte: u8) -> Place {
        // The engine says that it found with the byte after the match.
        let next = self.dfa.next_state((*state)?, byte);
        Some(next).filter(|&state| !self.dfa.is_match_state(state))
    }

    fn label(&self, state: &Place) -> u8 {
        u8::from(state.is_none_or(|state| self.dfa.is_match_state(self.dfa.next_eoi_state(state))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_a_unicode_version_is_known() {
        for (pattern, decides) in [
            (r"^[A-Z]{2}\x41.é$", true),
            (r"^\d$", false),
            (r"[\w-]", false),
            (r"\p{L}", false),
            (r"a\b", false),
            (r"\b{start}a", false),
            (r"(?i)k", false),
            (r"(?i:k)", false),
            (r"(?-i:k)[[:alpha:]][a-z&&[^b]]", true),
            (r"(?s-u:a)", true),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().decides_all(), decides, "{pattern}");
        }
        let tables = |pattern| Pattern::new(pattern).unwrap().tables().map(<[String]>::to_vec);
        assert_eq!(tables(r"^\w[\d\p{Greek}]\B\d$").unwrap(), [r"\w", r"\d", r"\p{Greek}"]);
        assert_eq!(tables("(?i)a"), None);
        assert!(Pattern::new(r"\w").unwrap().trusting().decides_all());
        assert!(Pattern::new(r"(?=a)").is_none());
        assert!(Pattern::new(r"(").is_none());
    }

    #[test]
    fn anchors_and_empty_matches_mean_what_they_mean_to_the_engine() {
        for pattern in [
            "",
            "^",
            "$",
            "^$",
            "a*",
            "^a*$",
            "(?m)^b$",
            "(?R)a$",
            "a|",
            r"\b",
            r"\B",
            r"^\b",
            r"\b$",
            r"\ba\b",
            r"(?m)$",
            r"\A\z",
            "[a-z&&[^b]]+$",
            "a{2,4}?$",
            "é?",
            "[^a]",
            "^.$",
            "(?s)^.$",
            r"\b{start-half}b",
            r"(?i)^STRASSE|k$",
            "(?x) a b # c",
            "[é]|b",
            r"^\W$",
            r"^[\D\d]$",
        ] {
            let ours = Pattern::new(pattern).unwrap();
            assert!(ours.is_automaton(), "{pattern}");
            for text in [
                "", "a", "b", "ab", "ba", "a\n", "\n", "\na", "a\r\n", "b\nb", "aaaaa", "a b", " ",
                "-", "strasse", "K", "\x7f", "\0", "ab c", "_", "é", "aé", "\u{212a}", "ſ", "日本",
                "b\u{301}",
            ] {
                let theirs = ours.any.is_match(text);
                let known = text.is_ascii() || ours.decides_all();
                assert_eq!(ours.found_in(text), known.then_some(theirs), "{pattern:?} {text:?}");
            }
        }
    }

    #[test]
    fn a_pattern_without_a_small_automaton_is_read_by_the_engine() {
        let long = Pattern::new("^(a|b){300}c$").unwrap();
        assert!(!long.is_automaton());
        assert_eq!(long.found_in(&("ab".repeat(150) + "c")), Some(true));
        assert_eq!(long.found_in(&"ab".repeat(150)), Some(false));
    }
}
