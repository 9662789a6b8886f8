//! Values encrypted for subjects and bound to records, then revealed: what went in comes out, and
//! neither a damaged frame nor another subject's or record's opens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::laws::{ASSOCIATED, KEY, NUMBER, assert_sound, values_of};
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::beside::{Beside, Records, Subjects};
use lockgate_kernel::canonical::{Normaliser, canonical};
use lockgate_kernel::column::{Bits, Bytes, Column, Fixed, Values};
use lockgate_kernel::encrypt::encrypt_beside;
use lockgate_kernel::fault::{Fault, Outcome};
use lockgate_kernel::headers::subjects;
use lockgate_kernel::reveal::{RevealKey, reveal_beside};
use lockgate_kernel::varlen::Varlen;

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

type Held = Vec<Option<Vec<u8>>>;

/// Whom values are about and what they are bound to; and what is done to one frame.
struct Drawing {
    rows: Vec<i32>,
    bits: Vec<u8>,
    handles: Vec<u8>,
    salts: Vec<u8>,
    records: Vec<Option<Vec<u8>>>,
    form: (bool, bool),
    text: bool,
    damage: (usize, usize, u8),
}

impl Drawing {
    fn draw(u: &mut Unstructured<'_>, values: usize) -> Drawn<Self> {
        let people = u.int_in_range(0..=5)?;
        let (some, odd) = (u.int_in_range(1..=9)?, u.ratio(1, 10)?);
        let row = |u: &mut Unstructured<'_>| -> Drawn<i32> {
            if odd { u.arbitrary() } else { u.int_in_range(0..=people.max(1) - 1) }
        };
        let drawn: Vec<i32> = (0..some).map(|_| row(u)).collect::<Drawn<_>>()?;
        let record = |u: &mut Unstructured<'_>| -> Drawn<Option<Vec<u8>>> {
            let long = u.ratio(1, 20)?.then(|| vec![7; 1100]);
            Ok(if u.ratio(1, 12)? { None } else { Some(long.unwrap_or(u.arbitrary()?)) })
        };
        let records: Vec<_> = (0..some).map(|_| record(u)).collect::<Drawn<_>>()?;
        let nulls = if u.ratio(1, 4)? { u.arbitrary()? } else { 0xFF };
        let count = if u.ratio(1, 20)? { u.int_in_range(0..=9)? } else { people };
        Ok(Self {
            rows: drawn.into_iter().cycle().take(values).collect(),
            bits: vec![nulls; values.div_ceil(8)],
            handles: (0..16 * people as usize).map(|at| (at / 16) as u8).collect(),
            salts: (0..32 * count as usize).map(|at| (at / 32) as u8).collect(),
            records: records.into_iter().cycle().take(values).collect(),
            form: (u.arbitrary()?, u.arbitrary()?),
            text: u.arbitrary()?,
            damage: u.arbitrary()?,
        })
    }

    /// Runs `work` beside them; the refusal if they do not fit.
    fn with<T>(&self, work: impl FnOnce(&Beside<'_>) -> T) -> Outcome<T> {
        let len = self.rows.len();
        let validity = Some(Bits::new(&self.bits, 0, len)?);
        let rows = Column { len, validity, values: Values::Int32(&self.rows) };
        let count = self.handles.len() / 16;
        let handles = Bytes::Fixed(Fixed::new(16, count, &self.handles)?);
        let handles = Column { len: count, validity: None, values: Values::Binary(handles) };
        let subjects = match self.form.0 {
            true => Some(Subjects::new(&rows, &handles, &self.salts, len)?),
            false => None,
        };
        Given::nullable(&self.records, false).with(|column| {
            let records = match self.form.1 {
                true => Some(Records::new(column, len)?),
                false => None,
            };
            Ok(work(&Beside { subjects, records }))
        })?
    }

    /// The algorithm that frames of such a form are of.
    fn algorithm(&self) -> u8 {
        match self.form {
            (true, true) => 5,
            (false, true) => 4,
            (true, false) => 3,
            (false, false) => 2,
        }
    }

    fn opened(&self, frames: &Held) -> Outcome<(Held, Option<Vec<bool>>)> {
        let algorithm = self.algorithm();
        let keys = [RevealKey { algorithm, number: NUMBER, key: KEY.to_vec() }];
        let places = [(algorithm, ASSOCIATED.to_vec())];
        Given::nullable(frames, self.text).with(|column| {
            self.with(|beside| {
                let (values, there) = reveal_beside(column, &keys, &places, beside)?;
                Ok((values_of(&values, column), there))
            })?
        })?
    }
}

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let given = if u.arbitrary()? { Given::draw(u)? } else { Given::bytes(u)? };
    let rows = given.with(|column| column.len).unwrap_or(0);
    let drawing = Drawing::draw(u, rows)?;
    let _ = given.with(|column| {
        let wanted = canonical(column, Normaliser::Exact, false);
        let made = drawing
            .with(|beside| encrypt_beside(column, &KEY, ASSOCIATED, NUMBER, drawing.text, beside));
        match made {
            Err(fault) => assert_eq!(fault, Fault::Malformed),
            Ok(made) => check(column, made, wanted, &drawing),
        }
    });
    Ok(())
}

fn check(column: &Column<'_>, made: Outcome<Varlen>, wanted: Outcome<Varlen>, given: &Drawing) {
    let made = match made {
        Ok(made) => made,
        Err(Fault::NoSubject { refused } | Fault::NoRecord { refused }) => {
            return assert!(1 <= refused && refused <= column.len && wanted.is_ok());
        }
        Err(fault) => return assert_eq!(Some(fault), wanted.err()),
    };
    assert_sound(&made, column, given.text);
    let wanted = values_of(&wanted.expect("what was made had an encoding"), column);
    let frames = values_of(&made, column);
    assert_eq!(given.opened(&frames), Ok((wanted, None)));
    named(&frames, given);
    broken(frames, given);
}

/// Every frame says whose it is.
fn named(frames: &Held, given: &Drawing) {
    let found = Given::nullable(frames, given.text).with(|column| subjects(column));
    let (handles, there) = found.and_then(|found| found).expect("frames");
    for (row, frame) in frames.iter().enumerate() {
        assert_eq!(there[row], given.form.0 && frame.is_some());
        if there[row] {
            assert_eq!(handles[row].to_ne_bytes(), [given.rows[row] as u8; 16]);
        }
    }
}

/// One byte of one frame changed: nothing opens, and one row is counted.
fn broken(mut frames: Held, given: &Drawing) {
    let (row, at, with) = given.damage;
    if frames.is_empty() || with == 0 {
        return;
    }
    let row = row % frames.len();
    let Some(frame) = &mut frames[row] else { return };
    let at = at % frame.len();
    frame[at] ^= with;
    if given.text && !frame.is_ascii() {
        frame[at] = b'!';
    }
    match given.opened(&frames) {
        Err(Fault::NotFrames { refused: 1 } | Fault::DoNotOpen { refused: 1 }) => {}
        Err(Fault::NoKey { .. }) => {}
        other => panic!("a damaged frame gave {:?}", other.map(|_| "values")),
    }
}
