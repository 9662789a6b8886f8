//! Text judged by length, case, stripping and pattern: no verdict against the regex engine's.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::column::Column;
use lockgate_kernel::judge::{Accepted, Case, Pattern, Text, Wanted, class_and_others};
use regex::Regex;

const PATTERNS: [&str; 8] = [
    r"^\d{3}-\d{2}-\d{4}$",
    r"^[A-Z]{2}\d+$",
    r"^\+?[0-9 ]{7,15}$",
    r"[a-z&&[^b]]",
    r"(?i)^stra(ss|ß)e\b",
    r"^\w+(\.\w+)*$",
    r"^(a|ab)(c|bcd)(d*)$",
    r"x{2,}|y$",
];

/// The engine that Pydantic itself uses. Made once: that takes far longer than a column.
static ORACLES: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());
static RULES: LazyLock<Vec<Text>> = LazyLock::new(|| {
    let rules = PATTERNS.iter().map(|pattern| Text {
        strip: pattern.len() % 2 == 0,
        least: pattern.len() % 5,
        most: 3 * pattern.len(),
        pattern: Wanted::Found(Pattern::new(pattern).expect("it is read natively").into()),
        case: Case::Keep,
    });
    rules.collect()
});

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let chosen = u.int_in_range(0..=PATTERNS.len() + 3)?;
    let Some(rule) = RULES.get(chosen) else { return with_any_rule(u) };
    judge(u, rule, Some(&ORACLES[chosen]))
}

fn with_any_rule(u: &mut Unstructured<'_>) -> Drawn<()> {
    let written = if u.ratio(1, 12)? {
        let length = u.len().min(16);
        let written = String::from_utf8_lossy(u.bytes(length)?).into_owned();
        let _ = class_and_others(&written);
        Some(written)
    } else {
        None
    };
    let small = |u: &mut Unstructured<'_>| u.int_in_range(0..=30);
    let (least, most) = (small(u)?, small(u)?);
    let rule = Text {
        strip: u.arbitrary()?,
        least,
        most: if u.arbitrary()? { usize::MAX } else { most },
        pattern: match written.as_deref().map(Pattern::new) {
            None => Wanted::Anything,
            Some(None) => Wanted::Unknown,
            Some(Some(pattern)) => Wanted::Found(pattern.into()),
        },
        case: *u.choose(&[Case::Keep, Case::Lower, Case::Upper])?,
    };
    judge(u, &rule, written.and_then(|pattern| Regex::new(&pattern).ok()).as_ref())
}

fn judge(u: &mut Unstructured<'_>, rule: &Text, oracle: Option<&Regex>) -> Drawn<()> {
    let values = texts(u)?;
    let rows: Vec<Vec<u8>> = values.iter().map(|text| text.clone().into_bytes()).collect();
    let _ = Given::of(&rows, true).with(|column| check(column, rule, oracle, &values));
    let _ = Given::bytes(u)?.with(|column| rule.decide(column).map(|_| ()));
    Ok(())
}

fn texts(u: &mut Unstructured<'_>) -> Drawn<Vec<String>> {
    let mut values = Vec::new();
    while values.len() < 40 && !u.is_empty() {
        let length = u.int_in_range(0..=24)?.min(u.len());
        values.push(String::from_utf8_lossy(u.bytes(length)?).into_owned());
    }
    Ok(values)
}

fn check(column: &Column<'_>, rule: &Text, oracle: Option<&Regex>, values: &[String]) {
    let Ok(decided) = rule.decide(column) else { panic!("well laid out text is judged") };
    let mut rejected = vec![false; column.len];
    for (_, rows) in &decided.rejected {
        assert!(rows.is_sorted());
        rows.iter().for_each(|&row| rejected[row as usize] = true);
    }
    assert!(decided.undecided.is_sorted());
    for (row, text) in values.iter().enumerate() {
        if decided.undecided.contains(&(row as i64)) {
            assert!(!rejected[row]);
            continue;
        }
        let stripped = if rule.strip { text.trim() } else { text };
        let length = stripped.chars().count();
        let fits = rule.least <= length && length <= rule.most;
        let found = oracle.is_none_or(|regex| regex.is_match(stripped));
        assert_eq!(rejected[row], !(fits && found));
        if let (false, Accepted::Text(new)) = (rejected[row], &decided.values) {
            let expected = match rule.case {
                Case::Keep => stripped.to_owned(),
                Case::Lower => stripped.to_lowercase(),
                Case::Upper => stripped.to_uppercase(),
            };
            assert_eq!(new.get(row), expected.as_bytes());
        }
    }
}
