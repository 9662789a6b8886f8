//! E-mail addresses: judged without harm, and what is accepted has the shape of one.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::column::Column;
use lockgate_kernel::judge::{Accepted, Email};

static RULE: OnceLock<Email> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn rule() -> Email {
    let reserved = ["test", "local", "invalid", "localhost", "onion", "arpa"];
    let reserved: Vec<String> = reserved.iter().map(|name| (*name).to_owned()).collect();
    let folded = vec!["postmaster".to_owned(), "info".to_owned()];
    Email::new(&reserved, folded, false).expect("the lists are plain")
}

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let rule = RULE.get_or_init(rule);
    let mut values = Vec::new();
    while values.len() < 30 && !u.is_empty() {
        values.push(address(u)?);
    }
    let _ = Given::of(&values, true).with(|column| check(column, rule, &values));
    let _ = Given::bytes(u)?.with(|column| rule.decide(column).map(|_| ()));
    Ok(())
}

/// Mostly of the characters that addresses are made of.
fn address(u: &mut Unstructured<'_>) -> Drawn<Vec<u8>> {
    const LETTERS: &[u8] = b"abcXYZ019.-_+@@.com!#%'\" ()<>:;[]\\,~";
    let length = u.int_in_range(0..=40)?.min(u.len());
    let plain = !u.ratio(1, 10)?;
    let raw = u.bytes(length)?;
    let mapped = raw.iter().map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()]).collect();
    Ok(if plain { mapped } else { String::from_utf8_lossy(raw).into_owned().into_bytes() })
}

fn check(column: &Column<'_>, rule: &Email, values: &[Vec<u8>]) {
    let decided = rule.decide(column).expect("well laid out text is judged");
    let mut other = vec![false; column.len];
    for rows in decided.rejected.iter().map(|(_, rows)| rows).chain([&decided.undecided]) {
        assert!(rows.is_sorted());
        for &row in rows {
            assert!(!other[row as usize]);
            other[row as usize] = true;
        }
    }
    for row in (0..column.len).filter(|&row| !other[row]) {
        let given = values[row].as_slice();
        let new = match &decided.values {
            Accepted::Text(new) => new.get(row),
            _ => given,
        };
        let address = std::str::from_utf8(new).expect("accepted addresses are text");
        let (local, domain) = address.rsplit_once('@').expect("accepted addresses have an @");
        assert!(!local.is_empty() && local.len() <= 64 && domain.contains('.'));
        assert!(!domain.starts_with(['.', '-']) && !domain.ends_with(['.', '-']));
        assert!(new.len() <= given.len() && address.is_ascii());
    }
}
