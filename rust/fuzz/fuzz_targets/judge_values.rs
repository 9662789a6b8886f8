//! Numbers, dates, times, truth, closed lists and UUIDs, typed or as text, under any bounds.
#![no_main]

use libfuzzer_sys::arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::column::Column;
use lockgate_kernel::fault::Outcome;
use lockgate_kernel::judge::{
    Accepted, Bool, Bound, Date, DateTime, Decided, Decimal, Float, Int, Limits, Listed, Number,
    Time, Uuid,
};

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let rule = rule(u)?;
    let given = match u.int_in_range(0..=3)? {
        0 => Given::draw(u)?,
        1 => Given::text(u)?,
        _ => Given::of(&texts(u)?, true),
    };
    let _ = given.with(|column| check(column, rule(column)));
    Ok(())
}

type Rule = Box<dyn Fn(&Column<'_>) -> Outcome<Decided>>;

fn rule(u: &mut Unstructured<'_>) -> Drawn<Rule> {
    Ok(match u.int_in_range(0..=8)? {
        0 => {
            let rule = Int(limits(u, (i64::MIN, i64::MAX))?);
            Box::new(move |column| rule.decide(column))
        }
        1 => {
            let rule = Float(limits(u, (f64::NEG_INFINITY, f64::INFINITY))?);
            Box::new(move |column| rule.decide(column))
        }
        2 => {
            let scale = u.int_in_range(0..=18)?;
            let most = 10_i128.pow(38) - 1;
            let (whole, fraction) = (38 - scale, u.int_in_range(0..=scale)?);
            let limits = limits(u, (-most, most))?;
            let rule = Decimal { limits, scale, whole, fraction, most: u.int_in_range(0..=38)? };
            Box::new(move |column| rule.decide(column))
        }
        3 => {
            let limits = limits(u, (-719_162, 2_932_896))?;
            let rule = Date { limits, strict: u.arbitrary()? };
            Box::new(move |column| rule.decide(column))
        }
        4 => {
            let rule = Time(limits(u, (0, 86_399_999_999))?);
            Box::new(move |column| rule.decide(column))
        }
        5 => {
            let limits = limits(u, (-62_135_596_800_000_000, 253_402_300_799_999_999))?;
            let rule = DateTime { limits, zoned: u.arbitrary()?, strict: u.arbitrary()? };
            Box::new(move |column| rule.decide(column))
        }
        6 => Box::new(|column| Bool.decide(column)),
        7 => {
            let members = ["", "a", "ab", "active", "inactive", "é", "true"].map(str::to_owned);
            let rule = Listed::new(&members[..u.int_in_range(0..=7)?], u.arbitrary()?);
            Box::new(move |column| rule.decide(column))
        }
        _ => {
            let version = if u.arbitrary()? { Some(u.int_in_range(1..=8)?) } else { None };
            let rule = Uuid { version };
            Box::new(move |column| rule.decide(column))
        }
    })
}

fn limits<'a, T>(u: &mut Unstructured<'a>, known: (T, T)) -> Drawn<Limits<T>>
where
    T: Number + Arbitrary<'a> + PartialOrd,
{
    const ALL: [Bound; 4] =
        [Bound::LessThanEqual, Bound::LessThan, Bound::GreaterThanEqual, Bound::GreaterThan];
    let mut bounds = Vec::new();
    for bound in ALL {
        let limit: T = u.arbitrary()?;
        // The contract's own bounds lie within what is known.
        if u.ratio(1, 3)? && known.0 <= limit && limit <= known.1 {
            bounds.push((bound, limit));
        }
    }
    Ok(Limits::new(bounds, None, known))
}

/// What numbers, dates and times are written with.
fn texts(u: &mut Unstructured<'_>) -> Drawn<Vec<Vec<u8>>> {
    const LETTERS: &[u8] = b"0123456789012345-:.+TZ eE_aftrueINNa{}";
    let mut texts = Vec::new();
    while texts.len() < 40 && !u.is_empty() {
        let length = u.int_in_range(0..=40)?.min(u.len());
        let raw = u.bytes(length)?;
        texts.push(match u.int_in_range(0..=4)? {
            0 => dated(u.arbitrary()?),
            _ => raw.iter().map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()]).collect(),
        });
    }
    Ok(texts)
}

fn dated([y, month, day, hour, minute, second, rest]: [u8; 7]) -> Vec<u8> {
    let year = 1000 + u32::from(y) * 36;
    let date = format!("{year}-{:02}-{:02}", month % 14, day % 34);
    let time = format!("{:02}:{:02}:{:02}", hour % 26, minute % 62, second % 62);
    let tails = ["", ".5", ".123", ".123456", "Z", ".1Z", "+05:30", ".000001+00:00"];
    let tail = tails[usize::from(rest) % tails.len()];
    match rest % 4 {
        0 => date,
        1 => format!("{time}{tail}"),
        _ => format!("{date}T{time}{tail}"),
    }
    .into_bytes()
}

fn check(column: &Column<'_>, decided: Outcome<Decided>) {
    let Ok(decided) = decided else { return };
    let mut named = vec![false; column.len];
    for rows in decided.rejected.iter().map(|(_, rows)| rows).chain([&decided.undecided]) {
        assert!(rows.is_sorted());
        for &row in rows {
            assert!(column.is_valid(row as usize));
            assert!(!std::mem::replace(&mut named[row as usize], true));
        }
    }
    let rows = match &decided.values {
        Accepted::Unchanged => column.len,
        Accepted::Text(values) => values.len(),
        Accepted::Bool(values) => values.len(),
        Accepted::Int64(values) | Accepted::Time64(values) | Accepted::Timestamp(values) => {
            values.len()
        }
        Accepted::Float64(values) => values.len(),
        Accepted::Decimal128(values) => values.len(),
        Accepted::Date32(values) => values.len(),
    };
    assert_eq!(rows, column.len);
}
