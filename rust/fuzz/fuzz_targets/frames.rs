//! Values tokenised or encrypted, then revealed: what went in comes out, and nothing else opens.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockgate_fuzz::laws::{ASSOCIATED, KEY, NUMBER, TOKEN_KEY, assert_sound, opened, values_of};
use lockgate_fuzz::{Drawn, Given, Unstructured};
use lockgate_kernel::canonical::{Normaliser, canonical};
use lockgate_kernel::column::Column;
use lockgate_kernel::encrypt::encrypt;
use lockgate_kernel::fault::{Fault, Outcome};
use lockgate_kernel::tokenize::tokenize;
use lockgate_kernel::varlen::Varlen;

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});

/// Where and how one frame is changed.
struct Damage {
    row: usize,
    at: usize,
    with: u8,
}

fn run(u: &mut Unstructured<'_>) -> Drawn<()> {
    let normaliser = *u.choose(&[Normaliser::Exact, Normaliser::Email, Normaliser::Text])?;
    let (token, text) = (u.arbitrary()?, u.arbitrary()?);
    let damage = Damage { row: u.arbitrary()?, at: u.arbitrary()?, with: u.arbitrary()? };
    let given = if u.arbitrary()? { Given::draw(u)? } else { Given::bytes(u)? };
    let _ = given.with(|column| {
        let make = || -> Outcome<Varlen> {
            if token {
                return tokenize(column, normaliser, &TOKEN_KEY, ASSOCIATED, NUMBER, text);
            }
            encrypt(column, &KEY, ASSOCIATED, NUMBER, text)
        };
        let wanted = canonical(column, if token { normaliser } else { Normaliser::Exact }, token);
        check(column, (make(), make()), wanted, token, text, &damage);
    });
    Ok(())
}

fn check(
    column: &Column<'_>,
    made: (Outcome<Varlen>, Outcome<Varlen>),
    wanted: Outcome<Varlen>,
    token: bool,
    text: bool,
    damage: &Damage,
) {
    let (made, again) = match made {
        (Ok(made), Ok(again)) => (made, again),
        (Err(fault), Err(again)) => {
            return assert_eq!([Some(fault), Some(again)], [wanted.err(); 2]);
        }
        _ => panic!("refused once only"),
    };
    assert_sound(&made, column, text);
    assert_eq!(made == again, token || column_is_empty(column));
    let wanted = wanted.expect("what was made had an encoding");
    let frames = values_of(&made, column);
    assert_eq!(opened(&frames, text), Ok(values_of(&wanted, column)));
    broken(frames, text, damage);
}

fn column_is_empty(column: &Column<'_>) -> bool {
    (0..column.len).all(|row| !column.is_valid(row))
}

/// One byte of one frame changed: no other text and no other bytes open, and one row is counted.
fn broken(mut frames: Vec<Option<Vec<u8>>>, text: bool, damage: &Damage) {
    if frames.is_empty() || damage.with == 0 {
        return;
    }
    let row = damage.row % frames.len();
    let Some(frame) = &mut frames[row] else { return };
    let at = damage.at % frame.len();
    frame[at] ^= damage.with;
    if text && !frame.is_ascii() {
        frame[at] = b'!';
    }
    match opened(&frames, text) {
        Err(Fault::NotFrames { refused: 1 } | Fault::DoNotOpen { refused: 1 }) => {}
        Err(Fault::NoKey { .. }) => {}
        other => panic!("a damaged frame gave {:?}", other.map(|_| "values")),
    }
}
