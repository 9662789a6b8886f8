//! What a pattern takes its meaning from: which Unicode tables.

use regex_syntax::{
    Parser,
    ast::{self, AssertionKind, Ast, Visitor},
    hir::{Class, ClassUnicode, HirKind},
};

/// The class that word boundaries stand at.
const WORDS: &str = r"\w";

/// What takes its meaning from Unicode tables.
#[derive(Default)]
pub(crate) struct Tables {
    /// Classes by name, as they are written; of the word boundary, those of words.
    pub classes: Vec<String>,
    /// Whether case is folded.
    pub folds: bool,
}

impl Tables {
    /// Those of a parsed pattern.
    pub fn of(pattern: &str, ast: &Ast) -> Self {
        match ast::visit(ast, Finder { pattern, found: Self::default() }) {
            Ok(tables) => tables,
            Err(never) => match never {},
        }
    }
}

struct Finder<'a> {
    pattern: &'a str,
    found: Tables,
}

impl Finder<'_> {
    fn class(&mut self, span: &ast::Span) {
        let written = self.pattern.get(span.start.offset..span.end.offset);
        let class = written.unwrap_or_default().to_string();
        if !self.found.classes.contains(&class) {
            self.found.classes.push(class);
        }
    }
}

impl Visitor for Finder<'_> {
    type Output = Tables;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Tables, Self::Err> {
        Ok(self.found)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::ClassUnicode(class) => self.class(&class.span),
            Ast::ClassPerl(class) => self.class(&class.span),
            Ast::Assertion(found) => match found.kind {
                AssertionKind::StartLine
                | AssertionKind::EndLine
                | AssertionKind::StartText
                | AssertionKind::EndText => {}
                _ if self.found.classes.iter().any(|class| class == WORDS) => {}
                _ => self.found.classes.push(WORDS.into()),
            },
            Ast::Flags(set) => self.found.folds |= folds(&set.flags),
            Ast::Group(group) => self.found.folds |= group.flags().is_some_and(folds),
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ast::ClassSetItem::Unicode(class) => self.class(&class.span),
            ast::ClassSetItem::Perl(class) => self.class(&class.span),
            _ => {}
        }
        Ok(())
    }
}

/// All characters of a class by name, and all others, by the tables used here.
#[must_use]
pub fn class_and_others(class: &str) -> Option<(String, String)> {
    let hir = Parser::new().parse(class).ok()?;
    let HirKind::Class(Class::Unicode(found)) = hir.into_kind() else { return None };
    let mut others = found.clone();
    others.negate();
    let text = |class: ClassUnicode| -> String {
        class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect()
    };
    Some((text(found), text(others)))
}

fn folds(flags: &ast::Flags) -> bool {
    flags.flag_state(ast::Flag::CaseInsensitive) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_and_the_others_are_all_characters() {
        let (words, others) = class_and_others(r"\w").unwrap();
        assert!(words.contains('é') && others.contains('-'));
        assert_eq!(words.chars().count() + others.chars().count(), 0x11_0000 - 0x800);
        assert_eq!(class_and_others(r"\W").unwrap(), (others, words));
        assert_eq!(class_and_others("ab"), None);
    }
}
