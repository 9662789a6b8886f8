//! Nanoseconds a value on one thread: `cargo run --release --example speed [name [rows]]`.
//!
//! The median of many runs stands first, then the fastest one, for machines that are not quiet;
//! there, fewer rows than the usual 65536 tell more.

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use lockgate_kernel::canonical::{Encoder, Normaliser};
use lockgate_kernel::column::{Bytes, Column, Ranges, Values};
use lockgate_kernel::encrypt::encrypt;
use lockgate_kernel::fault::Outcome;
use lockgate_kernel::hash::{Algorithm, hash};
use lockgate_kernel::reveal::{RevealKey, reveal};
use lockgate_kernel::tokenize::tokenize;
use lockgate_kernel::varlen::Varlen;

const KEY: [u8; 64] = [7; 64];

/// Rows of a batch.
fn rows() -> usize {
    std::env::args().nth(2).and_then(|rows| rows.parse().ok()).unwrap_or(1 << 16)
}

/// Runs `work` for about half a second, if the command line names no other.
fn measure(name: &str, work: impl Fn() -> Outcome<Varlen>) -> Outcome<()> {
    if std::env::args().nth(1).is_some_and(|wanted| !name.contains(&wanted)) {
        return Ok(());
    }
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(600) {
        let before = Instant::now();
        black_box(work()?);
        times.push(before.elapsed().as_secs_f64() * 1e9 / rows() as f64);
    }
    times.sort_by(f64::total_cmp);
    let (median, fastest) = (times[times.len() / 2], times[0]);
    // Nobody to tell if the terminal is gone.
    let _ = writeln!(std::io::stdout(), "{name:<40} {median:7.1} {fastest:7.1}");
    Ok(())
}

/// Texts like e-mail addresses, of the lengths that `length` says.
fn texts(length: impl Fn(usize) -> usize) -> (Vec<i32>, Vec<u8>) {
    let (mut offsets, mut data) = (vec![0], Vec::new());
    for row in 0..rows() {
        let text = format!("{:014}.user@example.com", row * 7919);
        data.extend(text.bytes().cycle().take(length(row)));
        offsets.push(data.len() as i32);
    }
    (offsets, data)
}

fn text_column((offsets, data): &(Vec<i32>, Vec<u8>)) -> Outcome<Column<'_>> {
    let ranges = Bytes::Small(Ranges::new(offsets, data)?);
    Ok(Column { len: rows(), validity: None, values: Values::Text(ranges) })
}

fn frames_column(frames: &Varlen, text: bool) -> Outcome<Column<'_>> {
    let ranges = Bytes::Small(Ranges::new(&frames.offsets, &frames.data)?);
    let values = if text { Values::Text(ranges) } else { Values::Binary(ranges) };
    Ok(Column { len: rows(), validity: None, values })
}

fn one(name: &str, column: &Column<'_>) -> Outcome<()> {
    let exact = Normaliser::Exact;
    measure(&format!("{name}: canonical bytes only"), || {
        let encoder = Encoder::new(column, exact, true)?;
        let mut into = Varlen::with_capacity(512, 1 << 15);
        for start in (0..rows()).step_by(512) {
            into.clear();
            encoder.encode(start..rows().min(start + 512), &mut into, &mut Vec::new())?;
        }
        Ok(into)
    })?;
    for algorithm in [Algorithm::AesCmac, Algorithm::HmacSha256] {
        for text in [false, true] {
            measure(&format!("{name}: hash {algorithm:?}, text {text}"), || {
                hash(column, exact, &KEY[..32], algorithm, text)
            })?;
        }
    }
    for text in [false, true] {
        let token = || tokenize(column, exact, &KEY, b"place", 1, text);
        let cipher = || encrypt(column, &KEY[..32], b"place", 1, text);
        measure(&format!("{name}: tokenize, text {text}"), token)?;
        measure(&format!("{name}: encrypt, text {text}"), cipher)?;
        for (algorithm, frames) in [(1, token()?), (2, cipher()?)] {
            let length = if algorithm == 1 { 64 } else { 32 };
            let keys = [RevealKey { algorithm, number: 1, key: KEY[..length].to_vec() }];
            let places = [(algorithm, b"place".to_vec())];
            let read = frames_column(&frames, text)?;
            measure(&format!("{name}: reveal {algorithm}, text {text}"), || {
                reveal(&read, &keys, &places)
            })?;
        }
    }
    Ok(())
}

fn main() -> Outcome<()> {
    one("11 bytes", &text_column(&texts(|_| 11))?)?;
    one("22 bytes", &text_column(&texts(|_| 22))?)?;
    one("6 to 37 bytes", &text_column(&texts(|row| 6 + row * 7919 % 32))?)?;
    one("1000 bytes", &text_column(&texts(|_| 1000))?)
}
