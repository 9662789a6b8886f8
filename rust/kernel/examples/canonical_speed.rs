//! How long canonical encoding and masking take a value: the median of many rounds, and the best.
//!
//! `cargo run --release --example canonical_speed`: one thread, a column of 65,536 rows.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::time::Instant;

use lockgate_kernel::canonical::{Encoder, Normaliser};
use lockgate_kernel::column::{Bytes, Column, Ranges, Unit, Values, Views};
use lockgate_kernel::mask::{Mask, Only, mask};
use lockgate_kernel::varlen::Varlen;

const ROWS: usize = 65_536;
const CHUNK: usize = 1024;
const ROUNDS: usize = 101;

fn measured(mut run: impl FnMut()) -> String {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e9 / ROWS as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    format!("{:8.2} ns {:8.2} ns", times[ROUNDS / 2], times[0])
}

fn encode(name: &str, values: Values<'_>, normaliser: Normaliser) -> io::Result<()> {
    let column = Column { len: ROWS, validity: None, values };
    let Ok(encoder) = Encoder::new(&column, normaliser, false) else { return Ok(()) };
    let mut scratch = Varlen::with_capacity(CHUNK, 0);
    let mut refused = Vec::new();
    let ns = measured(|| {
        for start in (0..ROWS).step_by(CHUNK) {
            scratch.clear();
            encoder.encode(start..start + CHUNK, &mut scratch, &mut refused).unwrap_or_default();
            black_box(&scratch);
        }
    });
    let note = if refused.is_empty() { "" } else { "  (refused!)" };
    writeln!(io::stdout(), "{ns}  {name}{note}")
}

fn hide(name: &str, text: &Texts, how: &Mask) -> io::Result<()> {
    let column = Column { len: ROWS, validity: None, values: text.values() };
    let ns = measured(|| {
        black_box(mask(&column, how)).unwrap_or_default();
    });
    writeln!(io::stdout(), "{ns}  mask {name}")
}

struct Texts {
    offsets: Vec<i32>,
    data: Vec<u8>,
    views: Vec<[u8; 16]>,
}

impl Texts {
    fn new(text: impl Fn(usize, &mut String) -> std::fmt::Result) -> Self {
        let (mut offsets, mut data, mut views) = (vec![0], String::new(), Vec::new());
        for row in 0..ROWS {
            let start = data.len();
            text(row, &mut data).unwrap_or_default();
            offsets.push(data.len() as i32);
            let value = &data.as_bytes()[start..];
            let mut view = [0; 16];
            view[..4].copy_from_slice(&(value.len() as u32).to_le_bytes());
            if value.len() <= 12 {
                view[4..4 + value.len()].copy_from_slice(value);
            } else {
                view[4..8].copy_from_slice(&value[..4]);
                view[12..].copy_from_slice(&(start as u32).to_le_bytes());
            }
            views.push(view);
        }
        Self { offsets, data: data.into_bytes(), views }
    }

    fn values(&self) -> Values<'_> {
        match Ranges::new(&self.offsets, &self.data) {
            Ok(ranges) => Values::Text(Bytes::Small(ranges)),
            Err(_) => Values::Null,
        }
    }
}

fn texts() -> io::Result<()> {
    let email = |row: usize| row * 7919 % 100_000;
    let plain = Texts::new(|row, out| write!(out, "user{:06}@example.com", email(row)));
    let upper = Texts::new(|row, out| write!(out, " User{:05}@Example.com", email(row)));
    let accent = Texts::new(|row, out| write!(out, "Us\u{e9}r{:05}@Example.com", email(row)));
    let name = Texts::new(|row, out| write!(out, "Ada{:05} King Lovelace", email(row)));
    let untidy = Texts::new(|row, out| write!(out, " Ada{:05}  King Lovelace", email(row)));
    let phone = Texts::new(|row, out| write!(out, "555-01{:02}-{:04}", row % 100, row % 9973));
    let digits = Texts::new(|row, out| write!(out, "{:012}", row * 7919));
    encode("text, exact, 22-byte e-mail", plain.values(), Normaliser::Exact)?;
    encode("text, email, 22-byte e-mail", plain.values(), Normaliser::Email)?;
    encode("text, email, to be trimmed", upper.values(), Normaliser::Email)?;
    encode("text, email, beyond ASCII", accent.values(), Normaliser::Email)?;
    encode("text, text, tidy name", name.values(), Normaliser::Text)?;
    encode("text, text, untidy name", untidy.values(), Normaliser::Text)?;
    encode("text, digits, 12-byte phone", phone.values(), Normaliser::Digits)?;
    encode("text, digits, 12 digits", digits.values(), Normaliser::Digits)?;
    encode("text, alphanumeric, 12-byte phone", phone.values(), Normaliser::Alphanumeric)?;
    let buffers = [plain.data.as_slice()];
    if let Ok(views) = Views::new(&plain.views, &buffers, None) {
        encode("text view, email", Values::Text(Bytes::View(views)), Normaliser::Email)?;
    }
    let buffers = [phone.data.as_slice()];
    if let Ok(views) = Views::new(&phone.views, &buffers, None) {
        encode("text view, exact, 12 bytes", Values::Text(Bytes::View(views)), Normaliser::Exact)?;
    }
    let all = Mask { first: 0, last: 4, only: Only::All, fill: '*', keep_email_domain: false };
    hide("12-byte phone, last 4", &phone, &all)?;
    hide("12-byte phone, digits, last 4", &phone, &Mask { only: Only::Digits, ..all })?;
    hide(
        "e-mail, domain kept",
        &plain,
        &Mask { last: 0, first: 1, keep_email_domain: true, ..all },
    )?;
    hide("beyond ASCII, last 4", &accent, &all)?;
    hide("wide fill, last 4", &phone, &Mask { fill: '\u{2022}', ..all })
}

fn main() -> io::Result<()> {
    texts()?;
    let numbers: Vec<i64> =
        (0..ROWS as i64).map(|row| row * 7_919_000_017 % 10_000_000_019).collect();
    let days: Vec<i32> = (0..ROWS as i32).map(|row| row * 31 % 30_000).collect();
    let micros: Vec<i64> = numbers.iter().map(|at| at * 170_003).collect();
    let cents: Vec<i128> = numbers.iter().map(|at| i128::from(*at)).collect();
    let floats: Vec<f64> = numbers.iter().map(|at| *at as f64 / 1000.0).collect();
    let wide: Vec<[u8; 32]> = numbers
        .iter()
        .map(|at| std::array::from_fn(|byte| (at >> (byte % 4 * 8)) as u8 & 0x7f))
        .collect();
    let exact = Normaliser::Exact;
    encode("int64 of 10 digits", Values::Int64(&numbers), exact)?;
    encode("int32 of 5 digits", Values::Int32(&days), exact)?;
    encode("date32", Values::Date32(&days), exact)?;
    let unit = Unit::Micro;
    encode("timestamp[us]", Values::Timestamp { values: &micros, unit, zoned: true }, exact)?;
    encode("decimal128(38, 2)", Values::Decimal128 { values: &cents, scale: 2 }, exact)?;
    encode("decimal256(76, 2)", Values::Decimal256 { values: &wide, scale: 2 }, exact)?;
    encode("float64", Values::Float64(&floats), exact)
}
